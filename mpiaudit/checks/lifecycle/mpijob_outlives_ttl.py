"""MPA142."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import fixes
from mpiaudit.checks.semantics import held_to_v2beta1
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.view import integer
from mpiaudit.rule import Fix, Hit, Severity, rule


@rule(
    "MPA142",
    Severity.LOW,
    remedy="Delete ended MPIJobs by other means; where their workers stay, set "
    "runPolicy.cleanPodPolicy to Running.",
    symptom_of=("MPA140",),
    by_sort=True,
)
def mpijob_outlives_ttl(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """The ttlSecondsAfterFinished deletes the launcher Job and its log, and not the MPIJob.

    With training-operator the whole MPIJob went when the time was over. mpi-operator passes the
    field to the launcher's batch Job, so Kubernetes deletes that Job with its pod and log; the
    MPIJob stays, with its Service, Secret and ConfigMap, and is not run again. Severity is
    medium where ``cleanPodPolicy`` does not end the workers: these run on as well.

    Wrong when: something else deletes MPIJobs that have ended, or the job runs as v1, where
    training-operator deletes it (not reported).

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:1541;
    kubeflow/trainer v1.9.4 pkg/controller.v1/common/job.go (``CleanupJob``); seen with
    mpi-operator 0.8.0 and training-operator 1.9.4 on Kubernetes 1.34.
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        seconds = integer(job.policy.get("ttlSecondsAfterFinished"))
        if seconds is None or seconds < 0 or job.multikueue or job.identity.deleting:
            continue
        kept = _keeps_workers(job)
        yield Hit(
            job.at("spec", "runPolicy", "ttlSecondsAfterFinished"),
            f"{seconds} s after its end the launcher Job of {job.name} goes; the MPIJob stays"
            + (f", and so do its {job.workers} workers" if kept else ""),
            effect="ended MPIJobs pile up, without the log that says how they ended",
            fix=_end_workers(job, crd) if kept else None,
            severity=Severity.MEDIUM if kept and not job.finished else None,
        )


def _keeps_workers(job: Job) -> bool:
    """Return whether the workers run on; a word still to be filled in may say otherwise."""
    policy = job.policy.get("cleanPodPolicy") or job.spec.get("cleanPodPolicy")
    return job.workers > 0 and policy in (None, "None")


def _end_workers(job: Job, crd: Crd | None) -> Fix:
    return fixes.set_field(
        job,
        ("spec", "runPolicy", "cleanPodPolicy"),
        "Running",
        "ends the workers with the job; the MPIJob still stays",
        crd,
    )
