"""Lines and columns, looked up only for the fields that are shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.events import (
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

from mpiaudit.manifest import listing
from mpiaudit.manifest.block import Position, lifted
from mpiaudit.manifest.build import scalar_of
from mpiaudit.manifest.event import Parser, start_of
from mpiaudit.manifest.scalar import RefusedError, key_text
from mpiaudit.manifest.split import (
    Chunk,
    Data,
    Lines,
    chunks,
    content,
    count,
    json_opening,
)
from mpiaudit.manifest.template import masked
from mpiaudit.model import FieldPath

_Tree = dict[str | int, Any]
"""The wanted paths, as nested mappings from step to tree."""


def locate(
    data: Data, wanted: Mapping[int, Collection[FieldPath]]
) -> dict[tuple[int, FieldPath], Position]:
    """Return where the *wanted* paths of each document stand.

    It is the place of the key, or of the item in a sequence; for a field that is missing, that of
    its nearest parent. A step below a text is the number of a document in it: in a block (``|``)
    the place is the one inside, in other texts that of the text. Documents that *data* does not
    have are left out.
    """
    found: dict[tuple[int, FieldPath], Position] = {}
    lines = Lines(data)
    for stretch in _stretches(data, max(wanted, default=-1)):
        for number, document in enumerate(stretch.documents):
            if paths := set(wanted.get(document, ())):
                for path, place in _places(data, stretch, number, paths, lines):
                    found[document, path] = place
    return found


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A part of the stream that is read by itself."""

    chunk: Chunk
    documents: range
    items: list[Chunk] | None = None
    """Where the items of a JSON List stand; None in YAML, where it takes a search."""


def _stretches(data: Data, last: int) -> Iterator[_Stretch]:
    """Yield the stretches of *data*, up to the one with document *last*."""
    first = 0
    json = _json_stretches(data)
    if json is not None:
        yield from json
        return
    for chunk in chunks(data):
        if first > last:
            return
        number = count(content(data, chunk))
        yield _Stretch(chunk, range(first, first + number))
        first += number


def _json_stretches(data: Data) -> list[_Stretch] | None:
    if json_opening(data) < 0:
        return None
    from mpiaudit.manifest import jsontext  # noqa: PLC0415 - msgspec is slow to load

    try:
        found = jsontext.documents(data)
    except jsontext.NotJsonError:
        return None
    return [
        _Stretch(one.chunk, range(number, number + 1), [item.chunk for item in one.items or ()])
        for number, one in enumerate(found)
    ]


def _places(
    data: Data, stretch: _Stretch, number: int, paths: set[FieldPath], lines: Lines
) -> Iterator[tuple[FieldPath, Position]]:
    """Yield the place of each path of document *number* of the stretch."""
    inside = {path for path in paths if path[:1] == ("items",) and len(path) > 1}
    lead: FieldPath = ()
    items = stretch.items
    if items is None and inside and len(stretch.documents) == 1:
        parts = listing.cut(data, stretch.chunk)
        items, lead = [Chunk(part.start, part.stop) for part in parts or ()], (0,)
    for index, item in enumerate(items or ()):
        here = {path for path in inside if path[1] == index}
        if here:
            text = data[item.start : item.stop]
            short = {path: (*lead, *path[2:]) for path in here}
            places = _search(text, 0, short.values())
            yield from ((path, _place(lines, item, places, short[path])) for path in here)
            paths -= here
    if paths:
        places = _search(content(data, stretch.chunk), number, paths)
        yield from ((path, _place(lines, stretch.chunk, places, path)) for path in paths)


def _place(
    lines: Lines, chunk: Chunk, places: Mapping[FieldPath, Position], path: FieldPath
) -> Position:
    """Return the place in the file of *path*, or of its nearest parent."""
    while path and path not in places:
        path = path[:-1]
    line, column = places.get(path, (0, 0))
    first, indent = lines.at(chunk.start)
    return first + line, column + (indent if line == 0 else 1)


@dataclass(slots=True)
class _Open:
    """A mapping or sequence that is being read."""

    path: FieldPath
    tree: _Tree
    mapping: bool
    step: str | int | None
    """The key whose value comes next, None if a key does; or the index of the next item."""

    key: Position = (0, 0)


def _search(text: bytes, document: int, paths: Iterable[FieldPath]) -> dict[FieldPath, Position]:
    """Return the places of *paths* and their parents in one document of *text*, from 0."""
    tree: _Tree = {}
    for path in paths:
        branch = tree
        for step in path:
            branch = branch.setdefault(step, {})
    return _found(text, document, tree)


def _found(text: bytes, document: int, tree: _Tree) -> dict[FieldPath, Position]:
    """Return the places of the steps of *tree*, as `_search` does."""
    places: dict[FieldPath, Position] = {}
    texts: list[tuple[FieldPath, ScalarEvent, _Tree]] = []
    with suppress(yaml.YAMLError, RefusedError):
        events = iter(Parser(text).get_event, None)
        starts = -1
        for event in events:
            starts += isinstance(event, DocumentStartEvent)
            if starts == document:
                _walk(events, tree, places, texts)
                break
    for path, scalar, below in texts:
        for number, branch in below.items():
            if not isinstance(number, int):
                continue
            inside = _found(masked(scalar.value).encode(), number, branch)
            places.update(
                ((*path, number, *steps), place) for steps, place in lifted(text, scalar, inside)
            )
    return places


def _walk(
    events: Iterator[Event],
    tree: _Tree,
    places: dict[FieldPath, Position],
    texts: list[tuple[FieldPath, ScalarEvent, _Tree]],
) -> None:
    """Note in *places* where the steps of *tree* are in the document that has begun.

    Texts that *tree* leads into are added to *texts*.
    """
    root = _Open((), {0: tree}, mapping=False, step=0)
    stack = [root]
    for event in events:
        top = stack[-1]
        if isinstance(event, CollectionEndEvent):
            stack.pop()
        elif not isinstance(event, NodeEvent):
            return
        elif top.mapping and top.step is None:
            top.step = _key(event)
            top.key = start_of(event)
        else:
            step = top.step if top.step is not None else 0
            path = () if top is root else (*top.path, step)
            branch = top.tree.get(step)
            if branch is not None:
                places[path] = top.key if top.mapping else start_of(event)
            if branch and isinstance(event, ScalarEvent):
                texts.append((path, event, branch))
            top.step = None if isinstance(step, str) else step + 1
            if not isinstance(event, CollectionStartEvent):
                continue
            if not branch:
                _skip(events)
                continue
            mapping = isinstance(event, MappingStartEvent)
            stack.append(_Open(path, branch, mapping, None if mapping else 0))


def _key(event: Event) -> str:
    return key_text(scalar_of(event)) if isinstance(event, ScalarEvent) else ""


def _skip(events: Iterator[Event]) -> None:
    """Read to the end of the collection that has begun."""
    depth = 1
    for event in events:
        if isinstance(event, CollectionStartEvent):
            depth += 1
        elif isinstance(event, CollectionEndEvent):
            depth -= 1
            if not depth:
                return
