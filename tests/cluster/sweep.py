"""Leave nothing of a test in the control plane."""

from collections.abc import Iterator

from cluster.client import Client, RefusedError, eventually

LASTING = frozenset({"default", "kube-node-lease", "kube-public", "kube-system"})
"""Namespaces that the API server itself makes."""

BOOTSTRAP = "kubernetes.io/bootstrapping"
"""The label of the roles and bindings that the API server itself makes."""

MPIJOBS = "mpijobs.kubeflow.org"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
HOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
NAMESPACES = "/api/v1/namespaces"
CONTENTS = (
    "apps/v1 deployments",
    "apps/v1 statefulsets",
    "apps/v1 replicasets",
    "batch/v1 jobs",
    "v1 pods",
    "v1 services",
    "v1 endpoints",
    "v1 configmaps",
    "v1 secrets",
    "v1 serviceaccounts",
    "v1 resourcequotas",
    "v1 limitranges",
    "v1 events",
    "coordination.k8s.io/v1 leases",
    "discovery.k8s.io/v1 endpointslices",
    "networking.k8s.io/v1 networkpolicies",
    "rbac.authorization.k8s.io/v1 roles",
    "rbac.authorization.k8s.io/v1 rolebindings",
)
"""What tests and controllers put in a namespace; makers of pods come before pods."""


def sweep(admin: Client) -> None:
    """Delete all that a test may have made, and return when it is gone.

    Definitions of kinds other than MPIJob stay: they take seconds to come and go.
    """
    admin.delete(HOOKS)
    made = [n for n in admin.names(NAMESPACES) if n not in LASTING]
    for space in made:
        admin.delete(f"{NAMESPACES}/{space}")
    _delete_kubeflow(admin)
    for space in (*made, "default"):
        for contents in CONTENTS:
            version, plural = contents.split()
            root = "/apis" if "/" in version else "/api"
            admin.delete(f"{root}/{version}/namespaces/{space}/{plural}")
    for space in made:
        _finalize(admin, space)
    for plural in ("clusterrolebindings", "clusterroles"):
        for name in _made_roles(admin, plural):
            admin.delete(f"{RBAC}/{plural}/{name}")
    eventually(lambda: _gone(admin), "namespaces and definitions of the test before are gone", 60)


def _delete_kubeflow(admin: Client) -> None:
    """Delete all objects of Kubeflow's kinds, and the definition of MPIJob."""
    for crd in admin.items(CRDS):
        name, spec = crd["metadata"]["name"], crd["spec"]
        version = next(v["name"] for v in spec["versions"] if v["storage"])
        root, plural = f"/apis/{spec['group']}/{version}", spec["names"]["plural"]
        for body in (admin.find(f"{root}/{plural}") or {}).get("items") or ():
            metadata = body["metadata"]
            path = f"{root}/namespaces/{metadata['namespace']}/{plural}/{metadata['name']}"
            admin.delete(path)
            if metadata.get("finalizers"):
                admin.merge(path, {"metadata": {"finalizers": None}})
        if name == MPIJOBS:
            admin.delete(f"{CRDS}/{name}")


def _finalize(admin: Client, space: str) -> None:
    """End an emptied namespace, which the namespace controller would do 5 s later.

    kubernetes/kubernetes v1.34.4 pkg/controller/namespace/namespace_controller.go.
    """
    if body := admin.find(f"{NAMESPACES}/{space}"):
        try:
            admin.send(
                "PUT", f"{NAMESPACES}/{space}/finalize", {**body, "spec": {"finalizers": []}}
            )
        except RefusedError:  # it is gone, or the controller was faster
            return


def _made_roles(admin: Client, plural: str) -> Iterator[str]:
    for role in admin.items(f"{RBAC}/{plural}"):
        if BOOTSTRAP not in (role["metadata"].get("labels") or {}):
            yield role["metadata"]["name"]


def _gone(admin: Client) -> bool:
    left = [n for n in admin.names(NAMESPACES) if n not in LASTING]
    return not left and MPIJOBS not in admin.names(CRDS)
