"""MPA111."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from mpiaudit.checks.evidence import spell
from mpiaudit.facts.releases import MPI_OPERATOR, TRAINING_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.job import Job
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule

JOBS_PER_SECOND = 0.7
"""How fast mpi-operator with the shipped ``--kube-api-qps`` works off a queue of new jobs: seen
with 0.8.0 on Kubernetes 1.34, 146 of 150 jobs after 205 s."""

SOON = 20.0
"""Seconds within which an idle controller has written a status, and some."""

SURELY = 300.0
"""Seconds within which a controller that was moved to another node has written it."""

MANAGERS = {
    "kubeflow.org/mpi-operator": MPI_OPERATOR,
    "kubeflow.org/training-operator": TRAINING_OPERATOR,
}


@rule(
    "MPA111",
    Severity.HIGH,
    confidence=Confidence.LIKELY,
    remedy="Find out why no controller acts: is one running, does it lead, does it watch here?",
    symptom_of=(
        *("MPA001", "MPA002", "MPA022", "MPA023", "MPA024", "MPA025", "MPA029", "MPA031", "MPA033"),
        *("MPA034", "MPA035", "MPA038", "MPA043", "MPA054", "MPA077"),
        *("MPA068", "MPA074", *(f"MPA08{n}" for n in range(1, 10)), "MPA090", "MPA091"),
        *("MPA102", "MPA110", "MPA113", "MPA128", "MPA134", "MPA223", "MPA226", "MPA227"),
    ),
)
def never_reconciled(
    jobs: tuple[Job, ...], now: datetime | None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """No controller has ever looked at the job.

    ``kubectl get mpijob`` shows the job and nothing else about it: no status, no pods. The first
    thing a controller does with a job is to write the condition Created. Detected by a job
    without any status that is older than the queue can explain: a queue of n new jobs takes
    about n/0.7 seconds. After 20 s more it is possible, after five minutes more it is likely.

    Wrong when: many jobs were created at once (the limit grows with their number), the job is
    reserved for a controller that is not here or for MultiKueue, or the status was stripped from
    a manifest (only what a whole list holds is judged).

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:615-620; seen with
    mpi-operator 0.8.0 on Kubernetes 1.34.
    """
    waiting = [j for j in jobs if not j.has_status and _awaited(j, controllers)]
    queue = _queue(jobs, waiting)
    for job in waiting:
        if now is None or job.identity.created is None:
            continue
        age = (now - job.identity.created).total_seconds()
        limit = SOON + queue / JOBS_PER_SECOND
        if age <= limit:
            continue
        unsure = age <= limit - SOON + SURELY
        yield Hit(
            job.at("status"),
            f"{job.name} was created {spell(age)} before it was read, and has no status",
            effect="the job waits, and nothing will be made of it",
            fix=_look(job),
            confidence=Confidence.POSSIBLE if unsure else None,
        )


def _queue(jobs: Sequence[Job], waiting: Sequence[Job]) -> int:
    """Return how many jobs came with those that are *waiting*, or a little before the first."""
    created = [j.identity.created for j in waiting if j.identity.created]
    if not created:
        return 0
    since = min(created) - timedelta(seconds=SURELY)
    return sum(1 for j in jobs if j.identity.created and j.identity.created >= since)


def _awaited(job: Job, controllers: tuple[Controller, ...]) -> bool:
    """Return whether a controller here should have written a status."""
    if not (job.ref.live or job.ref.prefix) or not job.identity.exported:
        return False
    if job.identity.deleting or job.suspended:
        return False
    return job.managed_by is None or MANAGERS.get(job.managed_by) in {
        c.product for c in controllers
    }


def _look(job: Job) -> Fix:
    return Fix(
        "shows what was said about the job, and whether a controller leads; changes nothing",
        f"kubectl -n {job.namespace} describe mpijob {job.name}\n"
        "kubectl get pods -A | grep -E 'mpi-operator|training-operator'\n"
        "kubectl -n mpi-operator get lease mpi-operator",
    )
