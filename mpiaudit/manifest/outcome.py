"""What becomes of a document, or of an item of a List."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mpiaudit.model import FieldPath


@dataclass(frozen=True, slots=True)
class Item:
    """One object."""

    document: int
    """The index of the document in the stream, from 0."""

    prefix: FieldPath
    """Empty, or where it stands in a List: ``("items", 3)``."""

    body: Mapping[str, Any]
    duplicates: tuple[Fault, ...] = ()
    """The keys that strict decoding would refuse; the last value of each is in `body`."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A document that cannot be read, or a duplicate key."""

    document: int
    line: int
    """Counted from 1."""

    column: int
    """Counted from 1."""

    message: str
    template: bool = False
    """Whether it is an unrendered template: not judged, rather than wrong."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Objects that hold none of the kinds asked for."""

    document: int
    count: int = 1


Outcome = Item | Fault | Skipped
"""What becomes of a document, or of an item of a List."""
