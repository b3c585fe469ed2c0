"""What controllers made for an MPIJob, and what it proves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from mpiaudit.checks.conflict import rivals
from mpiaudit.checks.once import once
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.view import View
from mpiaudit.model import Location
from mpiaudit.rule import Severity

V = TypeVar("V", bound=View)

TRAINING_LABEL = "mpijob-controller"
"""The operator-name label of training-operator's pods, and the component of its Events."""

MPI_LABEL = "mpi-operator"
"""The operator-name label of the pods of mpi-operator v2beta1."""

MPI_COMPONENT = "mpi-job-controller"
"""The component of the Events of every mpi-operator."""

ENDED = frozenset({"Succeeded", "Failed"})
"""Phases of pods in which nothing of them runs any more."""

TWICE = "both controllers act on the job: two launchers, and workers that one of them cannot use"
"""The effect that all proofs share."""


def by_owner(views: Iterable[V], kind: str = "MPIJob") -> Mapping[str, Sequence[V]]:
    """Return the views by the uid of their controller owner, where that is a *kind*.

    Never by name: a job that was deleted and made again has the name and not the children.
    """
    owned: dict[str, list[V]] = defaultdict(list)
    for view in views:
        if view.owner and view.owner.kind == kind and view.owner.uid:
            owned[view.owner.uid].append(view)
    return owned


@once
def standing(jobs: Iterable[Job]) -> Iterator[Job]:
    """Return the jobs that have a uid and are not being deleted: those that own anything."""
    return (j for j in jobs if j.uid and not j.identity.deleting)


def owning(jobs: Iterable[Job], uids: Collection[str]) -> Iterator[Job]:
    """Yield the standing jobs with one of *uids*: those whose children are to be looked at."""
    return (j for j in standing(jobs) if j.identity.uid in uids) if uids else iter(())


def owner_version(view: View) -> str:
    """Return the MPIJob version in which its maker works: ``v1`` or ``v2beta1``."""
    return view.owner.api_version.rpartition("/")[2] if view.owner else ""


def place(view: View) -> Location:
    """Return where it says who owns it."""
    return view.at("metadata", "ownerReferences")


def severity(job: Job, controllers: tuple[Controller, ...] | None) -> Severity | None:
    """Return MEDIUM for a proof of what is over, else None: the rule's own.

    It is over where the job has ended, or where one controller alone is left: it then replaced
    the other one while the job existed. None for *controllers* means that they are not known.
    """
    over = controllers is not None and not rivals.contested(job, controllers)
    return Severity.MEDIUM if job.finished or over else None
