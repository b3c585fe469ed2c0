"""MPA106."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mpiaudit.checks.job.command_line import first_container
from mpiaudit.checks.semantics import V2BETA1, held
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.mpirun import launches
from mpiaudit.inventory.template import Container
from mpiaudit.inventory.view import integer
from mpiaudit.model import Location
from mpiaudit.rule import Confidence, Hit, Severity, rule

PLACED = ("map-by", "ppr", "npernode", "N", "pernode", "ppn", "perhost", "rf", "rankfile")
"""Options by which a command says itself how many ranks a host gets."""

_ONE_GPU_A_RANK = re.compile(r"horovod|nccl|torch|deepspeed|megatron", re.IGNORECASE)
"""What refuses two ranks on one GPU: "Duplicate GPU detected" (NVIDIA/nccl v2.18.1 src/init.cc)."""


@rule(
    "MPA106",
    Severity.MEDIUM,
    confidence=Confidence.POSSIBLE,
    remedy="Set slotsPerWorker to the number of GPUs of a worker.",
    by_sort=True,
)
def slots_and_gpus_differ(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """A worker has more slots than GPUs, or GPUs that no slot stands for.

    mpirun fills one worker's slots before it turns to the next. With more slots than GPUs several
    ranks meet on one GPU, and the last workers may stay idle; NCCL ends with "Duplicate GPU
    detected". With fewer, GPUs are held that no rank is started for (severity low).

    Detected by ``slotsPerWorker``, where it is more than 1, and the GPU limits of the worker.

    Wrong when: the program shares a GPU among ranks or drives several from one, which is why this
    is possible and not more; where the command names Horovod, NCCL, PyTorch, DeepSpeed or
    Megatron, too many slots are likely a fault. One slot, which starts a launcher of its own on
    each worker, no GPUs, a command that places ranks itself or asks for no more of them than one
    worker has GPUs, and finished jobs are not reported.

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:1309-1354
    (``newConfigMap``); open-mpi/ompi v4.1.6 orte/tools/orterun/orterun.1in (``--map-by slot``).
    """
    for job, version in held(jobs, crd, controllers):
        slots, gpus = integer(job.spec.get("slotsPerWorker")) or 1, _gpus(job)
        launcher = first_container(job.launcher)
        over = job.finished or job.multikueue or version not in {"v1", V2BETA1}
        if over or launcher is None or slots < 2 or not gpus or slots == gpus:  # noqa: PLR2004
            continue
        if slots > gpus and _arranged(launcher, gpus):
            continue
        sure = slots > gpus and _ONE_GPU_A_RANK.search(_words(launcher))
        yield Hit(
            job.at("spec", "slotsPerWorker"),
            f"slotsPerWorker is {slots}; each of the {job.workers} workers of {job.name} has "
            f"{gpus} GPU{'' if gpus == 1 else 's'}",
            also=(_limits(job),),
            effect="ranks share a GPU" if slots > gpus else f"{gpus - slots} GPUs have no rank",
            severity=None if slots > gpus else Severity.LOW,
            confidence=Confidence.LIKELY if sure else None,
        )


def _gpus(job: Job) -> int:
    """Return the GPUs of one worker."""
    containers = job.worker.template.containers if job.worker and job.workers else ()
    return sum(container.accelerators for container in containers)


def _arranged(launcher: Container, gpus: int) -> bool:
    """Return whether the command itself keeps ranks from sharing a GPU of the first worker."""
    calls = launches(launcher)
    return any(c.has(*PLACED) or (c.ranks is not None and c.ranks <= gpus) for c in calls)


def _words(launcher: Container) -> str:
    return " ".join((launcher.image, *launcher.command, *launcher.args))


def _limits(job: Job) -> Location:
    return job.in_pod("Worker", "containers", 0, "resources", "limits")
