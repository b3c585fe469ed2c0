"""The kinds that are read from an API server, and where it keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

JSON = "application/json"
METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
"""Asks for a list without specs, so that no Secret's value leaves the API server.

Source: kubernetes/kubernetes v1.34.4
staging/src/k8s.io/apiserver/pkg/endpoints/handlers/response.go.
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind, in one version."""

    name: str
    api_version: str
    plural: str
    accept: str = JSON
    namespaced: bool = True

    def path(self, namespace: str = "", name: str = "") -> str:
        """Return the request path of all objects, of a namespace's, or of one object."""
        root = "/apis" if "/" in self.api_version else "/api"
        inside = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
        leaf = f"/{quote(name, safe='')}" if name else ""
        return f"{root}/{self.api_version}{inside}/{self.plural}{leaf}"


CRD = Kind(
    "CustomResourceDefinition",
    "apiextensions.k8s.io/v1",
    "customresourcedefinitions",
    namespaced=False,
)
DEPLOYMENT = Kind("Deployment", "apps/v1", "deployments")
STATEFUL_SET = Kind("StatefulSet", "apps/v1", "statefulsets")
POD = Kind("Pod", "v1", "pods")
JOB = Kind("Job", "batch/v1", "jobs")
SERVICE = Kind("Service", "v1", "services")
RESOURCE_QUOTA = Kind("ResourceQuota", "v1", "resourcequotas")
LIMIT_RANGE = Kind("LimitRange", "v1", "limitranges")
NETWORK_POLICY = Kind("NetworkPolicy", "networking.k8s.io/v1", "networkpolicies")
CONFIG_MAP = Kind("ConfigMap", "v1", "configmaps")
SECRET = Kind("Secret", "v1", "secrets", METADATA)
SERVICE_ACCOUNT = Kind("ServiceAccount", "v1", "serviceaccounts", METADATA)
NAMESPACE = Kind("Namespace", "v1", "namespaces", METADATA, namespaced=False)
EVENT = Kind("Event", "v1", "events")
LEASE = Kind("Lease", "coordination.k8s.io/v1", "leases")
CLUSTER_ROLE = Kind("ClusterRole", "rbac.authorization.k8s.io/v1", "clusterroles", namespaced=False)
CLUSTER_ROLE_BINDING = Kind(
    "ClusterRoleBinding", "rbac.authorization.k8s.io/v1", "clusterrolebindings", namespaced=False
)
ROLE = Kind("Role", "rbac.authorization.k8s.io/v1", "roles")
ROLE_BINDING = Kind("RoleBinding", "rbac.authorization.k8s.io/v1", "rolebindings")
POD_GROUP = Kind(
    "PodGroup", "apiextensions.k8s.io/v1", "customresourcedefinitions", namespaced=False
)
"""The definitions of PodGroup; no PodGroup itself is ever read."""


def mpijob(version: str) -> Kind:
    """Return MPIJob as *version* serves it: ``v2beta1``, ``v1``."""
    return Kind("MPIJob", f"kubeflow.org/{version}", "mpijobs")
