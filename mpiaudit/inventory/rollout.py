"""Whether a workload is being rolled out, and what of its last template still runs."""

from __future__ import annotations

from collections.abc import Iterable

from mpiaudit.inventory import image
from mpiaudit.inventory.image import Image
from mpiaudit.inventory.view import integer
from mpiaudit.inventory.workload import Pod
from mpiaudit.model import Resource


def unfinished(resource: Resource) -> bool:
    """Return whether a Deployment or StatefulSet has pods of an older template than its own.

    A status without ``observedGeneration`` was cut short, and claims nothing.
    kubernetes/kubernetes v1.34.4 staging/src/k8s.io/kubectl/pkg/polymorphichelpers/
    rollout_status.go, which waits for the same counts.
    """
    seen = integer(resource.get("status", "observedGeneration"))
    wanted = integer(resource.get("metadata", "generation"))
    if seen is None or wanted is None:
        return False
    if seen < wanted:
        return True
    pods = integer(resource.get("status", "replicas")) or 0
    return (integer(resource.get("status", "updatedReplicas")) or 0) < pods


def former(wanted: Image, pods: Iterable[Pod]) -> tuple[str, ...]:
    """Return the tags of the program's image that ready ones of *pods* run instead of *wanted*."""
    running = {image.parse(name) for pod in pods if pod.ready for name in pod.images}
    tags = {i.tag for i in running if i.repository == wanted.repository and i.tag != wanted.tag}
    return tuple(sorted(tags - {""}))
