"""Values from YAML events, with no node graph, no recursion and no line bookkeeping.

libyaml gives the syntax, which sigs.k8s.io/yaml v1.4.0 shares (goyaml.v2 is a port of libyaml);
`scalar` gives the meaning. The limits are those of goyaml.v2: scannerc.go and decode.go.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from mpiaudit.manifest.alias import excessive
from mpiaudit.manifest.event import Parser, start_of
from mpiaudit.manifest.scalar import (
    TELLING,
    RefusedError,
    Scalar,
    finite,
    key_text,
    plain,
    tagged,
)

DEPTH = 500
"""Levels of nesting that are read, so that nothing above runs out of stack.

Kubernetes reads 10,000 (goyaml.v2/scannerc.go ``max_flow_level``), and has no object with 100.
"""

TOO_DEEP = f"nested more than {DEPTH} levels deep"

OWN_WORDS = {"exceeded maximum nesting depth": TOO_DEEP}
"""What libyaml says, where ours is plainer: it counts to 1,000 since 0.2.6, and ahead of us."""

MERGE = "\0merge"
"""Stands for the plain key ``<<``; compared by identity, since a quoted ``"<<"`` is text."""

_ITEM = "\0item"
"""Stands for the key while a sequence is open: what comes next is appended."""

_MEMO = 1 << 15


class Broken(NamedTuple):
    """Why the rest of a stream cannot be read, and where; line and column count from 0."""

    line: int
    column: int
    message: str


class Document(NamedTuple):
    """The value of one document."""

    value: Any
    repeated: bool
    """Whether some mapping holds a key twice, or nearly: `duplicate.find` tells exactly."""


def documents(data: bytes) -> Iterator[Document | Broken]:
    """Yield each document of *data*; a `Broken` is always the last."""
    builder: _Builder | None = None
    try:
        builder = _Builder(Parser(data).get_event)
        yield from builder.documents()
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark or error.context_mark
        text = OWN_WORDS.get(str(error.problem)) or error.problem or str(error)
        yield Broken(mark.line, mark.column, text) if mark else Broken(0, 0, text)
    except yaml.reader.ReaderError as error:
        before = data[: error.position]
        column = len(before) - before.rfind(b"\n") - 1
        yield Broken(before.count(b"\n"), column, str(error.reason))
    except RefusedError as error:
        yield Broken(*(start_of(builder.event) if builder else (0, 0)), str(error))


@contextmanager
def collection_paused() -> Iterator[None]:
    """Build without the cyclic garbage collector: nothing that is built is a cycle."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


@lru_cache(_MEMO)
def key_of(text: str) -> str:
    """Return the key that an unquoted *text* spells, or `MERGE`."""
    if text == "<<":
        return MERGE
    return key_text(plain(text)) if not text or text[0] in TELLING else text


def scalar_of(event: ScalarEvent) -> Scalar:
    """Return the value of any scalar."""
    if event.implicit[0]:
        return plain(event.value)
    return event.value if event.implicit[1] else tagged(event.tag, event.value)


@lru_cache(_MEMO)
def _value_of(text: str) -> Scalar:
    return finite(plain(text))


class _Builder:
    """Builds the documents of one stream."""

    def __init__(self, get_event: Callable[[], Any]) -> None:
        self.event: Any = None
        """The last one read: where a refusal happened. PyYAML's events are hardly typed."""

        self._get_event = get_event
        self._anchors: dict[str, Any] = {}
        self._open: set[int] = set()
        self._aliased = False

    def documents(self) -> Iterator[Document]:
        """Yield every document.

        Raises:
            RefusedError: Kubernetes refuses what is at `event`.
        """
        while type(event := self._get_event()) is not StreamEndEvent:
            self.event = event
            if type(event) is not DocumentStartEvent:
                continue
            if event.version not in {None, (1, 1)}:
                raise RefusedError("found incompatible YAML document")
            self._anchors, self._open, self._aliased = {}, set(), False
            with collection_paused():
                document = self._document()
            if self._aliased and excessive(document.value):
                raise RefusedError("document contains excessive aliasing")
            yield document

    def _document(self) -> Document:  # noqa: C901, PLR0912 - the hot loop, in one piece
        get_event, key_for, value_for, telling = self._get_event, key_of, _value_of, TELLING
        root: list[Any] = []
        stack: list[tuple[Any, Any]] = [(root, _ITEM)]
        current, key = stack.pop()
        repeated = False
        while True:
            self.event = event = get_event()
            kind = type(event)
            if kind is ScalarEvent:
                value = event.value
                plainly, quoted = event.implicit
                if event.anchor is not None or not (plainly or quoted):
                    value = self._scalar(event, key)
                elif plainly and key is None:
                    value = key_for(value)
                elif plainly and (not value or value[0] in telling):
                    value = value_for(value)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                stack.append((current, key))
                current = self._start(event, key, len(stack))
                key = None if kind is MappingStartEvent else _ITEM
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                value = current
                self._open.discard(id(value))
                current, key = stack.pop()
            elif kind is AliasEvent:
                value = self._alias(event, key)
            else:
                return Document(root[0], repeated)
            if key is None:
                repeated |= value in current
                key = value
            elif key is _ITEM:
                current.append(value)
            elif key is MERGE:
                repeated, key = _merged(current, value), None
            else:
                current[key], key = value, None

    def _scalar(self, event: Any, key: str | None) -> Scalar:  # noqa: ANN401 - as PyYAML's is
        """Return the value or the key of a scalar that is anchored or tagged."""
        value = scalar_of(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = value
        if key is not None:
            return finite(value)
        return key_of(event.value) if event.implicit[0] else key_text(value)

    def _start(self, event: Any, key: str | None, depth: int) -> Any:  # noqa: ANN401 - as YAML is
        """Return a new mapping or sequence."""
        if key is None:
            raise RefusedError("invalid map key: a mapping or a sequence")
        if depth > DEPTH:
            raise RefusedError(TOO_DEEP)
        value: Any = {} if type(event) is MappingStartEvent else []
        if event.anchor is not None:
            self._anchors[event.anchor] = value
            self._open.add(id(value))
        return value

    def _alias(self, event: Any, key: str | None) -> Any:  # noqa: ANN401 - as YAML is
        try:
            value = self._anchors[event.anchor]
        except KeyError:
            raise RefusedError(f"unknown anchor '{event.anchor}' referenced") from None
        if id(value) in self._open and isinstance(value, dict | list):
            raise RefusedError(f"anchor '{event.anchor}' value contains itself")
        self._aliased = True
        if key is not None:
            return value if isinstance(value, dict | list) else finite(value)
        if isinstance(value, dict | list):
            raise RefusedError("invalid map key: a mapping or a sequence")
        return key_text(value)


def _merged(into: dict[str, Any], value: Any) -> bool:  # noqa: ANN401 - as YAML is
    """Merge *value* as goyaml.v2/decode.go does: in place, the first of several winning."""
    several = value if isinstance(value, list) else [value]
    for one in reversed(several):
        if not isinstance(one, dict):
            raise RefusedError("map merge requires map or sequence of maps as the value")
        into.update(one)
    return True
