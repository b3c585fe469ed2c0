"""MPA090."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import fixes
from mpiaudit.checks.semantics import REFUSED, V2BETA1, held_to, weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.view import integer
from mpiaudit.rule import Confidence, Hit, Severity, rule


@rule(
    "MPA090",
    Severity.HIGH,
    remedy="Set slotsPerWorker to the processes of each worker.",
    by_sort=True,
)
def no_slots(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """The slotsPerWorker leaves no slot on any worker.

    mpirun ends with ``There are not enough slots available in the system``. Zero is accepted
    everywhere and written into the hostfile as it is: ``slots=0``. A number below zero is
    refused by mpi-operator before anything starts.

    Wrong when: the launcher passes its own host list, or ``--oversubscribe`` (so zero is only
    likely to fail), or the number is a template or absent, which means 1 (not reported).
    Finished jobs are only noted.

    Source: kubeflow/mpi-operator v0.8.0 pkg/apis/kubeflow/validation/validation.go:72-76; seen
    with mpi-operator 0.8.0 on Kubernetes 1.34: hostfile ``slots=0``.
    """
    for job in jobs:
        slots = integer(job.spec.get("slotsPerWorker"))
        if slots is None or slots > 0:
            continue
        refused = slots < 0 and held_to(job, crd, controllers) == V2BETA1
        yield Hit(
            job.at("spec", "slotsPerWorker"),
            f"slotsPerWorker is {slots}",
            effect=REFUSED if refused else "mpirun finds no slots and ends",
            fix=fixes.set_field(
                job,
                ("spec", "slotsPerWorker"),
                1,
                "gives each worker one process; take as many as it has GPUs or cores",
                crd,
            ),
            severity=weight(job, Severity.HIGH),
            confidence=None if refused else Confidence.LIKELY,
        )
