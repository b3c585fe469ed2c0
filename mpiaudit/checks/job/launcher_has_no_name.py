"""MPA108."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from mpiaudit.checks.job import gang
from mpiaudit.checks.job.command_line import first_container
from mpiaudit.checks.semantics import held_to_v2beta1
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.model import dig
from mpiaudit.rule import Confidence, Hit, Severity, rule

FIRST = Version("0.5")
"""The first release that writes the launcher into the hostfile.

kubeflow/mpi-operator v0.5.0 pkg/controller/mpi_job_controller.go:1276.
"""

PUBLISHES = Version("0.7")
"""The first release whose Service names pods that are not ready, for such a job.

kubeflow/mpi-operator v0.7.0 pkg/controller/mpi_job_controller.go:1386-1388.
"""

PROBE = ("containers", 0, "readinessProbe")


@rule(
    "MPA108",
    Severity.MEDIUM,
    confidence=Confidence.LIKELY,
    remedy="Upgrade mpi-operator to 0.7 or newer, or leave runLauncherAsWorker out.",
    by_sort=True,
)
def launcher_has_no_name(
    jobs: tuple[Job, ...], controllers: tuple[Controller, ...], crd: Crd | None = None
) -> Iterator[Hit]:
    """The launcher is a worker as well, and has no name until it is ready.

    mpirun ends with "Could not resolve hostname <job>-launcher.<job>.<namespace>.svc". With
    ``runLauncherAsWorker`` the launcher is a host of its own hostfile. Before mpi-operator 0.7 the
    job's Service gave a name only to pods that are ready, and mpirun starts in the same moment as
    the container. Severity is high where the launcher has a readiness probe: the name then waits
    for the program, and the program for the name.

    Wrong when: the job has run or has ended, the release is unknown, or more than one
    mpi-operator may run the job (none of them reported). A command that first waits for the name,
    in a launcher without a probe, is why this is likely and not certain.

    Source: kubeflow/mpi-operator pull request 703 and v0.6.0
    pkg/controller/mpi_job_controller.go:1278,1339-1377.
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        if job.spec.get("runLauncherAsWorker") is not True or gang.passed(job):
            continue
        operator, container = gang.operator_of(job, controllers), first_container(job.launcher)
        if operator is None or operator.release is None or container is None:
            continue
        if not FIRST <= Version(operator.release.base_version) < PUBLISHES:
            continue
        probed = job.launcher is not None and dig(job.launcher.written, "spec", *PROBE)
        yield Hit(
            job.at("spec", "runLauncherAsWorker"),
            f"{operator.title} gives the launcher of {job.name} a name only when it is ready"
            + (", and its readiness probe decides when that is" if probed else ""),
            also=(
                operator.in_container("image"),
                *((job.in_pod("Launcher", *PROBE),) if probed else ()),
            ),
            effect="mpirun does not find the host that it runs on",
            severity=Severity.HIGH if probed else None,
        )
