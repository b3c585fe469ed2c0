"""Which version's rules a job is held to, and how much a fault in its spec weighs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mpiaudit.checks.once import once
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.rule import Confidence, Severity

V2BETA1 = "v2beta1"

TRAINING_OPERATOR = "kubeflow.org/training-operator"
"""What ``runPolicy.managedBy`` says of a job that mpi-operator must leave alone."""

REFUSED = (
    'mpi-operator reports one Warning event "ValidationError" and leaves the job alone: '
    "no status, no pods, no retry"
)
"""What a fault that mpi-operator's validation finds leads to.

kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:608-613.
"""

_PLACEHOLDER = re.compile(
    r"[$%{}<>@\[\]]|PLACEHOLDER|REPLACE|CHANGE_?ME|TODO|^[A-Z0-9]+_[A-Z0-9_]+$"
)


def held_to(job: Job, crd: Crd | None, controllers: Iterable[Controller] = ()) -> str | None:
    """Return the version whose rules *job* must satisfy; empty where its manifest names none.

    In a cluster that serves one version, or whose controllers read one, it is that one, whatever
    the author wrote; elsewhere it is the author's. Where that is unknown it is the only version
    that the given CRD serves, else the only one that active controllers read, else v2beta1 if
    the job was listed in it: kubectl asks for v1 wherever v1 is served. None where all of this
    leaves it open, and for a job in v2beta1 that is reserved for training-operator.
    """
    ((_, version),) = _versions((job,), crd, tuple(controllers))
    return version


def held(
    jobs: Iterable[Job], crd: Crd | None, controllers: Iterable[Controller]
) -> tuple[tuple[Job, str | None], ...]:
    """Return each job with the version whose rules it must satisfy, as `held_to` says."""
    return _held(jobs, crd, controllers)


def held_to_v2beta1(
    jobs: Iterable[Job], crd: Crd | None, controllers: Iterable[Controller] = ()
) -> tuple[Job, ...]:
    """Return the jobs that mpi-operator's rules apply to."""
    return _held_to_v2beta1(jobs, crd, controllers)


def _versions(
    jobs: Iterable[Job], crd: Crd | None, controllers: Iterable[Controller]
) -> Iterator[tuple[Job, str | None]]:
    served = set(crd.served) if crd else set()
    read = {c.reads for c in controllers if c.active}
    only = next((v for v in (served, read) if len(v) == 1), set())
    installed = crd is not None and crd.installed
    for job in jobs:
        version = job.author_version
        if version is None or (installed and job.identity.exported):
            listed = job.version if job.version == V2BETA1 and not served | read else None
            version = next(iter(only), version or listed)
        fenced = version == V2BETA1 and job.managed_by == TRAINING_OPERATOR
        yield job, None if fenced else version


_held = once(_versions)


@once
def _held_to_v2beta1(
    jobs: Iterable[Job], crd: Crd | None, controllers: Iterable[Controller]
) -> Iterator[Job]:
    return (job for job, version in held(jobs, crd, controllers) if version == V2BETA1)


def weight(job: Job, usual: Severity) -> Severity:
    """Return what a fault in the spec of *job* costs: next to nothing once it has finished."""
    return Severity.LOW if job.finished else usual


def weight_of_absence(job: Job, usual: Severity) -> tuple[Severity, Confidence]:
    """Return what it costs that *job* lacks a field, and how sure it is that it does.

    A kustomize patch looks like a job that lacks most of its fields.
    """
    if job.whole:
        return weight(job, usual), Confidence.CERTAIN
    return min(weight(job, usual), Severity.MEDIUM), Confidence.POSSIBLE


def placeholder(value: str) -> bool:
    """Return whether *value* is to be filled in before the manifest is applied.

    ``${NODES}``, ``$$NODES``, ``{{ .Values.nodes }}``, ``<name>``, ``@name@``, ``PLACEHOLDER``
    and ``JOB_NAME`` are.
    """
    return bool(_PLACEHOLDER.search(value))
