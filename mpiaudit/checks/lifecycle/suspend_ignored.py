"""MPA144."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from mpiaudit.checks.evidence import surety
from mpiaudit.checks.semantics import held
from mpiaudit.facts.releases import MPI_OPERATOR, TRAINING_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.model import Location, dig
from mpiaudit.rule import Hit, Severity, rule

FIRST = {MPI_OPERATOR: Version("0.4"), TRAINING_OPERATOR: Version("1.7")}
"""The first release of each product that suspends an MPIJob."""

FIELD = ("spec", "runPolicy", "suspend")


@rule(
    "MPA144",
    Severity.HIGH,
    remedy="Upgrade the controller and its CRD: to mpi-operator 0.4 or training-operator 1.7.",
    symptom_of=("MPA010", "MPA212"),
)
def suspend_ignored(
    jobs: tuple[Job, ...], controllers: tuple[Controller, ...], crd: Crd | None = None
) -> Iterator[Hit]:
    """The job is to be suspended, and the controller is too old to know how.

    The job runs at once. A queue such as Kueue has not admitted it, so that it takes room that
    was promised to others; where the field was to stop a job, the job goes on. mpi-operator
    suspends since 0.4, training-operator since 1.7; the CRDs of older releases drop the field or
    keep it, and nobody reads it.

    Detected by ``runPolicy.suspend`` in the job, or in what its author applied where the API
    server has dropped it.

    Wrong when: the release is unknown, another controller watches the namespace as well, or the
    job has ended (none of them reported). Manifests may belong to different clusters: likely,
    not certain.

    Source: kubeflow/mpi-operator v0.4.0 pkg/controller/mpi_job_controller.go and v0.3.0
    pkg/controllers/v1/mpi_job_controller.go (has no suspend); kubeflow/training-operator v1.7.0
    pkg/controller.v1/mpi/mpijob_controller.go; seen with mpi-operator 0.3.0 on Kubernetes 1.34.
    """
    for job, version in held(jobs, crd, controllers):
        if not _wanted(job) or job.finished or job.identity.deleting:
            continue
        operator = _operator(job, version, controllers)
        if operator is None:
            continue
        yield Hit(
            _place(job),
            f"suspend is true; {operator.title} has no suspend, "
            f"{operator.product} {FIRST[operator.product]} is the first that has",
            also=(operator.in_container("image"),),
            effect="the job runs at once, admitted or not",
            confidence=surety(job, operator),
        )


def _operator(
    job: Job, version: str | None, controllers: tuple[Controller, ...]
) -> Controller | None:
    """Return the one controller that runs *job*, where it is one that knows no suspend."""
    able = [
        c
        for c in controllers
        if c.active and c.reads == version and c.covers(job.namespace) is not False
    ]
    only = able[0] if len(able) == 1 and not job.multikueue else None
    if only is None or only.release is None or only.product not in FIRST:
        return None
    return only if only.release < FIRST[only.product] else None


def _wanted(job: Job) -> bool:
    return job.suspended or dig(job.applied, *FIELD) is True


def _place(job: Job) -> Location:
    return job.at(*FIELD) if job.suspended else job.at("spec", "runPolicy")
