"""The pods and batch Jobs that belong to MPIJobs and controllers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from mpiaudit.inventory.template import PodTemplate
from mpiaudit.inventory.view import View, identity, integer, mapping, mappings, text, timestamp
from mpiaudit.model import Resource

OPERATOR_NAME = "training.kubeflow.org/operator-name"
JOB_NAME = "training.kubeflow.org/job-name"


@dataclass(frozen=True, slots=True)
class Exit:
    """How a container last ended."""

    code: int
    reason: str
    message: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Pod(View):
    """One pod."""

    phase: str
    subdomain: str
    ready: bool
    restarts: int
    """The largest restart count of its containers."""

    waiting: str
    """Why a container waits, for example ``CrashLoopBackOff``; empty where none does."""

    last_exit: Exit | None
    accelerators: int
    """GPUs that its containers hold, by their limits."""

    images: tuple[str, ...]
    """Of its containers, as its template names them."""

    @property
    def operator(self) -> str:
        """Who made it: ``mpi-operator``, ``mpijob-controller``, or the empty string."""
        return self.identity.labels.get(OPERATOR_NAME, "")

    @property
    def job_name(self) -> str:
        """The MPIJob's name by any generation's label, or the empty string."""
        labels = self.identity.labels
        return next(
            (labels[n] for n in (JOB_NAME, "mpi-job-name", "mpi_job_name") if n in labels), ""
        )

    @property
    def role(self) -> str:
        """``launcher``, ``worker``, or the empty string, by any generation's label."""
        labels = self.identity.labels
        named = [
            labels.get("training.kubeflow.org/replica-type"),
            labels.get("training.kubeflow.org/job-role"),
            labels.get("mpi-job-role"),
            labels.get("mpi_role_type"),
        ]
        return next((n for n in named if n in {"launcher", "worker"}), "")

    @classmethod
    def parse(cls, resource: Resource) -> Self | None:
        """Return the pod."""
        status = mapping(resource.get("status"))
        statuses = list(mappings(status.get("containerStatuses")))
        template = PodTemplate.parse(resource.body)
        return cls(
            identity(resource),
            phase=text(status.get("phase")),
            subdomain=text(resource.get("spec", "subdomain")),
            ready=bool(statuses) and all(s.get("ready") is True for s in statuses),
            restarts=max((integer(s.get("restartCount")) or 0 for s in statuses), default=0),
            waiting=next(
                (
                    text(waiting.get("reason"))
                    for s in statuses
                    if (waiting := mapping(mapping(s.get("state")).get("waiting")))
                ),
                "",
            ),
            last_exit=next((e for e in map(_last_exit, statuses) if e), None),
            accelerators=sum(c.accelerators for c in template.containers),
            images=tuple(c.image for c in template.containers),
        )


@dataclass(frozen=True, slots=True)
class LauncherJob(View):
    """One batch Job, the launcher of an MPIJob v2beta1 or v1alpha."""

    suspended: bool
    started: bool
    complete: bool
    failed: bool

    @classmethod
    def parse(cls, resource: Resource) -> Self | None:
        """Return the Job."""
        true = {
            text(c.get("type"))
            for c in mappings(resource.get("status", "conditions"))
            if c.get("status") == "True"
        }
        return cls(
            identity(resource),
            suspended=resource.get("spec", "suspend") is True,
            started=bool(resource.get("status", "startTime")),
            complete="Complete" in true,
            failed="Failed" in true,
        )


def _last_exit(status: Mapping[str, Any]) -> Exit | None:
    ended = mapping(mapping(status.get("lastState")).get("terminated")) or mapping(
        mapping(status.get("state")).get("terminated")
    )
    code = integer(ended.get("exitCode"))
    if code is None:
        return None
    return Exit(
        code,
        text(ended.get("reason")),
        text(ended.get("message")),
        timestamp(ended.get("finishedAt")),
    )
