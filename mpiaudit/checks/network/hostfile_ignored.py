"""MPA135."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mpiaudit.checks.semantics import held_to_v2beta1
from mpiaudit.facts.images import Contents, contents
from mpiaudit.inventory import image
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.template import Container
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule

IGNORES_SINCE = 5
"""The first major version of Open MPI whose runtime is PRRTE instead of ORTE."""

HOSTFILE_ENV = "PRTE_MCA_prte_default_hostfile"

_NAMES_HOSTS = re.compile(r"hostfile|machinefile|(?:^|\s)--?(?:H|host|hosts)(?:\s|=|$)")
_STARTS_MPI = re.compile(r"\bmpi(?:run|exec)\b")


@rule(
    "MPA135",
    Severity.HIGH,
    confidence=Confidence.LIKELY,
    remedy="Give the Launcher the variables by which Open MPI 5 finds the hostfile.",
    by_sort=True,
)
def hostfile_ignored(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """Open MPI 5 does not see the hostfile, so every rank runs on the launcher.

    The job succeeds and the workers stay idle. mpi-operator tells Open MPI about the hostfile in
    ``OMPI_MCA_orte_default_hostfile``; Open MPI 5 has no ORTE and ignores the variable. Without
    a hostfile mpirun starts every rank beside itself. Detected by an image of the launcher that
    is known to hold Open MPI 5, where neither a variable nor the command names hosts.

    Wrong when: the image was rebuilt under the same name, the tag is one that moves (confidence
    possible), or the command is a script that names the hostfile itself (confidence possible).
    Other MPI implementations, jobs without workers, images that are not known or that are given
    by digest, and jobs that have finished or that no controller has looked at are left out.

    Source: kubeflow/mpi-operator issue 842 and v0.8.0 pkg/controller/mpi_job_controller.go
    :181-195 (the variables), build/base/Dockerfile (debian:trixie, which has Open MPI 5.0);
    kubeflow/trainer issue 4028; open-mpi/ompi issue 12990.
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        container = next(iter(job.launcher.template.containers if job.launcher else ()), None)
        if container is None or job.workers < 1 or not _about_to_run(job):
            continue
        if job.spec.get("mpiImplementation") not in (None, "OpenMPI"):
            continue
        known = _contents(container)
        line = " ".join((*container.command, *container.args))
        if known is None or HOSTFILE_ENV in container.env or _NAMES_HOSTS.search(line):
            continue
        sure = bool(_STARTS_MPI.search(line)) and not known.floating
        yield Hit(
            job.in_pod("Launcher", "containers", 0, "image"),
            f"{container.image} {'has moved to' if known.floating else 'holds'} "
            f"Open MPI {known.open_mpi}; nothing in the Launcher of {job.name} names the hostfile",
            effect="all ranks run on the launcher, the workers stay idle, and the job succeeds",
            fix=_name_hostfile(container),
            severity=_severity(job, known),
            confidence=None if sure else Confidence.POSSIBLE,
        )


def _about_to_run(job: Job) -> bool:
    """Return whether it is a manifest, or runs: what never started may never pull the image."""
    return not job.finished and (job.has_status or not job.identity.exported)


def _contents(container: Container) -> Contents | None:
    """Return what the image holds where that is Open MPI 5 or newer, else None."""
    named = image.parse(container.image)
    known = None if named.digest else contents(named.repository, named.tag)
    return known if known and (known.open_mpi or 0) >= IGNORES_SINCE else None


def _severity(job: Job, known: Contents) -> Severity:
    """Return what it costs: a running job's image may have been pulled before the tag moved."""
    if not known.floating:
        return Severity.HIGH
    return Severity.LOW if job.identity.exported else Severity.MEDIUM


def _name_hostfile(container: Container) -> Fix:
    lines = (
        "Launcher:",
        "  template:",
        "    spec:",
        "      containers:",
        f"      - name: {container.name or 'launcher'}",
        "        env:",
        f"        - {{name: {HOSTFILE_ENV}, value: /etc/mpi/hostfile}}",
        "        - {name: PRTE_MCA_plm_ssh_args, value: -o ConnectionAttempts=10}",
    )
    return Fix("mpirun of Open MPI 5 starts ranks on the workers", "\n".join(lines))
