"""MPA105."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mpiaudit.checks.job.command_line import first_container, place_of
from mpiaudit.checks.semantics import V2BETA1, held, weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.mpirun import HOROVOD, Launch, launches
from mpiaudit.inventory.template import Container
from mpiaudit.inventory.view import integer
from mpiaudit.rule import Confidence, Hit, Severity, rule

HOSTFILE = "/etc/mpi/hostfile"

_HOSTS = (
    "H",
    "host",
    "hosts",
    "f",
    "hostfile",
    "machinefile",
    "default-hostfile",
    "rf",
    "rankfile",
)
_HYDRA = ("ppn", "perhost", "genv", "env", "iface", "bootstrap", "launcher")
_OTHER_SLOTS = re.compile(r"oversubscribe|hostfile|default_slots|^ras_|^rmaps_", re.IGNORECASE)


@rule(
    "MPA105",
    Severity.MEDIUM,
    confidence=Confidence.LIKELY,
    remedy="Lower -np, or raise the Worker's replicas or slotsPerWorker.",
    symptom_of=("MPA135",),
    by_sort=True,
)
def ranks_exceed_slots(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """The command asks mpirun for more ranks than the workers have slots.

    The launcher fails with "There are not enough slots available in the system to satisfy the N
    slots that were requested by the application". The controller writes each worker into the
    hostfile with ``slotsPerWorker`` slots, 1 by default, and Open MPI starts no more ranks than
    that. The launcher has slots only with ``runLauncherAsWorker``, or in v1 where it has a GPU.

    Detected where the whole mpirun command can be read and gives a number.

    Wrong when: the command or the environment oversubscribes or names other hosts, the number
    comes from a variable, or a script hides mpirun; Intel MPI and MPICH put several ranks on a
    slot; there is no worker (none of these is reported). An image whose own settings oversubscribe,
    or that holds another MPI than the job says, is why this is likely and of medium severity:
    the job fails in every other image.

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go (newConfigMap) and
    issue 318; kubeflow/trainer v1.9.4 pkg/controller.v1/mpi/mpijob_controller.go (newConfigMap);
    open-mpi/ompi v4.1.6 orte/mca/rmaps/base/help-orte-rmaps-base.txt.
    """
    for job, version in held(jobs, crd, controllers):
        container = first_container(job.launcher)
        if version not in {"v1", V2BETA1} or container is None or job.multikueue:
            continue
        slots = _slots(job, v1=version == "v1")
        for launch in launches(container):
            ranks = launch.ranks
            if slots is None or ranks is None or ranks <= slots or _places(launch, container):
                continue
            number = str(ranks)
            yield Hit(
                place_of(job, number, f"-np={number}"),
                f"{launch.runner} asks for {ranks} ranks; {_sum(job, slots)}",
                also=(job.at("spec", "slotsPerWorker"),) if "slotsPerWorker" in job.spec else (),
                effect='mpirun says "not enough slots available" and starts nothing',
                severity=weight(job, Severity.MEDIUM),
            )


def _slots(job: Job, *, v1: bool) -> int | None:
    """Return the slots in the hostfile; None where that is unknown, or there is no worker."""
    each = job.spec.get("slotsPerWorker")
    each = 1 if each is None else integer(each)
    flavour = job.spec.get("mpiDistribution" if v1 else "mpiImplementation")
    if job.workers < 1 or not each or each < 1 or flavour not in (None, "", "OpenMPI"):
        return None
    runs = _has_gpu(job) if v1 else job.spec.get("runLauncherAsWorker") is True
    return each * (job.workers + runs)


def _has_gpu(job: Job) -> bool:
    """Return whether a v1 controller writes the launcher into the hostfile."""
    containers = job.launcher.template.containers if job.launcher else ()
    return any("gpu" in name for container in containers for name in container.limits)


def _places(launch: Launch, container: Container) -> bool:
    """Return whether anything but the hostfile may tell Open MPI where to place ranks."""
    if launch.runner == HOROVOD or launch.runner.endswith(".hydra") or launch.has(*_HYDRA):
        return True
    if any(values != (HOSTFILE,) for values in launch.values(*_HOSTS)):
        return True
    settings = [values[0] for values in launch.values("mca", "gmca", "prtemca", "omca")]
    if any(_OTHER_SLOTS.search(name) for name in settings):
        return True
    text = " ".join((*container.command, *container.args, *container.env)).lower()
    return "oversubscribe" in text


def _sum(job: Job, slots: int) -> str:
    """Return how the slots add up."""
    given = integer(job.spec.get("slotsPerWorker"))
    spelt = (
        "slotsPerWorker is not set, which means 1" if given is None else f"slotsPerWorker {given}"
    )
    pods = f"{job.workers} worker{'' if job.workers == 1 else 's'}"
    if slots > job.workers * (given or 1):
        pods += " and the launcher"
    return f"{pods}, {spelt}: {slots} slot{'' if slots == 1 else 's'}"
