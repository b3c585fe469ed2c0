"""MPA092."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from mpiaudit.checks import fixes
from mpiaudit.checks.job.command_line import first_container
from mpiaudit.checks.semantics import held_to_v2beta1, weight
from mpiaudit.inventory import image
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.mpirun import HOROVOD, Launch, launches
from mpiaudit.inventory.template import Container
from mpiaudit.rule import Confidence, Hit, Severity, rule

OPEN_MPI = "OpenMPI"
INTEL = "Intel"
MPICH = "MPICH"

_OPEN_MPI_OPTIONS = ("allow-run-as-root", "mca", "gmca", "report-bindings", "oversubscribe")
_HOSTS = ("H", "host", "hosts", "f", "hostfile", "machinefile", "default-hostfile")
_IMAGES = {
    INTEL: re.compile(r"(?:^|/)(?:[\w.-]*intel-?mpi[\w.-]*|oneapi-hpckit)$|^mpioperator/intel$"),
    MPICH: re.compile(r"(?:^|/)(?:[\w.]+-)?mpich(?:-[\w.]+)?$"),
}
_TITLES = {INTEL: "Intel MPI", MPICH: "MPICH"}
KNOWN = (OPEN_MPI, *_TITLES)
_VARIABLES = {INTEL: "I_MPI_", MPICH: "MPIR_CVAR_"}


@rule(
    "MPA092",
    Severity.HIGH,
    confidence=Confidence.LIKELY,
    remedy="Set mpiImplementation to the MPI of the image, or use an image of the other MPI.",
    by_sort=True,
)
def another_mpi(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """The Launcher runs another MPI than the mpiImplementation says.

    All ranks run on the launcher, and the workers stay idle: mpi-operator tells the hostfile in
    variables of the named implementation only, ``OpenMPI`` where none is named, and another MPI
    does not read them. Its lines are of that implementation, too: ``host slots=2`` or ``host:2``.

    Detected by what only one MPI has: the options ``-mca`` and ``--allow-run-as-root`` of
    Open MPI, the variables ``I_MPI_*`` of Intel MPI and ``MPIR_CVAR_*`` of MPICH, and the names
    of images.

    Wrong when: the command names the hosts or shows several MPIs, or one of Intel MPI and
    MPICH, which share much, stands for the other (none of them reported), or the image's
    name says something else than it holds.

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:181-215,1338-1361.
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        container = first_container(job.launcher)
        said = job.spec.get("mpiImplementation") or OPEN_MPI
        if container is None or job.workers < 1 or job.multikueue or said not in KNOWN:
            continue
        calls = [x for x in launches(container) if x.runner != HOROVOD]
        if not calls or any(x.has(*_HOSTS) for x in calls):
            continue
        found = dict(_evidence(container, calls))
        if len(found) != 1 or said in found or {said, *found} <= {INTEL, MPICH}:
            continue
        flavour, (field, proof) = found.popitem()
        yield Hit(
            job.in_pod("Launcher", "containers", 0, field),
            f"{proof}, and {_said(job)}",
            also=(job.at("spec", "mpiImplementation"),) if "mpiImplementation" in job.spec else (),
            effect=f"only {said} would find the hostfile: all ranks run on the launcher",
            fix=fixes.set_field(
                job, ("spec", "mpiImplementation"), flavour, "for the next run", crd
            ),
            severity=weight(job, Severity.HIGH),
        )


def _evidence(container: Container, calls: list[Launch]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield each MPI that something shows, with the field that shows it and the proof in words."""
    for flavour, repository in _named(container.image):
        yield flavour, ("image", f"the image {repository} holds {_TITLES[flavour]}")
    for flavour, prefix in _VARIABLES.items():
        if variable := next((n for n in container.env if n.startswith(prefix)), None):
            yield flavour, ("env", f"{variable} is a variable of {_TITLES[flavour]}")
    for call in calls:
        if option := next((n for n, _ in call.options if n in _OPEN_MPI_OPTIONS), None):
            field = "command" if container.command else "args"
            yield OPEN_MPI, (field, f"-{option} is an option of Open MPI")


@lru_cache(1 << 10)
def _named(pulled: str) -> tuple[tuple[str, str], ...]:
    """Return each MPI that the name of an image shows, with its repository."""
    repository = image.parse(pulled).repository
    return tuple((f, repository) for f, names in _IMAGES.items() if names.search(repository))


def _said(job: Job) -> str:
    """Return what the job says its MPI is."""
    named = job.spec.get("mpiImplementation")
    return f"mpiImplementation is {named}" if named else "mpiImplementation is not set (OpenMPI)"
