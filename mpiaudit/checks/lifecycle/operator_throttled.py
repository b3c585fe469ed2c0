"""MPA150."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from mpiaudit.checks import fixes
from mpiaudit.checks.evidence import spell
from mpiaudit.checks.semantics import TRAINING_OPERATOR, V2BETA1
from mpiaudit.facts.releases import MPI_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.job import Job
from mpiaudit.rule import Fix, Hit, Severity, rule

QUEUE = 20
"""New jobs that wait before it is worth a word: half a minute of the operator's work."""

QPS, BURST = "kube-api-qps", "kube-api-burst"
DEFAULTS = {QPS: 5, BURST: 10}
"""kubeflow/mpi-operator v0.8.0 cmd/mpi-operator/app/options/options.go:79-80."""

RAISED = (f"--{QPS}=50", f"--{BURST}=100")


@rule(
    "MPA150",
    Severity.LOW,
    remedy="Raise --kube-api-qps and --kube-api-burst of mpi-operator.",
)
def operator_throttled(
    jobs: tuple[Job, ...], controllers: tuple[Controller, ...], now: datetime | None
) -> Iterator[Hit]:
    """New jobs queue up because mpi-operator may ask the API server only five times a second.

    With the shipped limit it starts 0.7 jobs a second: of 150 jobs created at once the last had a
    status after more than 200 s. That a job was suspended is noticed as late. Nothing is broken;
    the jobs come to their turn.

    Detected by 20 jobs or more without a status while mpi-operator has given others one since
    they were created, and its ``--kube-api-qps`` is the default.

    Wrong when: the operator does not work at all, or the jobs are suspended, reserved for
    another controller or not in a namespace that it watches (not reported).

    Source: kubeflow/mpi-operator v0.8.0 cmd/mpi-operator/app/options/options.go:79-83; seen with
    mpi-operator 0.8.0 on Kubernetes 1.34.
    """
    for operator in controllers:
        ours = [j for j in jobs if _served(j, operator)] if _slow(operator) else []
        waiting = [j for j in ours if not j.has_status]
        born = [j.identity.created for j in waiting if j.identity.created]
        if now is None or len(born) < QUEUE or not _works(ours, min(born)):
            continue
        yield Hit(
            operator.in_container("args") if operator.has_args else operator.in_container(),
            f"{len(born)} new jobs wait for {operator.title}, the oldest for "
            f"{spell((now - min(born)).total_seconds())}; {_limit(operator)}",
            also=tuple(j.at("status") for j in waiting[:3]),
            effect="it starts about 0.7 jobs a second",
            fix=_raise(operator),
        )


def _slow(operator: Controller) -> bool:
    """Return whether *operator* starts jobs, with the shipped limits."""
    slow = operator.flags is not None and _number(operator, QPS) <= DEFAULTS[QPS]
    ours = operator.product == MPI_OPERATOR and operator.reads == V2BETA1
    return slow and ours and operator.active


def _served(job: Job, operator: Controller) -> bool:
    """Return whether *operator* is to start *job*."""
    theirs = job.multikueue or job.managed_by == TRAINING_OPERATOR
    idle = job.suspended or job.identity.deleting
    return not theirs and not idle and operator.covers(job.namespace) is True


def _number(operator: Controller, flag: str) -> int:
    """Return the number that *flag* is set to; the default where it is none."""
    given = operator.value(flag) or ""
    return int(given) if given.isdecimal() else DEFAULTS[flag]


def _works(jobs: list[Job], since: datetime) -> bool:
    """Return whether a condition of any of *jobs* has changed *since* then."""
    times = (c.since for job in jobs for c in job.conditions.values())
    return any(time >= since for time in times if time)


def _limit(operator: Controller) -> str:
    given = operator.value(QPS)
    return f"--{QPS} is {given}" if given else f"--{QPS} is not given, which means {DEFAULTS[QPS]}"


def _raise(operator: Controller) -> Fix | None:
    """Return the patch that raises both limits, where the arguments are plain and set neither."""
    if not operator.has_args or operator.value(QPS) or operator.value(BURST):
        return None
    args = [*operator.args, *RAISED]
    return fixes.patch_container(operator, "args", args, f"restarts {operator.ref}; jobs go on")
