"""Which objects may hold an MPIJob that somebody will create from them."""

from __future__ import annotations

import re

from mpiaudit.manifest.split import Data, chunks, find, release
from mpiaudit.model import Resource

KIND = "MPIJob"

_ARGO = frozenset({"argoproj.io"})
_GROUPS = {
    "ConfigMap": frozenset({""}),
    "Experiment": frozenset({"kubeflow.org"}),
    "Workflow": _ARGO,
    "WorkflowTemplate": _ARGO,
    "ClusterWorkflowTemplate": _ARGO,
    "CronWorkflow": _ARGO,
    "Sensor": _ARGO,
    "AppWrapper": frozenset({"workload.codeflare.dev", "mcad.ibm.com"}),
    "Template": frozenset({"template.openshift.io", ""}),
    "Pipeline": frozenset({"pipelines.kubeflow.org"}),
    "PipelineVersion": frozenset({"pipelines.kubeflow.org"}),
}
"""Whose objects are known to be created from theirs, with the groups of each kind.

kubeflow/katib v0.18.0 pkg/apis/controller/experiments/v1beta1/experiment_types.go;
argoproj/argo-workflows v3.6.0 pkg/apis/workflow/v1alpha1/workflow_types.go;
argoproj/argo-events v1.9.0 pkg/apis/sensor/v1alpha1/types.go;
project-codeflare/appwrapper c47080e api/v1beta2/appwrapper_types.go;
project-codeflare/multi-cluster-app-dispatcher v1.40.0
pkg/apis/controller/v1beta1/appwrapper.go; openshift/api 344baf8 template/v1/types.go;
kubeflow/pipelines 279ca1c backend/src/crd/kubernetes/v2beta1/pipelineversion_types.go; files of
Kubeflow Pipelines without a kind count as a Pipeline.
"""

CARRIERS = frozenset(_GROUPS)
"""Kinds that are always read for the MPIJobs in them."""

_ORDINARY = frozenset(
    {KIND, "List", "Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"}
    | {"ReplicationController", "ControllerRevision", "Service", "Secret", "ServiceAccount"}
    | {"Event", "Lease", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "Node"}
    | {"Namespace", "NetworkPolicy", "CustomResourceDefinition", "PersistentVolumeClaim"}
    | {"PersistentVolume", "Endpoints", "EndpointSlice", "PodGroup", "Workload", "Kustomization"}
    | {"ClusterServiceVersion"}
)
"""Kinds that often mention MPIJobs and never hold one to be created; they need not be read."""

_POLICIES = (
    *("kyverno.io", "gatekeeper.sh", "admissionregistration.k8s.io", "kubewarden.io"),
    *("policy.open-cluster-management.io",),
)
"""Groups whose objects name kinds and parts of objects to match, change or refuse."""

_NO_CARRIERS = (
    *("chainsaw.kyverno.io", "cli.kyverno.io", "reports.kyverno.io", "kuttl.dev"),
    *("operators.coreos.com", "wgpolicyk8s.io", "openreports.io", "apiextensions.crossplane.io"),
)
"""Groups of tests, catalogues, reports and compositions: what they hold are expectations, examples,
copies and bases that patches complete."""

_CORE = frozenset({"", "apps", "batch", "autoscaling", "policy", "extensions"})
_NAMED = re.compile(rb"kind[\"']?[ \t]*:[ \t]*[\"']?([A-Za-z]\w*)")


def widened(kinds: frozenset[str] | None, data: Data) -> frozenset[str] | None:
    """Return *kinds*, None for all, with those in *data* that may hold an MPIJob."""
    return kinds | mentioned(data) if kinds and KIND in kinds else kinds


def mentioned(data: Data) -> frozenset[str]:
    """Return the kinds in the documents of *data* that name MPIJob, where one may be held.

    Cheap where none does: one search for the word.
    """
    word, size = KIND.encode(), len(data)
    if find(data, word, 0, size) < 0:
        return frozenset()
    naming = (c for c in chunks(data) if find(data, word, c.start, c.stop) >= 0)
    spelled = {kind for chunk in naming for kind in _NAMED.findall(data, chunk.start, chunk.stop)}
    release(data, 0, size)
    return frozenset(kind.decode() for kind in spelled) - _ORDINARY


def known(resource: Resource) -> bool:
    """Return whether it is known what becomes of the objects in *resource*."""
    return _group(resource) in _GROUPS.get(resource.kind, ())


def policy(resource: Resource) -> bool:
    """Return whether *resource* is a policy, in which an MPIJob is a pattern or an example."""
    group = _group(resource)
    return _within(group, _POLICIES) and not _within(group, _NO_CARRIERS)


def possible(resource: Resource) -> bool:
    """Return whether an MPIJob in *resource* may be one to be created."""
    if known(resource):
        return True
    group = _group(resource)
    return resource.kind not in _ORDINARY and not (
        group in _CORE or _within(group, ("k8s.io", *_POLICIES, *_NO_CARRIERS))
    )


def _group(resource: Resource) -> str:
    return resource.api_version.rpartition("/")[0]


def _within(group: str, domains: tuple[str, ...]) -> bool:
    """Return whether *group* is one of *domains*, or below one."""
    return any(f".{group}".endswith(f".{domain}") for domain in domains)
