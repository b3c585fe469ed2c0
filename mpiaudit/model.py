"""The vocabulary: an object, a place inside it, and why something could not be read.

Every module may import this one; it imports none of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from sys import intern
from typing import Any

FieldPath = tuple[str | int, ...]
"""The keys and indices that lead to a field: ``("spec", "versions", 0)``."""


class AuditError(Exception):
    """An audit cannot be done, for a reason the user can act on: one line, no traceback."""

    exit_code = 2
    """A usage or configuration error."""


class UnreachableError(AuditError):
    """The API server does not answer, or does not know us: nothing could be read."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Reference:
    """Which object, and where it was read."""

    kind: str
    namespace: str
    """Empty for a cluster-scoped object, and for a manifest that names none."""

    name: str
    """The ``generateName`` with a trailing ``*`` where there is no name yet."""

    api_version: str
    source: str
    """The file's path as given, ``-`` for standard input, or ``cluster:<context>``."""

    document: int = 0
    """Which document of the source, from 0."""

    prefix: FieldPath = ()
    """Where the object starts in its document: empty, or ``("items", 3)`` in a List."""

    def __str__(self) -> str:
        """Return ``Deployment kubeflow/training-operator``."""
        return f"{self.kind} {self.key}"

    @property
    def key(self) -> str:
        """``namespace/name``, or the name alone where there is no namespace."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def sort_key(self) -> tuple[object, ...]:
        """By kind, namespace and name, then by where it was read."""
        prefix = tuple(map(str, self.prefix))
        return (self.kind, self.namespace, self.name, self.source, self.document, prefix)

    @property
    def live(self) -> bool:
        """Whether it was read from an API server, and so has no lines."""
        return self.source.startswith("cluster:")


@dataclass(frozen=True, slots=True)
class Location:
    """A field of an object, as a reader would look it up."""

    object: Reference
    path: FieldPath = ()
    line: int = field(default=0, compare=False)
    """Counted from 1; 0 until it has been looked up, and for live objects."""

    column: int = field(default=0, compare=False)
    """Counted from 1; 0 where the line is 0."""

    @property
    def dotted(self) -> str:
        """The path as kubectl's jsonpath writes it: ``.spec.versions[0]``."""
        return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in self.path)

    def __str__(self) -> str:
        """Return ``file:line:column`` where there are lines, else the object and the field."""
        if self.line:
            return f"{self.object.source}:{self.line}:{self.column}"
        return f"{self.object}  {self.dotted}".rstrip()


@dataclass(frozen=True, slots=True)
class Resource:
    """One Kubernetes object as it was read, untyped."""

    body: Mapping[str, Any]
    source: str
    document: int = 0
    prefix: FieldPath = ()
    beside_kustomization: bool = False
    """Whether its file is one that a kustomization may use as a patch."""

    def get(self, *path: str | int) -> Any:  # noqa: ANN401 - manifests are untyped
        """Return the value at *path*, or None where any step of it is missing."""
        return dig(self.body, *path)

    @property
    def kind(self) -> str:
        """The kind, or the empty string."""
        return str(self.body.get("kind") or "")

    @property
    def api_version(self) -> str:
        """The ``apiVersion``, or the empty string."""
        return str(self.body.get("apiVersion") or "")

    @property
    def reference(self) -> Reference:
        """Which object this is."""
        name = self.get("metadata", "name")
        generated = self.get("metadata", "generateName")
        return Reference(
            kind=intern(self.kind),
            namespace=intern(str(self.get("metadata", "namespace") or "")),
            name=str(name) if name else f"{generated}*" if generated else "",
            api_version=intern(self.api_version),
            source=self.source,
            document=self.document,
            prefix=self.prefix,
        )


def dig(value: Any, *path: str | int) -> Any:  # noqa: ANN401 - manifests are untyped
    """Return what stands at *path* below *value*, or None where any step is missing."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if value and isinstance(value, (dict, Mapping)) else None
        else:
            value = value[step] if isinstance(value, list | tuple) and step < len(value) else None
    return value


@dataclass(frozen=True, slots=True)
class Gap:
    """Why something is not known to be complete."""

    reason: str
    """One line that names what would close it: a permission, an input."""

    unreadable: bool = True
    """True: we were refused, or it is broken, and the audit is incomplete.
    False: it was not given; files prove presence and not absence."""
