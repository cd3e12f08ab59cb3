# Habits of the typed Python client: objects of models, patches by the type of their body, pages, watches, deletions, refusals.
import datetime

from kubernetes import client, utils, watch

from cases import case, equal, refused


def config_map(name, labels=None, **data):
    return client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name, labels=labels), data=data)


def deployment(name, replicas):
    labels = {"app": name}
    container = client.V1Container(
        name="main",
        image="busybox:1.35",
        command=["sleep", "3600"],
        ports=[client.V1ContainerPort(name="http", container_port=80)],
        resources=client.V1ResourceRequirements(requests={"cpu": "10m", "memory": "8Mi"}),
        readiness_probe=client.V1Probe(http_get=client.V1HTTPGetAction(path="/", port="http"), period_seconds=5),
    )
    return client.V1Deployment(
        metadata=client.V1ObjectMeta(name=name),
        spec=client.V1DeploymentSpec(
            replicas=replicas,
            selector=client.V1LabelSelector(match_labels=labels),
            template=client.V1PodTemplateSpec(
                metadata=client.V1ObjectMeta(labels=labels), spec=client.V1PodSpec(containers=[container])
            ),
        ),
    )


@case("the typed client creates, reads, replaces and deletes through different servers")
def crud(scene):
    ns = scene.namespace
    other = client.CoreV1Api(scene.api_client(1))
    made = scene.core.create_namespaced_config_map(ns, config_map("one", colour="red"))
    assert made.metadata.uid and isinstance(made.metadata.creation_timestamp, datetime.datetime)
    read = other.read_namespaced_config_map("one", ns)
    equal(read.to_dict(), made.to_dict())
    read.data["colour"] = "green"
    replaced = other.replace_namespaced_config_map("one", ns, read)
    assert int(replaced.metadata.resource_version) > int(made.metadata.resource_version)
    body = refused(
        lambda: scene.core.replace_namespaced_config_map("one", ns, made),
        409,
        "Conflict",
        'Operation cannot be fulfilled on configmaps "one": the object has been modified; please apply your changes to the latest version and try again',
    )
    equal(body["details"], {"name": "one", "kind": "configmaps"})
    deleted = scene.core.delete_namespaced_config_map("one", ns)
    equal((deleted.status, deleted.details.name, deleted.details.uid), ("Success", "one", made.metadata.uid))
    equal(scene.core.list_namespaced_config_map(ns, field_selector="metadata.name=one").items, [])


@case("refusals are Status bodies with the reasons, messages and causes of Kubernetes")
def refusals(scene):
    ns = scene.namespace
    refused(lambda: scene.core.read_namespaced_config_map("gone", ns), 404, "NotFound", 'configmaps "gone" not found')
    scene.core.create_namespaced_config_map(ns, config_map("one"))
    refused(
        lambda: scene.core.create_namespaced_config_map(ns, config_map("one")),
        409,
        "AlreadyExists",
        'configmaps "one" already exists',
    )
    body = refused(lambda: scene.core.create_namespaced_config_map(ns, config_map("Not a name")), 422, "Invalid")
    equal([cause["field"] for cause in body["details"]["causes"]], ["metadata.name"])
    bad = deployment("web", 1)
    bad.spec.selector.match_labels = {"app": "other"}
    body = refused(lambda: scene.apps.create_namespaced_deployment(ns, bad), 422, "Invalid")
    equal(
        body["message"],
        'Deployment.apps "web" is invalid: spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    )
    refused(
        lambda: scene.core.list_namespaced_config_map(ns, label_selector="a in"), 400, "BadRequest"
    )
    refused(lambda: scene.core.create_namespaced_config_map("no-such", config_map("one")), 404, "NotFound", 'namespaces "no-such" not found')
    configuration = scene.configuration()
    configuration.cert_file = configuration.key_file = None
    configuration.api_key = {"authorization": "Bearer wrong"}
    refused(lambda: client.CoreV1Api(client.ApiClient(configuration)).list_namespace(), 401, "Unauthorized", "Unauthorized")


@case("a patch is strategic when its body is an object, and a JSON patch when it is a list")
def patches(scene):
    ns = scene.namespace
    scene.apps.create_namespaced_deployment(ns, deployment("web", 0))
    added = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "busybox:1.35"}]}}}}
    merged = scene.apps.patch_namespaced_deployment("web", ns, added)
    equal([one.name for one in merged.spec.template.spec.containers], ["side", "main"])
    operations = [
        {"op": "test", "path": "/spec/replicas", "value": 0},
        {"op": "add", "path": "/metadata/annotations", "value": {"a/b": "c"}},
        {"op": "remove", "path": "/spec/template/spec/containers/0"},
    ]
    patched = scene.apps.patch_namespaced_deployment("web", ns, operations, field_manager="python")
    equal(([one.name for one in patched.spec.template.spec.containers], patched.metadata.annotations["a/b"]), (["main"], "c"))
    operations[0]["value"] = 5
    refused(lambda: scene.apps.patch_namespaced_deployment("web", ns, operations), 422, "Invalid")
    dry = scene.apps.patch_namespaced_deployment("web", ns, {"spec": {"paused": True}}, dry_run="All")
    equal((dry.spec.paused, scene.apps.read_namespaced_deployment("web", ns).spec.paused), (True, None))


@case("status and scale are patched and replaced for themselves")
def subresources(scene):
    ns = scene.namespace
    scene.apps.create_namespaced_deployment(ns, deployment("web", 0))
    scale = scene.apps.read_namespaced_deployment_scale("web", ns)
    equal((scale.kind, scale.api_version, scale.status.selector), ("Scale", "autoscaling/v1", "app=web"))
    scale.spec.replicas = 2
    # The deployment's controller writes to it at this very time.
    scale.metadata.resource_version = None
    scene.apps.replace_namespaced_deployment_scale("web", ns, scale)
    equal(scene.apps.patch_namespaced_deployment_scale("web", ns, {"spec": {"replicas": 1}}).spec.replicas, 1)
    equal(scene.apps.read_namespaced_deployment("web", ns).spec.replicas, 1)
    condition = {"type": "Tried", "status": "True", "lastTransitionTime": "2026-01-02T03:04:05Z"}
    node = scene.core.list_node().items[0].metadata.name
    patched = scene.core.patch_node_status(node, {"status": {"conditions": [condition]}})
    assert {"Ready", "Tried"} <= {one.type for one in patched.status.conditions}


@case("a list comes in pages of one version, and a page's token ends with 410 when the version is forgotten")
def pages(scene):
    ns = scene.namespace
    for number in range(7):
        scene.core.create_namespaced_config_map(ns, config_map(f"c{number}", {"odd": str(number % 2)}))
    first = scene.core.list_namespaced_config_map(ns, limit=3, label_selector="odd in (0,1)")
    names, page = [one.metadata.name for one in first.items], first
    equal(len(page.items), 3)
    scene.core.create_namespaced_config_map(ns, config_map("late", {"odd": "0"}))
    while page.metadata._continue:
        equal(page.metadata.resource_version, first.metadata.resource_version)
        page = scene.core.list_namespaced_config_map(
            ns, limit=3, label_selector="odd in (0,1)", _continue=page.metadata._continue
        )
        names += [one.metadata.name for one in page.items]
    equal(names, [f"c{number}" for number in range(7)])
    equal(len(scene.core.list_namespaced_config_map(ns, label_selector="odd=1").items), 3)
    whole = scene.core.list_namespaced_config_map(ns, limit=5)
    equal(whole.metadata.remaining_item_count, 4)
    outlive_history(scene)
    body = refused(
        lambda: scene.core.list_namespaced_config_map(ns, limit=3, _continue=first.metadata._continue), 410, "Expired"
    )
    rest = scene.core.list_namespaced_config_map(ns, _continue=body["metadata"]["continue"])
    equal([one.metadata.name for one in rest.items][:2], ["c3", "c4"])


def outlive_history(scene):
    """Writes more than the cluster keeps of the past, until it has forgotten its first version."""
    payload = "x" * 900_000
    scene.core.create_namespaced_config_map(scene.namespace, config_map("large", payload=payload))
    for number in range(20):
        scene.core.patch_namespaced_config_map("large", scene.namespace, {"data": {"payload": f"{number}{payload}"}})
        try:
            scene.core.list_namespaced_config_map(
                scene.namespace, resource_version="1", resource_version_match="Exact", limit=1
            )
        except client.exceptions.ApiException as error:
            equal(error.status, 410)
            return
    raise AssertionError("the first version is not forgotten")


@case("a watch is resumed where it ended, and ends after the seconds it was given")
def watches(scene):
    ns = scene.namespace
    scene.core.create_namespaced_config_map(ns, config_map("one"))
    listed = scene.core.list_namespaced_config_map(ns, field_selector="metadata.name=one")
    scene.core.patch_namespaced_config_map("one", ns, {"data": {"a": "1"}})
    follower = watch.Watch()
    options = {"namespace": ns, "field_selector": "metadata.name=one"}
    for event in follower.stream(
        scene.core.list_namespaced_config_map, resource_version=listed.metadata.resource_version, **options
    ):
        equal((event["type"], event["object"].data, type(event["object"])), ("MODIFIED", {"a": "1"}, client.V1ConfigMap))
        follower.stop()
    seen_until = follower.resource_version
    scene.core.patch_namespaced_config_map("one", ns, {"data": {"a": "2"}})
    scene.core.delete_namespaced_config_map("one", ns)
    other = client.CoreV1Api(scene.api_client(2))
    events = [
        (event["type"], event["object"].data["a"])
        for event in watch.Watch().stream(
            other.list_namespaced_config_map, resource_version=seen_until, timeout_seconds=1, **options
        )
    ]
    equal(events, [("MODIFIED", "2"), ("DELETED", "2")])
    scene.core.create_namespaced_config_map(ns, config_map("one"))
    started = [
        event["type"]
        for event in watch.Watch().stream(other.list_namespaced_config_map, timeout_seconds=1, **options)
    ]
    equal(started, ["ADDED"])


@case("a watch from a forgotten version raises 410, after one try more when it may go on for ever")
def expired_watch(scene):
    outlive_history(scene)
    for options in [{"timeout_seconds": 5}, {}]:
        try:
            for event in watch.Watch().stream(
                scene.core.list_namespaced_config_map, scene.namespace, resource_version="1", **options
            ):
                raise AssertionError(f"an event: {event}")
        except client.exceptions.ApiException as error:
            equal(error.status, 410)
            assert error.reason.startswith("Expired: too old resource version: 1 ("), error.reason
        else:
            raise AssertionError("the watch ended in good order")


@case("deletions follow their propagation policy and preconditions, and collections their selector")
def deletions(scene):
    ns = scene.namespace
    owner = scene.core.create_namespaced_config_map(ns, config_map("owner"))
    reference = client.V1OwnerReference(
        api_version="v1", kind="ConfigMap", name="owner", uid=owner.metadata.uid, block_owner_deletion=True
    )
    owned = config_map("owned")
    owned.metadata.owner_references = [reference]
    scene.core.create_namespaced_config_map(ns, owned)
    wrong = client.V1DeleteOptions(preconditions=client.V1Preconditions(uid="other"))
    refused(lambda: scene.core.delete_namespaced_config_map("owner", ns, body=wrong), 409, "Conflict")
    scene.core.delete_namespaced_config_map("owner", ns, propagation_policy="Orphan")
    gone(scene, ns, "owner")
    equal(scene.core.read_namespaced_config_map("owned", ns).metadata.owner_references, None)
    owner = scene.core.create_namespaced_config_map(ns, config_map("owner"))
    scene.core.patch_namespaced_config_map(
        "owned", ns, {"metadata": {"ownerReferences": [{**reference_json(owner), "blockOwnerDeletion": True}]}}
    )
    scene.core.delete_namespaced_config_map("owner", ns, body=client.V1DeleteOptions(propagation_policy="Foreground"))
    gone(scene, ns, "owner")
    gone(scene, ns, "owned")
    for number in range(4):
        scene.core.create_namespaced_secret(
            ns, client.V1Secret(metadata={"name": f"s{number}", "labels": {"odd": str(number % 2)}}, string_data={"a": "b"})
        )
    scene.core.delete_collection_namespaced_secret(ns, label_selector="odd=1")
    equal([one.metadata.name for one in scene.core.list_namespaced_secret(ns).items], ["s0", "s2"])
    equal(scene.core.read_namespaced_secret("s0", ns).data, {"a": "Yg=="})


def reference_json(owner):
    return {"apiVersion": "v1", "kind": "ConfigMap", "name": owner.metadata.name, "uid": owner.metadata.uid}


def gone(scene, ns, name):
    """Waits until an object is not there."""
    selector = f"metadata.name={name}"
    listed = scene.core.list_namespaced_config_map(ns, field_selector=selector)
    if not listed.items:
        return
    for event in watch.Watch().stream(
        scene.core.list_namespaced_config_map,
        ns,
        field_selector=selector,
        resource_version=listed.metadata.resource_version,
        timeout_seconds=20,
    ):
        if event["type"] == "DELETED":
            return
    raise AssertionError(f"{name} is still there")


@case("a pod runs, its log is read and followed, and it is deleted with a grace period")
def pods(scene):
    ns = scene.namespace
    body = {
        "metadata": {"name": "worker"},
        "spec": {"containers": [{"name": "main", "image": "busybox:1.35", "command": ["sleep", "3600"]}]},
    }
    made = utils.create_from_dict(scene.api_client(), {"apiVersion": "v1", "kind": "Pod", **body}, namespace=ns)
    assert made is None or made[0].status.phase == "Pending"
    for event in watch.Watch().stream(
        scene.core.list_namespaced_pod, ns, field_selector="metadata.name=worker", timeout_seconds=30
    ):
        if event["object"].status.phase == "Running":
            break
    equal(scene.core.read_namespaced_pod("worker", ns).status.phase, "Running")
    text = scene.core.read_namespaced_pod_log("worker", ns, container="main", tail_lines=10)
    assert "simulated" in text, text
    for line in watch.Watch().stream(scene.core.read_namespaced_pod_log, name="worker", namespace=ns, follow=True):
        assert line in text, line
        break
    scene.core.delete_namespaced_pod("worker", ns, grace_period_seconds=0)
    refused(lambda: scene.core.read_namespaced_pod("worker", ns), 404, "NotFound")


@case("a service account's token is a client's identity")
def tokens(scene):
    ns = scene.namespace
    scene.core.create_namespaced_service_account(ns, {"metadata": {"name": "robot"}})
    token = scene.core.create_namespaced_service_account_token("robot", ns, {"spec": {"expirationSeconds": 600}})
    configuration = scene.configuration(1)
    configuration.cert_file = configuration.key_file = None
    configuration.api_key = {"authorization": "Bearer " + token.status.token}
    robot = client.ApiClient(configuration)
    review = client.AuthenticationV1Api(scene.api_client()).create_token_review({"spec": {"token": token.status.token}})
    equal((review.status.authenticated, review.status.user.username), (True, f"system:serviceaccount:{ns}:robot"))
    answered = client.AuthorizationV1Api(robot).create_self_subject_access_review(
        {"spec": {"resourceAttributes": {"namespace": ns, "verb": "list", "resource": "pods"}}}
    )
    equal(answered.status.allowed, True)
    equal(client.CoreV1Api(robot).list_namespaced_pod(ns).items, [])


@case("versions, groups and resources are discovered, and several documents are created from one file")
def discovery(scene):
    api_client = scene.api_client()
    assert client.VersionApi(api_client).get_code().git_version.startswith("v1."), "git_version"
    equal(client.CoreApi(api_client).get_api_versions().versions, ["v1"])
    groups = {group.name for group in client.ApisApi(api_client).get_api_versions().groups}
    assert {"apps", "batch", "networking.k8s.io", "rbac.authorization.k8s.io"} <= groups, groups
    resources = {one.name: one for one in scene.apps.get_api_resources().resources}
    equal((resources["deployments"].namespaced, "patch" in resources["deployments"].verbs), (True, True))
    assert "deployments/scale" in resources
    documents = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "from-file"}},
        {"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "from-list"}},
        ]},
        {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "closed"},
         "spec": {"podSelector": {}}},
    ]
    utils.create_from_yaml(api_client, yaml_objects=documents, namespace=scene.namespace)
    scene.core.read_namespaced_secret("from-list", scene.namespace)
    try:
        utils.create_from_yaml(api_client, yaml_objects=documents[:1], namespace=scene.namespace)
    except utils.FailToCreateError as error:
        equal([one.status for one in error.api_exceptions], [409])
    else:
        raise AssertionError("it was created twice")
