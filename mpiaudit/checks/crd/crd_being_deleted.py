"""MPA014."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.inventory.crd import CRD_NAME, Crd
from mpiaudit.inventory.job import Job
from mpiaudit.rule import Fix, Hit, Severity, rule

SHOWN = 8
"""How many of the jobs that are left are named; all of them are counted."""


@rule(
    "MPA014",
    Severity.CRITICAL,
    remedy="Save the MPIJobs, see what holds the last of them, and install the CRD anew.",
)
def crd_being_deleted(crds: tuple[Crd, ...], jobs: tuple[Job, ...] = ()) -> Iterator[Hit]:
    """The CRD is being deleted: no MPIJob can be made, and all that exist are deleted.

    The deletion of a CRD takes its objects with it, and waits for every finalizer of theirs.
    Until then it is there and looks well, while new jobs are refused with "create not allowed
    while custom resource definition is terminating". It cannot be taken back.

    Detected by ``metadata.deletionTimestamp`` of the CRD in a cluster, or in an export.

    Wrong when: it is meant, as a step of moving to another CRD; it is over in seconds unless a
    finalizer, or a job that cannot be read, holds it.

    Source: kubernetes/kubernetes v1.34.0
    staging/src/k8s.io/apiextensions-apiserver/pkg/controller/finalizer/crd_finalizer.go and
    pkg/apiserver/customresource_handler.go beside it; seen with a job that has a finalizer on
    Kubernetes 1.34.
    """
    for crd in crds:
        if not (crd.installed and crd.identity.deleting):
            continue
        left = [j for j in jobs if j.identity.exported]
        yield Hit(
            crd.at("metadata", "deletionTimestamp"),
            f"{CRD_NAME} is marked for deletion"
            + (f"; MPIJobs that are left: {len(left)}" if left else ""),
            also=tuple(j.at("metadata", "finalizers") for j in left[:SHOWN]),
            effect="new jobs are refused, and those that exist are deleted with their pods",
            fix=Fix(
                "saves the jobs that are left and shows what holds them; changes nothing",
                "kubectl get mpijobs -A -o yaml > mpijobs-backup.yaml\n"
                "kubectl get mpijobs -A -o custom-columns="
                "NAMESPACE:.metadata.namespace,NAME:.metadata.name,HELD:.metadata.finalizers",
            ),
        )
