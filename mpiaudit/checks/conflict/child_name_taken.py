"""MPA068."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from packaging.version import Version

from mpiaudit.checks import fixes
from mpiaudit.checks.conflict import rivals
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.neighbour import ConfigMap, Event, Secret, Service
from mpiaudit.inventory.view import View
from mpiaudit.inventory.workload import LauncherJob, Pod
from mpiaudit.rule import Confidence, Hit, Severity, rule

REASON = "ErrResourceExists"
SERVICE_SINCE = Version("0.5")
"""The mpi-operator whose Service has the job's own name; ``<job>-worker`` before."""

_NAMED = re.compile(r'Resource "([^"]+)"')

Taken = Mapping[tuple[str, str], Sequence[View]]
"""Objects by namespace and name."""


@rule(
    "MPA068",
    Severity.HIGH,
    remedy="Rename the MPIJob, or delete the object that has the name of one of its children.",
)
def child_name_taken(  # noqa: PLR0913 - every kind of child may collide
    *,
    jobs: tuple[Job, ...],
    listed: frozenset[str],
    controllers: tuple[Controller, ...] = (),
    services: tuple[Service, ...] = (),
    config_maps: tuple[ConfigMap, ...] = (),
    secrets: tuple[Secret, ...] = (),
    pods: tuple[Pod, ...] = (),
    launcher_jobs: tuple[LauncherJob, ...] = (),
    events: tuple[Event, ...] = (),
) -> Iterator[Hit]:
    """An object that is not the MPIJob's own has the name of one of its children.

    mpi-operator makes Service ``<job>``, ConfigMap ``<job>-config``, Secret ``<job>-ssh``, Pods
    ``<job>-worker-<n>`` and Job ``<job>-launcher``. Where one of them exists and belongs to
    somebody else it gives up with the Warning ``ErrResourceExists ... already exists and is not
    managed by MPIJob`` and tries again for ever; the job has no status.

    Found from the objects themselves, for Events are gone after an hour; or from the Event,
    where the objects could not be read.

    Wrong when: the object is being deleted, or is left over from a job of the same name that was
    deleted a moment ago, or the Event is about an object that is gone (none of them reported).
    The job runs as v1, or by an mpi-operator before 0.5, whose names differ: only its Events
    are judged. Manifests may not be applied together: likely, then.

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:95-103; seen with
    mpi-operator 0.8.0 on Kubernetes 1.34, for each of the five kinds.
    """
    foreign = _foreign((*services, *config_maps, *secrets, *pods, *launcher_jobs))
    warned = {e.subject_uid: e for e in events if e.reason == REASON and e.subject_uid}
    for job in jobs:
        event = warned.get(job.uid) if job.uid else None
        found = _collisions(job, foreign) if event or _by_operator(job, controllers) else []
        if job.finished or job.identity.deleting or not (found or event):
            continue
        if found:
            yield _collision(job, found, event)
        elif event and not _gone(job, event, listed):
            yield Hit(
                job.at("metadata", "name"),
                f"{event.count} times {event.reason}: {event.message}",
                also=(event.at("message"),),
                effect="the controller tries again for ever; the job never starts",
                confidence=Confidence.LIKELY,
            )


def _foreign(views: Iterable[View]) -> Taken:
    """Return the objects that no MPIJob owns, by namespace and name."""
    taken: dict[tuple[str, str], list[View]] = defaultdict(list)
    for view in views:
        owned = view.owner is not None and view.owner.kind == "MPIJob"
        if not owned and not view.identity.deleting:
            taken[view.namespace, view.name].append(view)
    return taken


def _by_operator(job: Job, controllers: tuple[Controller, ...]) -> bool:
    """Return whether an mpi-operator of known names is to start *job*, which it has not yet."""
    if job.suspended or job.has_status or job.name.endswith("*") or not job.name:
        return False
    here = [c for c in rivals.reading(controllers, "v2beta1") if c.covers(job.namespace)]
    if not here:
        return job.author_version == "v2beta1" and not controllers
    return all(c.release is None or c.release >= SERVICE_SINCE for c in here)


def _collisions(job: Job, foreign: Taken) -> list[View]:
    names = {
        "Service": {job.name},
        "ConfigMap": {f"{job.name}-config"},
        "Secret": {f"{job.name}-ssh"},
        "Job": {f"{job.name}-launcher"},
        "Pod": {f"{job.name}-worker-{i}" for i in range(min(job.workers, 1000))},
    }
    return [
        view
        for kind, wanted in names.items()
        for name in sorted(wanted)
        for view in foreign.get((job.namespace, name), ())
        if view.ref.kind == kind
    ]


def _collision(job: Job, found: list[View], event: Event | None) -> Hit:
    names = " and ".join(str(v.ref) for v in found)
    said = f"; {event.count} times {event.reason}" if event else ""
    sure = event or all(v.identity.exported for v in (job, *found))
    return Hit(
        job.at("metadata", "name"),
        f"{names} exist{'s' if len(found) == 1 else ''} and {'is' if len(found) == 1 else 'are'} "
        f"not owned by {job.key}{said}",
        also=(
            *(v.at("metadata", "name") for v in found),
            *([event.at("message")] if event else []),
        ),
        effect="the controller tries again for ever; the job never starts",
        fix=fixes.delete(*found) if sure else None,
        confidence=None if sure else Confidence.LIKELY,
    )


def _gone(job: Job, event: Event, listed: frozenset[str]) -> bool:
    """Return whether the object that *event* names would have been found if it were there still."""
    name = _NAMED.search(event.message)
    own = re.compile(rf"{re.escape(job.name)}(-config|-ssh|-launcher|-worker-\d+)?")
    known = name is not None and own.fullmatch(name[1]) and event.subject_version == "v2beta1"
    return bool(known) and listed >= {"Service", "ConfigMap", "Secret", "Pod", "Job"}
