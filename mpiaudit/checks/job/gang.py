"""Which gang scheduler, if any, places the pods of a job."""

from __future__ import annotations

from collections.abc import Iterable

from packaging.version import Version

from mpiaudit.checks.semantics import V2BETA1
from mpiaudit.facts.releases import MPI_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.program import unrendered
from mpiaudit.inventory.view import integer, mapping

FLAG = "gang-scheduling"
VOLCANO = "volcano"
FIRST = Version("0.4")
"""The first release in which every word turns gang scheduling on.

kubeflow/mpi-operator v0.4.0 cmd/mpi-operator/app/server.go.
"""


def operator_of(job: Job, controllers: Iterable[Controller]) -> Controller | None:
    """Return the mpi-operator v2beta1 that runs *job*; None where it is not surely one."""
    able = [
        c
        for c in controllers
        if c.active
        and c.product == MPI_OPERATOR
        and c.reads == V2BETA1
        and c.covers(job.namespace) is not False
    ]
    only = able[0] if len(able) == 1 else None
    if only is None or not only.covers(job.namespace) or only.flags is None:
        return None
    old = only.release is not None and only.release < FIRST
    return None if old or unrendered(only.gang) else only


def passed(job: Job) -> bool:
    """Return whether *job* needs no gang any more, for it has run, or does not run here."""
    return job.multikueue or "Running" in job.conditions or job.finished is not None


def minimum(job: Job) -> int | None:
    """Return how many pods the PodGroup waits for: the workers and the launcher by default.

    None where the job gives no number, or a template is to fill in the workers.

    kubeflow/mpi-operator v0.8.0 pkg/controller/podgroup.go (calculateMinAvailable).
    """
    if job.worker is not None and integer(job.worker.replicas) is None:
        return None
    given = mapping(job.policy.get("schedulingPolicy")).get("minAvailable")
    return job.workers + 1 if given is None else integer(given)
