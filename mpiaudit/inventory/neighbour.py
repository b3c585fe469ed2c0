"""Smaller objects around MPIJobs, each reduced to what rules read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from mpiaudit.inventory.view import View, identity, integer, mapping, text, texts, timestamp
from mpiaudit.model import Resource


@dataclass(frozen=True, slots=True)
class Service(View):
    """A Service."""

    cluster_ip: str
    """``None`` (the Kubernetes word) for a headless one; empty in a manifest that leaves it."""

    selector: Mapping[str, str]
    publishes_not_ready: bool

    @classmethod
    def parse(cls, resource: Resource) -> Self | None:
        """Return the Service."""
        return cls(
            identity(resource),
            cluster_ip=text(resource.get("spec", "clusterIP")),
            selector=texts(resource.get("spec", "selector")),
            publishes_not_ready=resource.get("spec", "publishNotReadyAddresses") is True,
        )


@dataclass(frozen=True, slots=True)
class ConfigMap(View):
    """A ConfigMap: its name and its keys, never its values."""

    keys: frozenset[str]

    @classmethod
    def parse(cls, resource: Resource) -> Self | None:
        """Return the ConfigMap."""
        return cls(identity(resource), keys=frozenset(map(str, mapping(resource.get("data")))))


@dataclass(frozen=True, slots=True)
class Secret(View):
    """A Secret: its name and who owns it, never its values."""

    @classmethod
    def parse(cls, resource: Resource) -> Self | None:
        """Return the Secret."""
        return cls(identity(resource))


@dataclass(frozen=True, slots=True)
class ServiceAccount(View):
    """A ServiceAccount."""

    @classmethod
    def parse(cls, resource: Resource) -> Self | None:
        """Return the ServiceAccount."""
        return cls(identity(resource))


@dataclass(frozen=True, slots=True)
class Namespace(View):
    """A Namespace, by its name and labels."""

    @classmethod
    def parse(cls, resource: Resource) -> Self | None:
        """Return the Namespace."""
        return cls(identity(resource))


@dataclass(frozen=True, slots=True)
class Event(View):
    """An Event about an MPIJob."""

    subject_uid: str
    subject: str
    """``namespace/name`` of the object it is about."""

    subject_version: str
    """``v1`` or ``v2beta1``: the version in which the reporting controller works."""

    component: str
    """``mpi-job-controller`` of mpi-operator, ``mpijob-controller`` of training-operator."""

    type: str
    reason: str
    message: str
    count: int
    last: datetime | None

    @classmethod
    def parse(cls, resource: Resource) -> Self | None:
        """Return the Event, or None where it is not about an MPIJob."""
        about = mapping(resource.get("involvedObject") or resource.get("regarding"))
        if about.get("kind") != "MPIJob":
            return None
        component = resource.get("source", "component") or resource.get("reportingComponent")
        times = [
            resource.get("lastTimestamp"),
            resource.get("series", "lastObservedTime"),
            resource.get("eventTime"),
            resource.get("metadata", "creationTimestamp"),
        ]
        return cls(
            identity(resource),
            subject_uid=text(about.get("uid")),
            subject=f"{text(about.get('namespace'))}/{text(about.get('name'))}",
            subject_version=text(about.get("apiVersion")).rpartition("/")[2],
            component=text(component),
            type=text(resource.get("type")),
            reason=text(resource.get("reason")),
            message=text(resource.get("message")) or text(resource.get("note")),
            count=integer(resource.get("count")) or 1,
            last=next((t for t in map(timestamp, times) if t), None),
        )


@dataclass(frozen=True, slots=True)
class Lease(View):
    """A leader election lock."""

    holder: str
    renewed: datetime | None

    @classmethod
    def parse(cls, resource: Resource) -> Self | None:
        """Return the Lease."""
        return cls(
            identity(resource),
            holder=text(resource.get("spec", "holderIdentity")),
            renewed=timestamp(resource.get("spec", "renewTime")),
        )
