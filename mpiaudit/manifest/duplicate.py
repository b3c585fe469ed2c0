"""Duplicate keys, as strict decoding reports them: a second, slower pass for the rare documents.

sigs.k8s.io/yaml v1.4.0 goyaml.v2/decode.go: keys are compared after they are resolved, so ``on``
and ``yes`` are one key and ``1`` and ``"1"`` are two; what ``<<`` brings in counts as set.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from mpiaudit.manifest.build import scalar_of
from mpiaudit.manifest.event import Parser, start_of
from mpiaudit.manifest.scalar import RefusedError, Scalar, key_text
from mpiaudit.model import FieldPath


class Repeat(NamedTuple):
    """A key that was set before; document, line and column count from 0."""

    document: int
    path: FieldPath
    line: int
    column: int
    message: str


class _Key(NamedTuple):
    value: Scalar
    line: int
    column: int


@dataclass(slots=True)
class _Node:
    """An open mapping or sequence; a scalar is a node with neither."""

    mapping: bool = False
    keys: list[_Key] = field(default_factory=list)
    seen: set[tuple[type, Scalar]] = field(default_factory=set)
    children: list[_Node] = field(default_factory=list)
    key: _Key | None = None
    merging: bool = False

    @property
    def step(self) -> str | int:
        """The path step of the child that is being read."""
        return len(self.children) if self.key is None else key_text(self.key.value)


def find(data: bytes) -> list[Repeat]:
    """Return the repeated keys of *data*, up to where it cannot be read."""
    found: dict[Repeat, None] = {}
    with suppress(yaml.YAMLError, RefusedError):
        for repeat in _Search().run(iter(Parser(data).get_event, None)):
            found[repeat] = None
    return list(found)


class _Search:
    def __init__(self) -> None:
        self._document = -1
        self._anchors: dict[str, _Node] = {}
        self._open: list[_Node] = []

    def run(self, events: Iterator[Event]) -> Iterator[Repeat]:
        """Yield each repeated key in the order of the events."""
        for event in events:
            if isinstance(event, DocumentStartEvent):
                self._document += 1
                self._anchors, self._open = {}, [_Node()]
            elif isinstance(event, NodeEvent):
                yield from self._begin(event)
            elif isinstance(event, DocumentEndEvent):
                self._open = []
            elif self._open:
                yield from self._finish(self._open.pop())

    def _begin(self, event: NodeEvent) -> Iterator[Repeat]:
        top = self._open[-1]
        if top.mapping and top.key is None and not top.merging:
            yield from self._key(top, event)
            return
        if isinstance(event, AliasEvent):
            yield from self._finish(self._anchors.get(event.anchor or "", _Node()))
            return
        node = _Node(mapping=isinstance(event, MappingStartEvent))
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        if isinstance(event, ScalarEvent):
            node.key = _Key(scalar_of(event), 0, 0)
            yield from self._finish(node)
        elif isinstance(event, MappingStartEvent | SequenceStartEvent):
            self._open.append(node)

    def _key(self, top: _Node, event: NodeEvent) -> Iterator[Repeat]:
        if isinstance(event, ScalarEvent):
            if event.implicit[0] and event.value == "<<":
                top.merging = True
                return
            value = scalar_of(event)
            if event.anchor is not None:
                self._anchors[event.anchor] = _Node(key=_Key(value, 0, 0))
        else:
            anchored = self._anchors.get(event.anchor or "", _Node()).key
            value = anchored.value if anchored else None
        top.key = _Key(value, *start_of(event))
        yield from self._set(top, top.key)

    def _finish(self, node: _Node) -> Iterator[Repeat]:
        """Hang the complete *node* into the one that is open around it."""
        top = self._open[-1]
        if top.merging:
            top.merging = False
            for one in [node] if node.mapping else reversed(node.children):
                for key in one.keys:
                    yield from self._set(top, key)
        elif top.mapping:
            top.key = None
        else:
            top.children.append(node)

    def _set(self, top: _Node, key: _Key) -> Iterator[Repeat]:
        identity = (type(key.value), key.value)
        if identity in top.seen:
            path = tuple(node.step for node in self._open[1:-1])
            message = f"key {json.dumps(key.value, ensure_ascii=False)} already set in map"
            yield Repeat(self._document, path, key.line, key.column, message)
        else:
            top.seen.add(identity)
            top.keys.append(key)
