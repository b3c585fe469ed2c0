"""What every view of an object has, and how its parts are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from sys import intern
from typing import Any

from mpiaudit.model import Location, Reference, Resource

_MAPPINGS = (dict, Mapping)
"""For isinstance: nearly all are dicts, and it is slow to ask whether anything is a Mapping."""

_SHARED = 1 << 12
"""Equal owners and writers that are kept once: the pods of a job have the same ones."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The controller owner reference of an object."""

    api_version: str
    """The version its controller works in, for example ``kubeflow.org/v2beta1``."""

    kind: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class Writer:
    """One entry of ``metadata.managedFields``."""

    manager: str
    """The file name of the writing binary: ``mpi-operator``, ``manager``, ``kubectl-create``."""

    api_version: str
    subresource: str


@dataclass(frozen=True, slots=True)
class Identity:
    """The metadata of an object."""

    ref: Reference
    uid: str
    """Empty in a manifest that no API server has seen."""

    labels: Mapping[str, str]
    created: datetime | None
    deleting: bool
    owner: Owner | None
    """The owner reference with ``controller: true``, or None."""

    writers: tuple[Writer, ...]
    """Empty where managedFields is absent, which ``kubectl get -o yaml`` hides by default."""

    @property
    def name(self) -> str:
        """The object's name."""
        return self.ref.name

    @property
    def namespace(self) -> str:
        """The object's namespace, or the empty string."""
        return self.ref.namespace

    @property
    def key(self) -> str:
        """``namespace/name``."""
        return self.ref.key

    @property
    def exported(self) -> bool:
        """Whether an API server has seen it: it was read live, or exported from one."""
        return bool(self.uid)


@dataclass(frozen=True, slots=True)
class View:
    """An object of a known kind."""

    identity: Identity

    @property
    def ref(self) -> Reference:
        """Which object this is."""
        return self.identity.ref

    @property
    def name(self) -> str:
        """The object's name."""
        return self.identity.ref.name

    @property
    def namespace(self) -> str:
        """The object's namespace, or the empty string."""
        return self.identity.ref.namespace

    @property
    def key(self) -> str:
        """``namespace/name``."""
        return self.identity.key

    @property
    def uid(self) -> str:
        """The uid, or the empty string."""
        return self.identity.uid

    @property
    def owner(self) -> Owner | None:
        """The controller owner, or None."""
        return self.identity.owner

    def at(self, *path: str | int) -> Location:
        """Return the place of a field of this object."""
        return Location(self.ref, path)


def identity(resource: Resource) -> Identity:
    """Return the metadata of *resource*."""
    metadata = mapping(resource.get("metadata"))
    owners = mappings(metadata.get("ownerReferences"))
    return Identity(
        ref=resource.reference,
        uid=text(metadata.get("uid")),
        labels=texts(metadata.get("labels")),
        created=timestamp(metadata.get("creationTimestamp")),
        deleting=bool(metadata.get("deletionTimestamp")),
        owner=next(
            (
                _owner(*(text(owner.get(key)) for key in ("apiVersion", "kind", "name", "uid")))
                for owner in owners
                if owner.get("controller")
            ),
            None,
        ),
        writers=_writers(
            tuple(
                tuple(text(entry.get(key)) for key in ("manager", "apiVersion", "subresource"))
                for entry in mappings(metadata.get("managedFields"))
            )
        ),
    )


@lru_cache(_SHARED)
def _owner(api_version: str, kind: str, name: str, uid: str) -> Owner:
    return Owner(api_version, kind, name, uid)


@lru_cache(_SHARED)
def _writers(entries: tuple[tuple[str, ...], ...]) -> tuple[Writer, ...]:
    return tuple(Writer(*entry) for entry in entries)


def text(value: object) -> str:
    """Return *value* where it is a string, else the empty string."""
    return value if isinstance(value, str) else ""


def integer(value: object) -> int | None:
    """Return *value* where it is an integer, else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def mapping(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 - manifests are untyped
    """Return *value* where it is a mapping, else an empty one."""
    return value if value is not None and isinstance(value, _MAPPINGS) else {}


def mappings(value: object) -> Iterable[Mapping[str, Any]]:
    """Return the mappings in the list *value*; what is not one is left out."""
    return [v for v in value if isinstance(v, _MAPPINGS)] if isinstance(value, list | tuple) else []


def texts(value: object) -> Mapping[str, str]:
    """Return the entries of *value* that map a string to a string."""
    return {intern(k): intern(v) for k, v in mapping(value).items() if isinstance(v, str)}


def words(value: object) -> tuple[str, ...]:
    """Return the strings in the list *value*."""
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list | tuple) else ()


def timestamp(value: object) -> datetime | None:
    """Return the RFC 3339 time that *value* spells, or None."""
    try:
        when = datetime.fromisoformat(text(value))
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)
