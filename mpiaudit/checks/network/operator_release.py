"""Which mpi-operator makes the Services and pods of a namespace."""

from __future__ import annotations

from collections.abc import Iterable

from packaging.version import Version

from mpiaudit.facts.releases import MPI_OPERATOR
from mpiaudit.inventory.controller import Controller

ONE_SERVICE = Version("0.5")
"""Since then a job has one Service of its own name; before, one called ``<job>-worker``.

kubeflow/mpi-operator v0.5.0 pkg/controller/mpi_job_controller.go (newJobService).
"""


def oldest_operator(controllers: Iterable[Controller], namespace: str) -> Version | None:
    """Return the lowest release of the running mpi-operators that may watch *namespace*.

    None where there is none, or where the release of one of them is not known.
    """
    releases = [
        c.release
        for c in controllers
        if c.product == MPI_OPERATOR and c.active and c.covers(namespace) is not False
    ]
    known = [r for r in releases if r is not None]
    return min(known) if known and len(known) == len(releases) else None


def service_name(job: str, release: Version | None) -> str:
    """Return the name of the Service of *job*; of the newest operators where None."""
    return job if release is None or release >= ONE_SERVICE else f"{job}-worker"
