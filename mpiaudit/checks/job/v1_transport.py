"""MPA100."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mpiaudit.checks.job.command_line import first_container, place_of
from mpiaudit.checks.semantics import held_to_v2beta1, weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.template import Container
from mpiaudit.inventory.view import mappings, text
from mpiaudit.model import Location, dig
from mpiaudit.rule import Hit, Severity, rule

SCRIPT = "/etc/mpi/kubexec.sh"
KUBECTL = "/opt/kube/kubectl"
PLACES = {SCRIPT: frozenset({"/etc/mpi", SCRIPT}), KUBECTL: frozenset({"/opt/kube", KUBECTL})}
"""Files that only the controllers of v1 put into a launcher, and mounts that may hold them."""

_FILES = re.compile("|".join(map(re.escape, PLACES)))


@rule(
    "MPA100",
    Severity.HIGH,
    remedy="Remove the setting: mpi-operator v2beta1 runs mpirun over SSH, its default.",
    by_sort=True,
)
def v1_transport(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """The Launcher starts its ranks by a script that only v1 provides.

    mpirun fails: its launch agent is not found. In v1 the launcher reached workers by
    ``/etc/mpi/kubexec.sh``, which calls ``/opt/kube/kubectl``. mpi-operator v2beta1 puts neither
    into the pod; it uses SSH.

    Detected by these paths in a variable or on the command line of the launcher.

    Wrong when: the job runs as v1, another agent is named, such as /usr/bin/ssh, or a mount of
    the job's own brings the file (none of them reported). Finished jobs are only noted.

    Source: kubeflow/trainer v1.9.4 pkg/controller.v1/mpi/mpijob_controller.go:1085-1128;
    kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:120-215.
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        container = first_container(job.launcher)
        if container is None or job.multikueue:
            continue
        uses = [use for use in _uses(job, container) if not _mounted(container, use[1])]
        if not uses:
            continue
        at, file, where = uses[0]
        yield Hit(
            at,
            f"{where} of the Launcher of {job.name} names {file}, which v2beta1 does not provide",
            also=tuple(place for place, _, _ in uses[1:]),
            effect="mpirun does not find its launch agent, and starts nothing on the workers",
            severity=weight(job, Severity.HIGH),
        )


def _uses(job: Job, container: Container) -> Iterator[tuple[Location, str, str]]:
    """Yield each use of one of the files: its place, the file, and what names it."""
    line = " ".join((*container.command, *container.args))
    named = any(file in line for file in PLACES)
    for file in dict.fromkeys(_FILES.findall(line)) if named else ():
        yield place_of(job, file), file, "the command"
    entries = dig(job.launcher.written if job.launcher else {}, "spec", "containers", 0, "env")
    for index, entry in enumerate(mappings(entries)):
        if match := _FILES.search(text(entry.get("value"))):
            place = job.in_pod("Launcher", "containers", 0, "env", index, "value")
            yield place, match[0], text(entry.get("name"))


def _mounted(container: Container, file: str) -> bool:
    return not PLACES[file].isdisjoint(m.rstrip("/") for m in container.mounts)
