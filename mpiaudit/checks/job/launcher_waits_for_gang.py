"""MPA094."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from mpiaudit.checks import fixes
from mpiaudit.checks.job import gang
from mpiaudit.checks.semantics import held_to_v2beta1
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.rule import Confidence, Hit, Severity, rule

AT_STARTUP = "AtStartup"
FIRST = Version("0.6")
"""The first release known to have ``launcherCreationPolicy``.

kubeflow/mpi-operator v0.6.0 pkg/controller/mpi_job_controller.go:662.
"""


@rule(
    "MPA094",
    Severity.HIGH,
    confidence=Confidence.LIKELY,
    remedy="Set minAvailable to the number of workers, or launcherCreationPolicy to AtStartup.",
    symptom_of=("MPA043", "MPA095"),
    by_sort=True,
)
def launcher_waits_for_gang(
    jobs: tuple[Job, ...], controllers: tuple[Controller, ...], crd: Crd | None = None
) -> Iterator[Hit]:
    """The launcher waits for the workers, and the gang scheduler for the launcher.

    The workers stay Pending for ever and there is no launcher. With ``WaitForWorkersReady``
    mpi-operator makes the launcher when all workers are Ready. The PodGroup asks for the workers
    and the launcher together unless ``minAvailable`` says less, so no worker is placed before.
    The field's comment in the API says that the default is the number of workers; the code adds
    one.

    Wrong when: ``minAvailable`` is no more than the workers, gang scheduling is off, the release
    does not know the field, or the job has run already (none of them reported). A scheduler that
    starts an incomplete gang, after a timeout for example, is why this is likely and not certain.

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/podgroup.go:392-396,
    pkg/controller/mpi_job_controller.go:678; the PodGroup was seen to ask for 3 pods, for 2
    workers, with mpi-operator 0.8.0 on Kubernetes 1.34.
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        policy = job.spec.get("launcherCreationPolicy")
        if not isinstance(policy, str) or policy in {"", AT_STARTUP}:
            continue
        operator, wanted = gang.operator_of(job, controllers), gang.minimum(job)
        if operator is None or not operator.gang or (operator.release and operator.release < FIRST):
            continue
        if wanted is None or wanted <= job.workers or job.workers < 1 or gang.passed(job):
            continue
        yield Hit(
            job.at("spec", "launcherCreationPolicy"),
            f"{policy} makes the launcher when all {job.workers} workers are Ready; "
            f"{operator.gang} places them when there are {wanted} pods",
            also=(operator.at_flag(gang.FLAG),),
            effect="neither comes first: the workers stay Pending, and there is no launcher",
            fix=fixes.set_field(
                job,
                ("spec", "runPolicy", "schedulingPolicy", "minAvailable"),
                job.workers,
                "the workers are placed together, the launcher comes after them",
                crd,
            ),
        )
