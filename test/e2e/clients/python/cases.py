# The frame of the Python cases: a table of named cases, each with a namespace of its own, run one after the other against the
# servers in turn. Prints one line of JSON per case: its name, and why it failed.
import json
import os
import sys
import traceback

from kubernetes import client, config

CASES = []


def case(name):
    """Adds a function to the table. `name`: what it shows, as a sentence."""

    def add(function):
        CASES.append((name, function))
        return function

    return add


class Scene:
    """What a case works on: clients of the servers, and a namespace."""

    def __init__(self, number):
        self.servers = os.environ["QUORATE_SERVERS"].split(" ")
        self.number = number
        self.namespace = f"python-{number}"
        self.core = client.CoreV1Api(self.api_client())
        self.apps = client.AppsV1Api(self.api_client(1))
        self.core.create_namespace({"metadata": {"name": self.namespace}})

    def configuration(self, turn=0):
        configuration = client.Configuration()
        config.load_kube_config(os.environ["KUBECONFIG"], client_configuration=configuration)
        configuration.host = self.servers[(self.number + turn) % len(self.servers)]
        return configuration

    def api_client(self, turn=0):
        """A client of one server: of another one for another turn."""
        return client.ApiClient(self.configuration(turn))


def run():
    for number, (name, function) in enumerate(CASES):
        failure = None
        try:
            function(Scene(number))
        except Exception:
            failure = traceback.format_exc()
        print(json.dumps({"case": name, "failure": failure}), flush=True)
    sys.exit(0)


def equal(found, expected):
    assert found == expected, f"found {found!r}, expected {expected!r}"


def refused(call, status, reason=None, message=None):
    """Expects a refusal, with the Status that is its body, which is answered."""
    try:
        call()
    except client.exceptions.ApiException as error:
        body = json.loads(error.body)
        equal((error.status, body["kind"], body["apiVersion"], body["status"], body["code"]), (status, "Status", "v1", "Failure", status))
        equal(error.headers["Content-Type"], "application/json")
        if reason is not None:
            equal(body["reason"], reason)
        if message is not None:
            equal(body["message"], message)
        return body
    raise AssertionError("nothing was refused")
