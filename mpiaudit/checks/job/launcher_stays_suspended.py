"""MPA145."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from mpiaudit.facts.releases import MPI_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.workload import LauncherJob, Pod
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule

SOON = timedelta(minutes=1)
"""A resume takes two seconds."""

EACH = timedelta(seconds=3)
"""What each further job that is resumed at the same time adds: the operator asks the API server
five times a second, and six jobs of one worker took 14 s."""


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
    while the job was suspended, as when Kueue admits it on other nodes. Where it did not change,
    the next try may be minutes away, and the MPIJob still says Suspended True.

    Detected by the launcher Job's ``spec.suspend`` beside the MPIJob's, for more than a minute
    after the resume, and three seconds more for each job that waits as well; without a time of
    resume, after the launcher Job was made. Where the MPIJob still says Suspended True nobody
    knows when it was resumed: only possible, then.

    Wrong when: the job was resumed just now, alone or with many, has ended, is being deleted, or
    is run elsewhere by MultiKueue (not reported).

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:123-124,
    690-712 and 1228; seen with mpi-operator 0.8.0 on Kubernetes 1.34: the log says "field is
    immutable" once, and the right that is granted later helps only after a restart.
    """
    suspended = {j.owner.uid: j for j in launcher_jobs if _waits(j) and j.owner and j.owner.uid}
    waiting = [j for j in jobs if suspended and j.uid in suspended and _is_to_run(j)]
    soon = SOON + EACH * (len(waiting) - 1)
    for job in waiting:
        launcher = suspended[job.uid]
        since = job.resumed or launcher.identity.created
        if since is None or now is None or now - since <= soon:
            continue
        running = sum(
            p.phase == "Running" and p.role == "worker"
            for p in pods
            if p.owner and p.owner.uid == job.uid
        )
        yield Hit(
            job.at("spec", "runPolicy", "suspend"),
            f"{job.key} {_waiting(job, now - since)}"
            f"{f', while {running} of its workers run' if running else ''}",
            also=(launcher.at("spec", "suspend"),),
            effect="the program never starts, and the workers hold their GPUs",
            fix=_restart(job, controllers),
            confidence=Confidence.POSSIBLE if "Suspended" in job.conditions else None,
        )


def _waiting(job: Job, late: timedelta) -> str:
    """Return what the job waits for, and for how long where that is known."""
    if "Suspended" in job.conditions:
        return "is not to be suspended; it still is, and its launcher Job"
    what = "was resumed" if job.resumed else "is not suspended"
    return f"{what}; its launcher Job is suspended, {late.total_seconds():.0f} s later"


def _is_to_run(job: Job) -> bool:
    return not (job.suspended or job.finished or job.multikueue or job.identity.deleting)


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
