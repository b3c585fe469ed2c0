"""MPA110."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mpiaudit.inventory.job import Job
from mpiaudit.inventory.neighbour import Event
from mpiaudit.model import FieldPath
from mpiaudit.rule import Hit, Severity, rule

REASON = "ValidationError"

_FIELD = re.compile(r"(?:metadata|spec)(?:\.\w+|\[\w+\])+")
_STEP = re.compile(r"\w+")


@rule(
    "MPA110",
    Severity.HIGH,
    remedy="Correct the field that the message names; the edited job is picked up at once.",
    symptom_of=(*(f"MPA08{n}" for n in range(1, 10)), "MPA090", "MPA091", "MPA113"),
)
def rejected_by_operator(jobs: tuple[Job, ...], events: tuple[Event, ...]) -> Iterator[Hit]:
    """mpi-operator has rejected the job.

    The job is there and nothing happens: no status, no pods. The API server accepts what the
    schema allows; mpi-operator has more rules, and all it does with a job that breaks one is to
    write one Warning Event ``Found validation errors: ...``. It does not try again. Detected by
    that Event on the uid of a job that still has no status.

    Wrong when: the job was corrected since: it then has a status, and is not reported. A job of
    the same name that was deleted has another uid. Events are gone after an hour, so silence of
    this rule proves nothing; the rules about each field do not need the Event.

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:608-613; seen with
    mpi-operator 0.8.0 on Kubernetes 1.34: one Event, count 1, no status, no children, no retry.
    """
    rejections = {e.subject_uid: e for e in events if e.reason == REASON}
    for job in jobs if rejections else ():
        event = rejections.get(job.uid) if job.uid else None
        if event is None or job.has_status or job.identity.deleting:
            continue
        yield Hit(
            job.at(*_field(event.message)),
            f"{job.name}: {event.message}",
            also=(event.at("message"),),
            effect="no pod of the job is ever made; there is no status and no retry",
        )


def _field(message: str) -> FieldPath:
    """Return the first field that *message* names: ``spec.mpiReplicaSpecs[Launcher]``."""
    found = _FIELD.search(message)
    return tuple(_STEP.findall(found[0])) if found else ()
