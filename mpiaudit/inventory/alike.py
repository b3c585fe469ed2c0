"""Jobs that differ in nothing but who they are."""

from __future__ import annotations

from collections.abc import Container

import msgspec

from mpiaudit.inventory.job import Job
from mpiaudit.model import Reference

_ENCODE = msgspec.msgpack.Encoder().encode


class Alike:
    """Jobs, sorted by what they ask for and how far they have come.

    Those of one sort have one namespace (one file, where they name none), version and author's
    version, equal specs and the same true conditions, and either all or none of them was read
    from a cluster, is being deleted, has a status, or may be a kustomize patch. They differ in
    name, uid, labels, annotations, times, owners and writers, and in what a condition says.
    """

    def __init__(self, jobs: tuple[Job, ...]) -> None:
        """Sort *jobs*."""
        firsts: dict[object, Job] = {}
        self._all = [(job, firsts.setdefault(_sort(job), job).ref) for job in jobs]
        self.firsts = tuple(firsts.values()) if len(firsts) < len(jobs) else jobs
        """The first job of each sort; the very jobs given where no two are alike."""

    def like(self, first: Container[Reference]) -> tuple[Job, ...]:
        """Return all jobs of the sorts whose first job is among *first*, in the order given."""
        return tuple(job for job, ref in self._all if ref in first)


def _sort(job: Job) -> object:
    """Return what is equal for jobs of one sort; like nothing else where it cannot be told."""
    try:
        spec = _ENCODE(job.spec)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return object()
    who = job.identity
    return (
        *(who.ref.namespace or who.ref.source, who.ref.api_version, job.author_version),
        *(who.exported, who.deleting, job.has_status, job.beside_kustomization),
        *(frozenset(job.conditions), spec),
    )
