"""MPA086."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import fixes
from mpiaudit.checks.semantics import REFUSED, held_to_v2beta1, weight, weight_of_absence
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.view import integer
from mpiaudit.rule import Hit, Severity, rule


@rule(
    "MPA086",
    Severity.HIGH,
    remedy="Set Worker.replicas to 1 or more, or remove Worker to run on the launcher alone.",
    by_sort=True,
)
def worker_without_replicas(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """Worker has no replicas.

    The job is accepted and never starts; the only trace is the event ``Invalid value: 0: must be
    greater than or equal to 1``. A Worker whose ``replicas`` is absent gets 0, not 1 as one
    expects from other kinds, and 0 is then refused.

    Wrong when: the job runs as v1, where both are fine (not reported), there is no Worker at all,
    which is a job that runs on its launcher (not reported), or the manifest is a kustomize patch
    that leaves the number alone (absence is then only possible, and not reported where the
    Launcher is absent too). Finished jobs are only noted.

    Source: kubeflow/mpi-operator v0.8.0 pkg/apis/kubeflow/v2beta1/default.go:47-49,
    pkg/apis/kubeflow/validation/validation.go:142-144; seen with mpi-operator 0.8.0 on
    Kubernetes 1.34.
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        if job.worker is None:
            continue
        count = integer(job.worker.replicas)
        if job.worker.replicas is None:
            if job.launcher is None and not job.whole:
                continue
            severity, confidence = weight_of_absence(job, Severity.HIGH)
            message = "Worker.replicas is absent, which means 0"
        elif count is not None and count <= 0:
            severity, confidence = weight(job, Severity.HIGH), None
            message = f"Worker.replicas is {count}"
        else:
            continue
        yield Hit(
            job.in_replica("Worker", "replicas"),
            message,
            effect=REFUSED,
            fix=fixes.set_field(
                job,
                ("spec", "mpiReplicaSpecs", "Worker", "replicas"),
                1,
                "starts the job with one worker; take the number it was made for",
                crd,
            ),
            severity=severity,
            confidence=confidence,
        )
