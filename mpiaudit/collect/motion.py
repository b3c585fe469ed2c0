"""What is under way in a cluster while it is read."""

from __future__ import annotations

from mpiaudit.collect.shape import Body
from mpiaudit.model import dig


def removal(body: Body) -> str:
    """Return since when *body* is being deleted, RFC 3339; empty where it is not."""
    return str(dig(body, "metadata", "deletionTimestamp") or "")


def rollout(body: Body) -> bool:
    """Return whether a Deployment or StatefulSet has pods of an older template than its own.

    kubernetes/kubernetes v1.34.4 staging/src/k8s.io/kubectl/pkg/polymorphichelpers/
    rollout_status.go, which waits for the same counts.
    """
    status = dig(body, "status")
    seen, wanted = dig(status, "observedGeneration"), dig(body, "metadata", "generation")
    if isinstance(seen, int) and isinstance(wanted, int) and seen < wanted:
        return True
    replicas, updated = dig(status, "replicas"), dig(status, "updatedReplicas") or 0
    return isinstance(replicas, int) and isinstance(updated, int) and updated < replicas
