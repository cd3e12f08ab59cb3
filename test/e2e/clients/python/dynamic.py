# Habits of the dynamic Python client, on which Ansible's modules rest: discovery with its cache file, and resources by kind.
import json
import os
import tempfile

from kubernetes import client, dynamic
from kubernetes.dynamic import exceptions

from cases import case, equal


def config_map(name, data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


@case("the dynamic client discovers once, and works from its cache file afterwards")
def cache_file(scene):
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, "cache.json")
    first = dynamic.DynamicClient(scene.api_client(), cache_file=path)
    found = first.resources.get(api_version="apps/v1", kind="Deployment")
    equal((found.name, found.singular_name, found.namespaced, found.preferred), ("deployments", "deployment", True, True))
    assert {"scale", "status"} <= set(found.subresources), found.subresources
    with open(path, encoding="utf8") as file:
        cached = json.load(file)
    assert "apps" in cached["resources"]["apis"], list(cached["resources"])
    asked = []
    counted = scene.api_client(1)
    request = counted.call_api
    counted.call_api = lambda path, *rest, **more: (asked.append(path), request(path, *rest, **more))[1]
    second = dynamic.DynamicClient(counted, cache_file=path)
    again = second.resources.get(api_version="apps/v1", kind="Deployment")
    equal((again.name, asked), ("deployments", []))
    equal(second.get(again, namespace=scene.namespace).items, [])
    try:
        second.resources.get(api_version="apps/v1", kind="Nothing")
    except exceptions.ResourceNotFoundError:
        os.remove(path)
    else:
        raise AssertionError("there is such a kind")


@case("the dynamic client knows every resource by kind, short name and singular name")
def searching(scene):
    resources = dynamic.DynamicClient(scene.api_client(), cache_file=os.path.join(tempfile.mkdtemp(), "c")).resources
    equal(resources.get(short_names=["cm"]).kind, "ConfigMap")
    equal(resources.get(kind="Ingress", group="networking.k8s.io").name, "ingresses")
    equal(resources.get(singular_name="poddisruptionbudget").group_version, "policy/v1")
    kinds = {one.kind for found in resources for one in found}
    assert {"Pod", "PodList", "Deployment", "StorageClass", "Lease"} <= kinds, kinds


@case("the dynamic client creates, gets, replaces, patches in every form, lists, watches and deletes")
def crud(scene):
    ns = scene.namespace
    api = dynamic.DynamicClient(scene.api_client(), discoverer=dynamic.EagerDiscoverer, cache_file=os.path.join(tempfile.mkdtemp(), "c"))
    maps = api.resources.get(api_version="v1", kind="ConfigMap")
    made = maps.create(config_map("one", {"a": "1"}), namespace=ns)
    changed = {**made.to_dict(), "data": {"a": "1", "b": "2"}}
    equal(maps.replace(changed, namespace=ns).to_dict()["data"], {"a": "1", "b": "2"})
    merge = "application/merge-patch+json"
    equal(maps.patch({"data": {"a": None}}, name="one", namespace=ns, content_type=merge).to_dict()["data"], {"b": "2"})
    add = [{"op": "add", "path": "/data/c", "value": "3"}]
    patched = maps.patch(add, name="one", namespace=ns, content_type="application/json-patch+json")
    equal(patched.to_dict()["data"], {"b": "2", "c": "3"})
    equal(maps.patch({"data": {"d": "4"}}, name="one", namespace=ns).data.d, "4")
    page = maps.get(namespace=ns, limit=1)
    equal((page.kind, len(page.items), page.items[0].metadata.namespace), ("ConfigMapList", 1, ns))
    events = []
    for event in maps.watch(namespace=ns, name="one", resource_version=made.metadata.resourceVersion, timeout=1):
        events.append((event["type"], event["object"].data.d))
    equal(events, [("MODIFIED", None)] * 3 + [("MODIFIED", "4")])
    equal(maps.delete(name="one", namespace=ns, propagation_policy="Background").status, "Success")
    equal(maps.delete(namespace=ns, label_selector="nothing=here").kind, "ConfigMapList")


@case("the dynamic client raises an exception of its own for each reason, with the Status in it")
def refusals(scene):
    ns = scene.namespace
    api = dynamic.DynamicClient(scene.api_client(), cache_file=os.path.join(tempfile.mkdtemp(), "c"))
    maps = api.resources.get(api_version="v1", kind="ConfigMap")
    made = maps.create(config_map("one", {}), namespace=ns)
    stale = made.to_dict()
    maps.patch({"data": {"a": "1"}}, name="one", namespace=ns)
    tries = [
        (exceptions.NotFoundError, "NotFound", lambda: maps.get(name="two", namespace=ns)),
        (exceptions.ConflictError, "Conflict", lambda: maps.replace(stale, namespace=ns)),
        (exceptions.ConflictError, "AlreadyExists", lambda: maps.create(config_map("one", {}), namespace=ns)),
        (exceptions.UnprocessibleEntityError, "Invalid", lambda: maps.create(config_map("O", {}), namespace=ns)),
        (exceptions.BadRequestError, "BadRequest", lambda: maps.create({**config_map("x", {}), "kind": "Secret"}, namespace=ns)),
    ]
    for expected, reason, call in tries:
        try:
            call()
        except exceptions.DynamicApiError as error:
            equal((type(error), json.loads(error.body)["reason"]), (expected, reason))
            equal(error.summary(), json.loads(error.body)["message"])
        else:
            raise AssertionError(f"{reason} was expected")


@case("the dynamic client scales and reads status through subresources")
def subresources(scene):
    ns = scene.namespace
    api = dynamic.DynamicClient(scene.api_client(), cache_file=os.path.join(tempfile.mkdtemp(), "c"))
    deployments = api.resources.get(api_version="apps/v1", kind="Deployment")
    pod = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "main", "image": "busybox:1.35"}]}}
    deployments.create(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web"},
            "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "web"}}, "template": pod},
        },
        namespace=ns,
    )
    equal(deployments.scale.get(name="web", namespace=ns).kind, "Scale")
    scaled = deployments.scale.patch({"spec": {"replicas": 1}}, name="web", namespace=ns)
    equal((scaled.spec.replicas, deployments.get(name="web", namespace=ns).spec.replicas), (1, 1))
    equal(deployments.status.get(name="web", namespace=ns).kind, "Deployment")


@case("custom objects' client reads and patches what is there under a group, as if it knew no kinds")
def custom_objects(scene):
    ns = scene.namespace
    api = client.CustomObjectsApi(scene.api_client())
    where = {"group": "networking.k8s.io", "version": "v1", "namespace": ns, "plural": "networkpolicies"}
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "closed"},
        "spec": {"podSelector": {"matchLabels": {"a": "b"}}},
    }
    api.create_namespaced_custom_object(body=policy, **where)
    patched = api.patch_namespaced_custom_object(name="closed", body={"metadata": {"labels": {"x": "y"}}}, **where)
    equal((patched["metadata"]["labels"], patched["spec"]["policyTypes"]), ({"x": "y"}, ["Ingress"]))
    equal(len(api.list_namespaced_custom_object(label_selector="x=y", **where)["items"]), 1)
    equal(api.delete_namespaced_custom_object(name="closed", **where)["status"], "Success")


@case("the dynamic client applies on the server: it owns what it names, and takes from others only by force")
def apply(scene):
    ns = scene.namespace
    api = dynamic.DynamicClient(scene.api_client(), cache_file=os.path.join(tempfile.mkdtemp(), "c"))
    maps = api.resources.get(api_version="v1", kind="ConfigMap")

    def applied(manager, data, force=False):
        # What server_side_apply of later versions sends; this one encodes no objects for this content type.
        return api.request(
            "patch",
            maps.path(name="one", namespace=ns),
            body=json.dumps(config_map("one", data)),
            content_type="application/apply-patch+yaml",
            query_params=[("fieldManager", manager), ("force", str(force).lower())],
        )

    applied("red", {"a": "1", "b": "1"})
    applied("blue", {"c": "1"})
    try:
        applied("blue", {"a": "2", "c": "1"})
    except exceptions.ConflictError as error:
        causes = json.loads(error.body)["details"]["causes"]
        equal([(one["reason"], one["field"]) for one in causes], [("FieldManagerConflict", ".data.a")])
        equal(error.summary(), 'Apply failed with 1 conflict: conflict with "red": .data.a')
    else:
        raise AssertionError("nothing was refused")
    applied("blue", {"a": "2", "c": "1"}, force=True)
    ended = applied("red", {"b": "2"})
    equal(ended.to_dict()["data"], {"a": "2", "b": "2", "c": "1"})
    equal([(one.manager, one.operation) for one in ended.metadata.managedFields], [("blue", "Apply"), ("red", "Apply")])
