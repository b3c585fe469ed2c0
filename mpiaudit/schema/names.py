"""The name that was meant, where a schema declares no such field."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from mpiaudit.model import FieldPath
from mpiaudit.schema.convert import Structural

ALIKE = 0.75
"""How alike two names must be, of 1: ``slotPerWorker`` and ``slotsPerWorker`` are."""

ANY = "*"
"""A key, or an index, that stands for every one."""


def meant(structural: Structural, path: FieldPath) -> FieldPath | None:
    """Return where the unknown field at *path* probably belongs, or None.

    A field beside it of a similar name comes first, then the nearest place that declares a field
    of just this name; keys and indices on the way are those of *path*, or `ANY`.
    """
    name = str(path[-1])
    parent = _below(structural, path[:-1])
    beside = {known.lower(): known for known in parent.get("properties") or ()}
    if alike := get_close_matches(name.lower(), beside, 1, ALIKE):
        return (*path[:-1], beside[alike[0]])
    places = [_in_place_of(path, place) for place in _declaring(structural, name)]
    return min(places, key=lambda place: (-_shared(path, place), len(place)), default=None)


def _below(structural: Structural, path: FieldPath) -> Structural:
    for step in path:
        fields = structural.get("properties") or {}
        inner = fields.get(step) if step in fields else structural.get("additionalProperties")
        structural = structural.get("items") or inner or {}
    return structural


def _declaring(structural: Structural, name: str, path: FieldPath = ()) -> Iterator[FieldPath]:
    """Yield the paths of all fields called *name*."""
    for known, field in (structural.get("properties") or {}).items():
        if known == name:
            yield (*path, known)
        yield from _declaring(field, name, (*path, known))
    for inner in ("items", "additionalProperties"):
        if isinstance(entries := structural.get(inner), dict):
            yield from _declaring(entries, name, (*path, ANY))


def _in_place_of(path: FieldPath, place: FieldPath) -> FieldPath:
    """Return *place* with the keys and indices of *path* as far as both go the same way."""
    same = list(place)
    for index, (ours, theirs) in enumerate(zip(path, place, strict=False)):
        if theirs not in {ours, ANY}:
            break
        same[index] = ours
    return tuple(same)


def _shared(path: FieldPath, place: FieldPath) -> int:
    return next(
        (i for i, (a, b) in enumerate(zip(path, place, strict=False)) if a != b),
        min(len(path), len(place)),
    )
