"""MPA222."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.job.command_line import first_container
from mpiaudit.checks.semantics import held_to, weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.mpirun import launches
from mpiaudit.inventory.template import Container
from mpiaudit.rule import Confidence, Hit, Severity, rule

RADIX = 64
"""How many daemons Open MPI 4 starts from one place before the daemons start the next ones.

open-mpi/ompi v4.1.6 orte/mca/routed/radix/routed_radix_component.c.
"""

SETTINGS = ("no_tree_spawn", "routed_radix", "routed", "plm_rsh_agent")
"""Settings of Open MPI that change who starts whom."""

RUNNERS = frozenset({"mpirun", "orterun"})


@rule(
    "MPA222",
    Severity.HIGH,
    confidence=Confidence.LIKELY,
    remedy="Pass --mca plm_rsh_no_tree_spawn 1, or move the job to v2beta1, which uses SSH.",
    by_sort=True,
)
def v1_tree_spawn(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """A v1 job has more workers than its launcher starts itself, and workers cannot start any.

    mpirun fails with ``/opt/kube/kubectl: not found``, from a worker. Open MPI starts up to 64
    daemons itself; beyond that these start the others, by the same agent as the launcher. In v1
    that is kubexec.sh, which calls the kubectl that only the launcher has.

    Detected where a job that runs as v1 has more than 64 workers and its launcher calls mpirun.

    Wrong when: Open MPI is told to start all itself, or to use another radix, by a variable or
    an option (not reported); the image brings kubectl and a configuration for it, or its MPI is
    not Open MPI (likely, not certain). Finished jobs are only noted.

    Source: kubeflow/mpi-operator issues 160 (70 workers) and 501 (110 workers);
    kubeflow/trainer v1.9.4 pkg/controller.v1/mpi/mpijob_controller.go:1085-1095.
    """
    for job in jobs:
        container = first_container(job.launcher)
        if container is None or job.workers <= RADIX or job.multikueue:
            continue
        if held_to(job, crd, controllers) != "v1" or not _spawns(container):
            continue
        yield Hit(
            job.in_replica("Worker", "replicas"),
            f"{job.workers} workers; mpirun starts {RADIX} itself, and these cannot start the rest",
            effect="the workers lack /opt/kube/kubectl, and mpirun ends",
            severity=weight(job, Severity.HIGH),
        )


def _spawns(container: Container) -> bool:
    """Return whether the launcher leaves it to Open MPI's defaults who starts whom."""
    words = " ".join((*container.command, *container.args, *container.env))
    calls = {launch.runner for launch in launches(container)}
    return not RUNNERS.isdisjoint(calls) and not any(name in words for name in SETTINGS)
