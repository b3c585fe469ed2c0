"""MPA095."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import fixes
from mpiaudit.checks.evidence import surety
from mpiaudit.checks.job import gang
from mpiaudit.checks.semantics import held_to_v2beta1
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.rule import Hit, Severity, rule

PATH = ("spec", "runPolicy", "schedulingPolicy", "minAvailable")


@rule(
    "MPA095",
    Severity.HIGH,
    remedy="Lower minAvailable to the number of workers plus one, or remove it.",
    symptom_of=("MPA043",),
    by_sort=True,
)
def gang_too_large(
    jobs: tuple[Job, ...], controllers: tuple[Controller, ...], crd: Crd | None = None
) -> Iterator[Hit]:
    """The minAvailable asks the gang scheduler for more pods than the job has.

    Every pod stays Pending: the scheduler waits until as many pods of the group exist. A job has
    its workers and one launcher, and mpi-operator writes ``minAvailable`` into the PodGroup as it
    is.

    Wrong when: gang scheduling is off, so that the field does nothing (another rule says so), the
    job runs as v1 or has run already, or the controller that runs it is not known (none of them
    reported), or an autoscaler adds workers while the pods wait.

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/podgroup.go:390-396;
    volcano-sh/volcano v1.10.0 pkg/scheduler/plugins/gang/gang.go; the PodGroup was seen to take
    the number with mpi-operator 0.8.0 on Kubernetes 1.34.
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        wanted, pods = gang.minimum(job), job.workers + 1
        if wanted is None or wanted <= pods:
            continue
        operator = gang.operator_of(job, controllers)
        if operator is None or not operator.gang:
            continue
        if gang.passed(job) or job.launcher is None:
            continue
        yield Hit(
            job.at(*PATH),
            f"minAvailable is {wanted}; {job.name} has {pods} pods: "
            f"its launcher and {job.workers} worker{'' if job.workers == 1 else 's'}",
            also=(operator.at_flag(gang.FLAG),),
            effect=f"{operator.gang} never has the whole gang, and no pod is started",
            fix=fixes.set_field(job, PATH, pods, "the PodGroup follows at once", crd),
            confidence=surety(job, operator),
        )
