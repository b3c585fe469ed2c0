"""A small cluster: mpi-operator, three MPIJobs in two namespaces, and much that is not theirs."""

from itertools import count
from typing import Any

Body = dict[str, Any]

_uids = count(1)


def thing(name: str, namespace: str = "", /, *, labels: Body | None = None, **rest: object) -> Body:
    """Return an object as the API server keeps it, with a uid of its own."""
    metadata: Body = {
        "name": name,
        "uid": f"uid-{next(_uids)}",
        "creationTimestamp": "2026-11-24T04:00:00Z",
        "managedFields": [
            {
                "manager": "mpi-operator",
                "operation": "Update",
                "apiVersion": "kubeflow.org/v2beta1",
                "fieldsType": "FieldsV1",
                "fieldsV1": {"f:spec": {}},
            }
        ],
    }
    if namespace:
        metadata["namespace"] = namespace
    if labels:
        metadata["labels"] = labels
    return {"metadata": metadata, **rest}


def crd(*served: str) -> Body:
    """Return the MPIJob CRD; the first version is the stored one."""
    versions = [
        {"name": v, "served": True, "storage": v == served[0], "schema": {"openAPIV3Schema": {}}}
        for v in served
    ]
    spec = {"group": "kubeflow.org", "scope": "Namespaced", "versions": versions}
    return thing("mpijobs.kubeflow.org", spec=spec, status={"storedVersions": [served[0]]})


def job(name: str, namespace: str) -> Body:
    """Return an MPIJob."""
    return thing(name, namespace, spec={"slotsPerWorker": 2}, labels={"team": namespace})


def pod(name: str, namespace: str, labels: Body) -> Body:
    """Return a running pod."""
    return thing(
        name,
        namespace,
        labels=labels,
        spec={
            "subdomain": "pi",
            "containers": [{"name": "main", "image": "pi:1", "env": [{"name": "A", "value": "b"}]}],
        },
        status={"phase": "Running", "hostIP": "192.0.2.1"},
    )


def cluster() -> dict[str, list[Body]]:
    """Return the objects, by plural."""
    modern = {"training.kubeflow.org/operator-name": "mpi-operator"}
    controller = {"name": "mpi-operator", "image": "mpioperator/mpi-operator:0.8.0"}
    return {
        "customresourcedefinitions": [crd("v2beta1"), thing("others.example.org", spec={})],
        "mpijobs": [job("pi", "team-a"), job("e", "team-a"), job("pi", "team-b")],
        "deployments": [
            thing(
                "mpi-operator",
                "mpi-operator",
                spec={
                    "replicas": 1,
                    "selector": {"matchLabels": {"app": "mpi-operator"}},
                    "template": {"spec": {"containers": [controller]}},
                },
                status={"readyReplicas": 1},
            ),
            thing("web", "team-a", spec={"selector": {"matchLabels": {"app": "web"}}}),
        ],
        "pods": [
            pod("mpi-operator-1", "mpi-operator", {"app": "mpi-operator"}),
            pod("pi-worker-0", "team-a", modern | {"training.kubeflow.org/job-name": "pi"}),
            pod("pi-worker-0", "team-b", modern | {"training.kubeflow.org/job-name": "pi"}),
            pod("old-worker-0", "team-a", {"mpi-job-name": "old"} | modern),
            pod("web-1", "team-a", {"app": "web"}),
            pod("other-operator", "team-b", {"app": "mpi-operator"}),
        ],
        "jobs": [
            thing("pi-launcher", "team-a", spec={"suspend": True, "template": {}}),
            thing("nightly", "team-a", spec={}),
            thing("pi-launcher", "elsewhere", spec={}),
        ],
        "services": [
            thing("pi", "team-a", spec={"clusterIP": "None"}),
            thing("web", "team-a", spec={"clusterIP": "10.0.0.1"}),
            thing("web", "elsewhere", spec={}),
        ],
        "configmaps": [
            thing("pi-config", "team-a", labels={"app": "pi"}, data={"hostfile": "pi-worker-0"}),
            thing("e-config", "team-a", data={"mine": "private"}),
            thing("settings", "team-a", labels={"app": "pi"}, data={"a": "b"}),
            thing("pi-config", "elsewhere", labels={"app": "pi"}, data={}),
        ],
        "secrets": [
            thing("pi-ssh", "team-a", data={"ssh-privatekey": "cHJpdmF0ZQ=="}),
            thing("password", "team-a", data={"password": "cHJpdmF0ZQ=="}),
        ],
        "serviceaccounts": [
            thing("default", "team-a"),
            thing("mpi-operator", "mpi-operator"),
            thing("default", "elsewhere"),
        ],
        "namespaces": [thing(name) for name in ("team-a", "team-b", "mpi-operator", "elsewhere")],
        "leases": [
            thing("mpi-operator", "mpi-operator", spec={"holderIdentity": "mpi-operator-1"}),
            thing("node-1", "kube-node-lease", spec={}),
        ],
        "clusterroles": [thing("mpi-operator", rules=[{"verbs": ["*"], "resources": ["mpijobs"]}])],
        "clusterrolebindings": [
            thing("mpi-operator", roleRef={"kind": "ClusterRole", "name": "mpi-operator"}),
        ],
        "roles": [thing("lock", "mpi-operator", rules=[]), thing("lock", "elsewhere", rules=[])],
        "rolebindings": [
            thing("lock", "mpi-operator", subjects=[{"kind": "User", "name": "me"}]),
            thing("lock", "elsewhere", subjects=[]),
        ],
        "events": [
            thing("pi.1", "team-a", involvedObject={"kind": "MPIJob", "name": "pi"}, count=2),
            thing("web.1", "team-a", involvedObject={"kind": "Pod", "name": "web-1"}),
        ],
    }


ALL = frozenset(
    {"CustomResourceDefinition", "Deployment", "StatefulSet", "MPIJob", "Pod", "Job", "Service"}
    | {"ResourceQuota", "LimitRange", "NetworkPolicy"}
    | {"ConfigMap", "Secret", "ServiceAccount", "Namespace", "Event", "Lease"}
    | {"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "PodGroup"}
)
"""Every kind there is to read."""
