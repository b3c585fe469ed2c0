"""One object applied over another: what is taken from which."""

from __future__ import annotations

from dataclasses import replace

from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.view import mapping, mappings, texts
from mpiaudit.model import Resource

Key = tuple[str, str, str, str]
"""Group, kind, namespace and name: what makes an object one."""

SERVER_KNOWN = (
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
    "selfLink",
)
"""Metadata that only the API server sets: what a manifest says of it is of another time."""

CLUSTER_SCOPED = frozenset(
    {"CustomResourceDefinition", "Namespace", "ClusterRole", "ClusterRoleBinding"}
)
"""The kinds an inventory holds that have no namespace."""

WORKLOADS = frozenset({"Deployment", "StatefulSet"})


def written(resource: Resource, namespace: str) -> Resource:
    """Return *resource* as its author wrote it, in the namespace that it would go to."""
    metadata = mapping(resource.get("metadata"))
    kept = {k: v for k, v in metadata.items() if k not in SERVER_KNOWN}
    if resource.kind not in CLUSTER_SCOPED and not kept.get("namespace"):
        kept["namespace"] = namespace
    body = {k: v for k, v in resource.body.items() if k != "status"}
    return replace(resource, body={**body, "metadata": kept})


def merged(above: Resource, below: Resource, *, status: bool = True) -> Resource:
    """Return *above* with what only the control plane knows of *below*, such as what it gathered.

    Source: kubernetes/kubernetes v1.34.0
    pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go.
    """
    theirs, ours = mapping(below.get("metadata")), mapping(above.get("metadata"))
    known = {k: theirs[k] for k in SERVER_KNOWN if k in theirs}
    if theirs.get("ownerReferences"):
        known["ownerReferences"] = theirs["ownerReferences"]
    body = {**above.body, "metadata": {**ours, **known}}
    if above.get("aggregationRule"):
        body["rules"] = below.get("rules")
    if status and below.get("status") is not None:
        body["status"] = below.get("status")
    return replace(above, body=body)


def stands_alone(manifest: Resource) -> bool:
    """Return whether it is applied under a name of its own, and not made by its carrier later."""
    return bool(manifest.get("metadata", "name")) and manifest.prefix[:1] in {(), ("items",)}


def key_of(resource: Resource) -> Key:
    """Return the group, the kind, the namespace and the name; the version is none of it."""
    ref = resource.reference
    namespace = "" if ref.kind in CLUSTER_SCOPED else ref.namespace
    return resource.api_version.rpartition("/")[0], ref.kind, namespace, ref.name


def controller_in(resource: Resource) -> Controller | None:
    """Return the controller that a workload runs, or None."""
    return Controller.parse(resource) if resource.kind in WORKLOADS else None


def selects(controller: Controller, pod: Resource) -> bool:
    """Return whether *pod* is one of the controller's."""
    labels = texts(pod.get("metadata", "labels"))
    return (
        bool(controller.selector)
        and controller.namespace == pod.reference.namespace
        and controller.selector.items() <= labels.items()
    )


def differ(new: Controller, old: Controller | None) -> bool:
    """Return whether what rules read of two controllers differs, their state aside."""
    return old is None or replace(new, identity=old.identity, ready=old.ready) != old


def is_patch(workload: Resource) -> bool:
    """Return whether a container lacks its image: it is merged into what is there, or refused.

    Source: kubernetes/kubernetes v1.34.0 pkg/apis/core/validation/validation.go.
    """
    containers = mappings(workload.get("spec", "template", "spec", "containers"))
    return not all(c.get("image") for c in containers)
