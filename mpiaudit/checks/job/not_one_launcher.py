"""MPA085."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import fixes
from mpiaudit.checks.semantics import REFUSED, V2BETA1, held, weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.view import integer
from mpiaudit.rule import Confidence, Hit, Severity, rule


@rule(
    "MPA085",
    Severity.HIGH,
    remedy="Set Launcher.replicas to 1, or remove the field.",
    by_sort=True,
)
def not_one_launcher(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """MPIJob asks for another number of launchers than one.

    The job is accepted and never starts; the only trace is the event ``must be 1``. One launcher
    calls mpirun; more processes are the workers' business. Both mpi-operator and
    training-operator refuse any other number.

    Wrong when: the number is a template (not reported), or v1 is read by an mpi-operator before
    0.4, which does not look at the field (so v1 is only likely). Finished jobs are only noted.

    Source: kubeflow/mpi-operator v0.8.0 pkg/apis/kubeflow/validation/validation.go:130-132,
    kubeflow/training-operator v1.9.0 pkg/apis/kubeflow.org/v1/mpi_validation.go:51-53; seen
    with mpi-operator 0.8.0 on Kubernetes 1.34.
    """
    for job, version in held(jobs, crd, controllers):
        count = integer(job.launcher.replicas) if job.launcher else None
        if version not in {"v1", V2BETA1} or count in {None, 1}:
            continue
        yield Hit(
            job.in_replica("Launcher", "replicas"),
            f"Launcher.replicas is {count}",
            effect=REFUSED if version == V2BETA1 else "training-operator refuses the job",
            fix=fixes.set_field(
                job,
                ("spec", "mpiReplicaSpecs", "Launcher", "replicas"),
                1,
                "starts the job with one launcher",
                crd,
            ),
            severity=weight(job, Severity.HIGH),
            confidence=Confidence.LIKELY if version == "v1" else None,
        )
