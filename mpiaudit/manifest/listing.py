"""Lists of objects: unpacked, and cut into their items without reading them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import yaml

from mpiaudit.manifest.event import Parser
from mpiaudit.manifest.split import START, Chunk, Data, find, has_plain_breaks, release
from mpiaudit.model import FieldPath, dig

Body = Mapping[str, Any]

_END = rb"[ \t]*+\r?\n"
_METADATA = rb"metadata:" + _END + rb"(?:  [A-Za-z]++: (?:\"[0-9]*+\"|[\w./-]++)" + _END + rb")*+"
_OUTER = rb"(?:apiVersion: v1" + _END + rb"|kind: List" + _END + rb"|" + _METADATA + rb")*+"
_HEAD = re.compile(START + rb"(" + _OUTER + rb")items:" + _END + rb"(?=- )")
_TAIL = re.compile(rb"(" + _OUTER + rb"(?:kind: List\Z)?)\s*+\Z")
_ITEM_KIND = re.compile(
    rb"- (?:apiVersion: ++([\"']?)[\w./-]++\1" + _END + rb"  )?"
    rb"kind: ++([\"']?)([A-Za-z]\w*+)\2" + _END + rb"(?=  [A-Za-z]|\Z)"
)
_OUTSIDE = re.compile(rb"\n(?! |- |\r?\n)")
_DOUBT = re.compile(
    rb"[|\"'{\[?!&*<]"
    rb"(?:(?<=last-applied-configuration: \|)\r?\n +\{[^\n]*+"
    rb"|(?P<key>(?<=\n  .))"
    rb"|(?P<open>(?<=[ \t\n].)(?:(?<=\")(?![^\"\\\n]*+(?:\\.[^\"\\\n]*+)*+\")"
    rb"|(?<=')(?![^'\n]*+(?:''[^'\n]*+)*+'(?!'))"
    rb"|(?<=\{)(?!\})|(?<=\[)(?!\]))))"
)  # fmt: skip
"""A quote or bracket that does not end on its line, or one that begins a key of the item."""


class Part(NamedTuple):
    """One item of a List."""

    start: int
    stop: int
    kind: str | None
    """None where only reading it tells."""


CUT_SHORT = "the first page of a list: metadata.continue says that more follows; export it whole"


def unpack(body: Any, prefix: FieldPath = ()) -> Iterator[tuple[FieldPath, Body]]:  # noqa: ANN401 - as YAML is
    """Yield every mapping of *body* that is not a list of others, with its path.

    The items of a typed list may leave out the kind and version that its own imply.
    """
    waiting = [(prefix, body, "", "")]
    while waiting:
        path, value, kind, version = waiting.pop()
        if not isinstance(value, dict):
            continue
        if kind and not value.get("kind"):
            value = {"apiVersion": version, "kind": kind, **value}
        items = _items(value)
        if items is None:
            yield path, value
            continue
        implied, outer = value["kind"].removesuffix("List"), str(value.get("apiVersion") or "")
        steps = range(len(items) - 1, -1, -1)
        waiting.extend(((*path, "items", i), items[i], implied, outer) for i in steps)


def cut_short(body: Any) -> str | None:  # noqa: ANN401 - as YAML is
    """Return the kind of the items of which *body* is only the first page; None if it is none.

    kubernetes/kubernetes v1.34.0 staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go
    (``ListMeta.Continue``): what the API server sends page by page names the next one there.
    """
    kind = dig(body, "kind")
    if not isinstance(kind, str) or not kind.endswith("List"):
        return None
    return kind.removesuffix("List") if dig(body, "metadata", "continue") else None


def cut(data: Data, chunk: Chunk) -> list[Part] | None:
    """Return the items of a List as kubectl writes one; None where the cuts are not sure.

    A cut is a ``- `` at the start of a line. It is sure when no quoted or flow scalar is open
    there: every quote and bracket that could begin one must end on its line, or the item must
    parse by itself. Anything else at the start of a line, or a second ``kind``, is a doubt.
    """
    head = _HEAD.match(data, chunk.start, chunk.stop)
    if head is None:
        return None
    parts: list[Part] = []
    start, kept = head.end(), chunk.start
    while start < chunk.stop:
        at = find(data, b"\n- ", start, chunk.stop)
        stop = chunk.stop if at < 0 else at + 1
        outside = _OUTSIDE.search(data, start, stop - 1)
        if outside is not None:
            if at >= 0 or not _closes(head[1], data[outside.end() : chunk.stop]):
                return None
            stop = outside.end()
        part = _part(data, start, stop)
        if part is None:
            return None
        parts.append(part)
        if outside is not None:
            return parts
        start = stop
        kept = release(data, kept, start)
    return parts if _closes(head[1], b"") else None


def _items(body: Body) -> list[Any] | None:
    """Return the items of a List or a typed list such as a ``PodList``; None for an object."""
    kind, items = body.get("kind"), body.get("items")
    if isinstance(kind, str) and kind.endswith("List") and isinstance(items, list):
        return items
    return [] if kind == "List" else None


def _closes(head: bytes, tail: bytes) -> bool:
    """Return whether *head* and *tail* together say ``kind: List`` once."""
    found = _TAIL.match(tail)
    if found is None:
        return False
    return (b"\n" + head + b"\n" + found[1]).count(b"\nkind:") == 1


def _part(data: Data, start: int, stop: int) -> Part | None:
    """Return the item, or None where it does not surely end at *stop*."""
    text = data[start:stop]
    if b"\0" in text or not has_plain_breaks(text):
        return None
    kind = _ITEM_KIND.match(text)
    doubts = {found.lastgroup for found in _DOUBT.finditer(text)}
    if (kind is None or doubts & {"key", "open"}) and not _stands_alone(text):
        return None
    if kind is None or "key" in doubts or text.find(b"\n  kind", kind.end(3)) >= 0:
        return Part(start, stop, None)
    return Part(start, stop, kind[3].decode())


def _stands_alone(text: bytes) -> bool:
    """Return whether *text* is YAML by itself, so that nothing is left open at its end."""
    parser = Parser(text)
    try:
        if hasattr(parser, "raw_parse"):
            parser.raw_parse()
            return True
        while parser.get_event() is not None:
            pass
    except yaml.YAMLError:
        return False
    return True
