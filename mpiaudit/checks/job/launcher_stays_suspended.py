"""MPA145."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from mpiaudit.facts.releases import MPI_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.workload import LauncherJob, Pod
from mpiaudit.rule import Fix, Hit, Severity, rule

SOON = timedelta(minutes=1)
"""A resume takes a second; with a queue of jobs, several."""


@rule(
    "MPA145",
    Severity.HIGH,
    remedy="Let mpi-operator update jobs/status, then restart it: it resumes the launcher.",
    symptom_of=("MPA033", "MPA034", "MPA035", "MPA036", "MPA043", "MPA054"),
)
def launcher_stays_suspended(
    jobs: tuple[Job, ...],
    launcher_jobs: tuple[LauncherJob, ...],
    now: datetime | None,
    pods: tuple[Pod, ...] = (),
    controllers: tuple[Controller, ...] = (),
) -> Iterator[Hit]:
    """The launcher stays suspended although its job was resumed.

    The MPIJob says Suspended False, its workers run and hold their GPUs, and no launcher ever
    starts: mpi-operator 0.8 may not update jobs/status, believes after one refused try that the
    launcher is resumed, and says nothing more. It happens when the launcher's template changed
    while the job was suspended, as when Kueue admits it on other nodes.

    Detected by the launcher Job's ``spec.suspend`` beside the MPIJob's, for more than a minute
    after the resume; without a time of resume, after the launcher Job was made.

    Wrong when: the job was resumed just now, has ended, is being deleted, or is run elsewhere by
    MultiKueue (not reported).

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:690-712; seen with
    mpi-operator 0.8.0 on Kubernetes 1.34, twice; the right that is granted later helps only after
    a restart.
    """
    suspended = {j.owner.uid: j for j in launcher_jobs if _waits(j) and j.owner and j.owner.uid}
    for job in jobs:
        launcher = suspended.get(job.uid)
        if launcher is None or job.suspended or job.finished or job.multikueue:
            continue
        since = job.resumed or launcher.identity.created
        if job.identity.deleting or since is None or now is None or now - since <= SOON:
            continue
        running = sum(
            p.phase == "Running" and p.role == "worker"
            for p in pods
            if p.owner and p.owner.uid == job.uid
        )
        what = "was resumed" if job.resumed else "is not suspended"
        yield Hit(
            job.at("spec", "runPolicy", "suspend"),
            f"{job.key} {what}; its launcher Job is suspended, "
            f"{(now - since).total_seconds():.0f} s later"
            f"{f', while {running} of its workers run' if running else ''}",
            also=(launcher.at("spec", "suspend"),),
            effect="the program never starts, and the workers hold their GPUs",
            fix=_restart(job, controllers),
        )


def _waits(launcher: LauncherJob) -> bool:
    return launcher.suspended and not (launcher.complete or launcher.failed)


def _restart(job: Job, controllers: Iterable[Controller]) -> Fix | None:
    """Return the command that restarts mpi-operator, which then looks at the launcher afresh."""
    for controller in controllers:
        if controller.product != MPI_OPERATOR or not controller.active:
            continue
        if controller.covers(job.namespace) and controller.namespace:
            workload = f"{controller.ref.kind.lower()}/{controller.name}"
            return Fix(
                "once mpi-operator may update jobs/status: it resumes the launcher; "
                "other jobs go on",
                f"kubectl -n {controller.namespace} rollout restart {workload}",
            )
    return None
