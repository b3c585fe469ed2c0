"""MPA084."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.job import patches
from mpiaudit.checks.semantics import V2BETA1, held, placeholder, weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.rule import Confidence, Hit, Severity, rule

TYPES = ("Launcher", "Worker")


@rule(
    "MPA084",
    Severity.MEDIUM,
    remedy="Rename the replica to Launcher or Worker, or remove it.",
    symptom_of=("MPA083",),
    by_sort=True,
)
def unknown_replica_type(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """MPIJob has a replica that is neither Launcher nor Worker.

    Its pods never appear, and nothing says why. The API server takes any key below
    ``spec.mpiReplicaSpecs``; mpi-operator ignores the keys it does not know, so a job with
    ``worker`` runs its launcher without any workers. training-operator refuses the whole job
    with the event ``MPIJobFailedValidation``, again and again.

    Wrong when: the key is a template (not reported), or a fork of the operator knows it. Finished
    jobs are only noted.

    Source: kubeflow/training-operator v1.9.0 pkg/apis/kubeflow.org/v1/mpi_validation.go:30-42;
    seen with mpi-operator 0.8.0 (runs, key ignored) and training-operator 1.9.0 and 1.9.4 (13
    events in 50 s; other jobs run) on Kubernetes 1.34. Both go on once it is renamed.
    """
    for job, version in held(jobs, crd, controllers):
        if version is None or version not in {"v1", V2BETA1}:
            continue
        for key in job.replicas:
            if key not in TYPES and not placeholder(key):
                yield _unknown(job, key, version, crd)


def _unknown(job: Job, key: str, version: str, crd: Crd | None) -> Hit:
    meant = key.strip().capitalize().removesuffix("s")
    lost = meant == "Worker" and job.worker is None
    name = meant if meant in TYPES else " or ".join(TYPES)
    return Hit(
        job.in_replica(key),
        f"{key} is not {name}",
        effect="mpi-operator ignores it"
        if version == V2BETA1
        else "training-operator refuses the job",
        fix=patches.rename(job, key, meant, crd)
        if meant in TYPES and meant not in job.replicas
        else None,
        severity=weight(job, Severity.HIGH if lost or version == "v1" else Severity.MEDIUM),
        confidence=Confidence.LIKELY if version == "v1" else None,
    )
