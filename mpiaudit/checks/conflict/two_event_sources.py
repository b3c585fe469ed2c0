"""MPA067."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from mpiaudit.checks.conflict import children
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.neighbour import Event
from mpiaudit.rule import Hit, Severity, rule

SOURCES = (children.MPI_COMPONENT, children.TRAINING_LABEL)


@rule(
    "MPA067",
    Severity.HIGH,
    remedy="Leave MPIJob to one controller, and make the job again.",
    symptom_of=("MPA061", "MPA062", "MPA063", "MPA064", "MPA065", "MPA066"),
)
def two_event_sources(
    jobs: tuple[Job, ...],
    events: tuple[Event, ...],
    controllers: tuple[Controller, ...] | None = None,
) -> Iterator[Hit]:
    """mpi-operator and training-operator both report Events about one MPIJob.

    ``mpi-job-controller`` is the component of every mpi-operator, ``mpijob-controller`` that of
    training-operator. It is the only proof among the children and Events where both work on v1:
    every child exists once then, and bears the version v1.

    Found by the uid of the object that the Events are about. They live for an hour in most
    clusters: their absence proves nothing.

    Wrong when: one controller replaced the other within that hour; where one alone is active
    today, or the job has ended, this costs less. What the Events say does not matter; the reason
    MPIJobFailed, for one, does not mean that the job has failed.

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:73,
    kubeflow/trainer v1.9.4 pkg/controller.v1/mpi/mpijob_controller.go:68; seen with
    training-operator 1.7.0 beside mpi-operator 0.3.0, and 1.9.0 beside 0.8.0, on Kubernetes 1.34.
    """
    said: dict[str, dict[str, Event]] = defaultdict(dict)
    for event in events:
        if event.subject_uid and event.component in SOURCES:
            said[event.subject_uid].setdefault(event.component, event)
    for job in children.owning(jobs, said):
        first = said[job.uid]
        if len(first) < len(SOURCES):
            continue
        reasons = " and ".join(
            f"{source} ({first[source].subject_version}) reported {first[source].reason}"
            for source in SOURCES
        )
        yield Hit(
            job.at("metadata", "name"),
            f"on {job.key} {reasons}",
            also=tuple(first[source].at("reason") for source in SOURCES),
            effect="both controllers act on the job",
            severity=children.severity(job, controllers),
        )
