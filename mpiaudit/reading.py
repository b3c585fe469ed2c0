"""What a collector reads: objects, what is to be said of them, and what could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from mpiaudit.model import Gap, Location, Resource


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


@dataclass(frozen=True, slots=True)
class Comment:
    """What a comment in a manifest says to us, behind ``mpiaudit:``."""

    text: str
    at: Location
    """The comment itself; its object is none of the manifest's."""

    lines: range
    """Those that it is about: its own, the next one, or all of its document."""


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

    comments: list[Comment] = field(default_factory=list)
    """What the manifests say to us, by source and line."""

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
