"""MPA089."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import fixes
from mpiaudit.checks.semantics import REFUSED, held_to_v2beta1, weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.view import integer
from mpiaudit.rule import Fix, Hit, Severity, rule

LIMITS = ("ttlSecondsAfterFinished", "activeDeadlineSeconds", "backoffLimit")


@rule(
    "MPA089",
    Severity.HIGH,
    remedy="Remove the limit, or set one that the job can keep.",
    by_sort=True,
)
def impossible_limit(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """The runPolicy sets a limit that no job can keep.

    A limit below zero is accepted by the API server and refused by mpi-operator: the job never
    starts, and the only trace is the event ``must be greater than or equal to 0``. A deadline of
    zero seconds is accepted by both, and the job fails at once with ``DeadlineExceeded``. To
    have no limit, the field must be absent; ``-1`` does not mean that.

    Wrong when: the limit is zero and no deadline, which is legal (no retry, deletion at once), or
    the job runs as v1 (neither is reported). Finished jobs are only noted.

    Source: kubeflow/mpi-operator v0.8.0 pkg/apis/kubeflow/validation/validation.go:95-103; seen
    with mpi-operator 0.8.0 on Kubernetes 1.34: a deadline of 0 fails within 3 s.
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        for name in LIMITS:
            limit = integer(job.policy.get(name))
            expired = name == "activeDeadlineSeconds" and limit == 0
            if limit is None or (limit >= 0 and not expired):
                continue
            yield Hit(
                job.at("spec", "runPolicy", name),
                f"{name} is {limit}",
                effect="the job fails at once with DeadlineExceeded" if expired else REFUSED,
                fix=_removed(job, name, crd),
                severity=weight(job, Severity.HIGH),
            )


def _removed(job: Job, name: str, crd: Crd | None) -> Fix | None:
    """Return the command that takes the limit away; a line of a manifest is deleted by hand."""
    if not job.identity.exported:
        return None
    return Fix(
        "lifts the limit, and starts the job if it was refused",
        fixes.patch_job(job, crd, "merge", {"spec": {"runPolicy": {name: None}}}),
    )
