"""What lies around MPIJobs: the objects that their controllers make, or find in their way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from mpiaudit.collect import kinds as known
from mpiaudit.collect.api import MissingError
from mpiaudit.collect.kinds import Kind
from mpiaudit.collect.reader import Batch, Keep, Reader
from mpiaudit.collect.selectors import any_of
from mpiaudit.collect.shape import Body
from mpiaudit.model import dig

POD_LABELS = (
    "training.kubeflow.org/operator-name in (mpi-operator,mpijob-controller)",
    "mpi-job-name",
    "mpi_job_name",
)
"""Select the pods of MPIJobs of every generation.

kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go, v0.3.0
pkg/controllers/v1/mpi_job_controller.go and v0.2.0 pkg/controllers/v1alpha2/mpi_job_controller.go;
kubeflow/training-operator v1.9.0 pkg/controller.v1/mpi/mpijob_controller.go.
"""

JOB_LABELS = ("training.kubeflow.org/job-name", "mpi-job-name", "mpi_job_name")
"""Name the MPIJob of a pod; the sources are those of `POD_LABELS`."""

SUFFIXES = {"Job": "-launcher", "Secret": "-ssh"}
"""What kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go adds to a job's name."""

WORKER = re.compile(r'Resource "([a-z0-9.-]+-worker-[0-9]+)"')
"""A worker's name in the Event of a controller that may not have it.

kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go (MessageResourceExists).
"""

NEIGHBOURS = (
    *(known.SERVICE, known.JOB, known.SECRET, known.SERVICE_ACCOUNT),
    *(known.RESOURCE_QUOTA, known.LIMIT_RANGE, known.NETWORK_POLICY),
)
"""Read where there are MPIJobs: whole namespaces, since a stranger's object may have the name."""

SPREAD = 32
"""Namespaces with MPIJobs up to which one list each is asked for, and not one of all."""

Jobs = Mapping[str, set[str]]
"""The names of the MPIJobs in each namespace."""


def read_around(reader: Reader, jobs: Jobs, namespace: str) -> None:
    """Have what `NEIGHBOURS` names and the ConfigMaps of *jobs* read."""
    for space in sorted(jobs) if len(jobs) <= SPREAD else [namespace]:
        for kind in NEIGHBOURS:
            reader.later(kind, space, keep=partial(_belongs, jobs, kind))
    if jobs and known.CONFIG_MAP.name in reader.kinds:
        reader.crew.submit(partial(_read_config_maps, reader, jobs, namespace))


def read_traces(reader: Reader, jobs: Jobs | None, namespace: str) -> None:
    """Have the pods and Events of *jobs* read; None means of any MPIJob."""
    keep: Keep | None = None if jobs is None else partial(_is_of, jobs)
    for labels in POD_LABELS:
        reader.later(known.POD, namespace, keep, labelSelector=labels)
    events = partial(_note_stranger, reader, set(), keep)
    reader.later(known.EVENT, namespace, events, fieldSelector="involvedObject.kind=MPIJob")


def _note_stranger(
    reader: Reader, asked: set[tuple[str, str]], keep: Keep | None, event: Body
) -> bool:
    """Have a pod read that has a worker's name but no label to find it by, as *event* says."""
    if keep and not keep(event):
        return False
    if event.get("reason") == "ErrResourceExists":
        space = str(dig(event, "metadata", "namespace"))
        for name in WORKER.findall(str(event.get("message"))):
            if (space, name) not in asked:
                asked.add((space, name))
                reader.later(known.POD, space, fieldSelector=f"metadata.name={name}")
    return True


def _read_config_maps(reader: Reader, jobs: Jobs, namespace: str) -> None:
    """Read each job's ConfigMap: by the label its controller gives it, strangers' by name."""
    wanted = {(space, f"{job}-config") for space, names in jobs.items() for job in names}
    found: set[tuple[Any, Any]] = set()

    def keep(body: Body) -> bool:
        found.add(key(body))
        return key(body) in wanted

    kind = known.CONFIG_MAP
    for selector in any_of("app", {job for names in jobs.values() for job in names}):
        reader.list(kind, namespace, keep, labelSelector=selector)
    for space, name in sorted(wanted - found):
        if kind.name in reader.gaps:
            return
        try:
            body = reader.one(kind, space, name)
        except MissingError:
            continue
        if body:
            reader.crew.put(Batch(kind.name, [body]))


def _belongs(jobs: Jobs, kind: Kind, body: Body) -> bool:
    """Return whether a neighbour could be an MPIJob's: by its name, or by its owner."""
    space, name = key(body)
    if space not in jobs or kind.name not in SUFFIXES:
        return space in jobs
    suffix = SUFFIXES[kind.name]
    owners = dig(body, "metadata", "ownerReferences") or ()
    return any(dig(owner, "kind") == "MPIJob" for owner in owners) or (
        str(name).endswith(suffix) and str(name).removesuffix(suffix) in jobs[space]
    )


def _is_of(jobs: Jobs, body: Body) -> bool:
    """Return whether a pod or an Event is of one of *jobs*."""
    about = dig(body, "involvedObject", "name")
    labels = dig(body, "metadata", "labels") or {}
    names = {about} if about else {labels.get(label) for label in JOB_LABELS}
    return bool(names & jobs.get(dig(body, "metadata", "namespace"), set()))


def key(body: Body) -> tuple[Any, Any]:
    """Return the namespace and the name."""
    return dig(body, "metadata", "namespace"), dig(body, "metadata", "name")
