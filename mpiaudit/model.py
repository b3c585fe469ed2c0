"""The vocabulary: an object, a place inside it, and why something could not be read.

Every module may import this one; it imports none of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an API server would not take a manifest over the object that it has."""

    at: Location
    """The field of the manifest."""

    standing: Location
    """The same field of the object in force."""

    field: str
    """As the API server names it: ``spec.selector``."""

    reason: str
    """In the API server's words, with what is there and what would be."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Fields that a manifest would change, and that another field manager owns."""

    at: Location
    """The first of them in the manifest."""

    standing: Location
    """The ``managedFields`` of the object in force."""

    manager: str
    """As kubectl names it: ``"manager" using apps/v1``."""

    fields: tuple[str, ...]
    """As kubectl prints them: ``.spec.template.spec.containers[name="x"].image``."""


@dataclass(slots=True)
class Answers:
    """What an API server would say to manifests over the objects that it has."""

    refusals: list[Refusal] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    outsized: list[Refusal] = field(default_factory=list)
    """Of CRDs that were applied client-side, and do not fit into the annotation for that."""

    owned: list[bool] = field(default_factory=list)
    """Of each object in force, whether it was known who owns its fields."""


@dataclass(slots=True)
class Reading:
    """What a collector reads.

    Iterate `resources` once; the other fields are complete when it is exhausted.
    """

    resources: Iterator[Resource]
    gaps: dict[str, Gap] = field(default_factory=dict)
    """What could not be read, by kind: ``{"Pod": Gap("may not list pods: forbidden")}``."""

    absent: set[str] = field(default_factory=set)
    """Kinds that the API server does not know: they are known to have no objects."""

    faults: list[str] = field(default_factory=list)
    """Inputs that could not be read, one line each, ``file:line:column: what and what to do``."""

    notes: list[str] = field(default_factory=list)
    """What was read in spite of something odd, one line each: duplicate keys, for example."""

    left_out: int = 0
    """Unrendered templates that mention neither MPIJob nor its operators."""

    inputs: int = 0
    """Files, or API lists, that were read."""

    documents: int = 0
    """Objects that were looked at, skipped ones included."""

    taken: str = ""
    """When a live cluster was read, RFC 3339 by the API server's clock; empty for files."""

    context: str = ""
    """The kubeconfig context that was read; empty for files."""

    server: str = ""
    """The API server's version, for example ``v1.34.4``; empty for files."""

    answers: Answers | None = None
    """None where no manifest was given with the object that it would be applied over."""

    closer: Callable[[Resource], Resource | None] | None = None
    """Reads one of `resources` once more, with what the list left out; returns None where that
    fails. To be called while they are iterated; None where there is no more to read."""
