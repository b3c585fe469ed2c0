"""MPA097."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.evidence import surety
from mpiaudit.checks.job import gang
from mpiaudit.checks.semantics import held_to_v2beta1
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.program import unrendered
from mpiaudit.inventory.view import mapping
from mpiaudit.model import Location, dig
from mpiaudit.rule import Hit, Severity, rule


@rule(
    "MPA097",
    Severity.MEDIUM,
    remedy="Name the gang scheduler in schedulerName, or remove schedulerName.",
    by_sort=True,
)
def scheduler_overwritten(
    jobs: tuple[Job, ...], controllers: tuple[Controller, ...], crd: Crd | None = None
) -> Iterator[Hit]:
    """The pods get another scheduler than their template names.

    mpi-operator with ``--gang-scheduling`` writes that scheduler's name into every pod of every
    MPIJob; the only trace is a warning in its log. Pods stay Pending where only the named
    scheduler may use the nodes, or no other one runs.

    Wrong when: the names are equal, gang scheduling is off, the job is finished or runs as v1,
    where the template's name is kept, or the controller that runs it is not known (none of them
    reported).

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/podgroup.go:159-168,294-302;
    kubeflow/trainer v1.9.4 pkg/controller.v1/mpi/mpijob_controller.go:977-986;
    seen with mpi-operator 0.8.0 on Kubernetes 1.34.
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        if not any(
            "schedulerName" in mapping(r.written.get("spec")) for r in job.replicas.values()
        ):
            continue
        operator = gang.operator_of(job, controllers)
        if operator is None or not operator.gang or job.finished or job.multikueue:
            continue
        named = list(_named(job, operator.gang))
        if not named:
            continue
        yield Hit(
            named[0][0],
            f"schedulerName is {named[0][1]}; {operator.title} sets {operator.gang}",
            also=(*(place for place, _ in named[1:]), operator.at_flag(gang.FLAG)),
            confidence=surety(job, operator),
        )


def _named(job: Job, scheduler: str) -> Iterator[tuple[Location, str]]:
    """Yield where a pod template names another scheduler, and its name."""
    for replica in ("Launcher", "Worker"):
        place = job.in_pod(replica, "schedulerName")
        name = dig(job.body, *place.path)
        if isinstance(name, str) and name not in {"", scheduler} and not unrendered(name):
            yield place, name
