"""JSON manifests: the items that matter are decoded, the others only for their kind.

msgspec reads them; what it and Kubernetes could see differently is read again by the standard
library: repeated keys, integers beyond 64 bits, numbers beyond a float.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from mpiaudit.manifest.scalar import plain
from mpiaudit.manifest.split import Chunk, Data, json_opening

_BETWEEN = re.compile(rb"[ \t\r\n,]*+")
_LONG_INTEGER = re.compile(rb"[0-9]{20}")
_ITEMS = re.compile(rb"\"items\"[ \t\r\n]*+:[ \t\r\n]*+\[[ \t\r\n]*+")
_BLANKS = re.compile(r"\ufeff?[ \t\r\n]*+")


class NotJsonError(ValueError):
    """The text is something else, YAML perhaps."""


class Document(NamedTuple):
    """One JSON object of a stream."""

    chunk: Chunk
    kind: Any
    """None where it is not written; anything where it is."""

    items: list[Item] | None
    """Those of a plain List; None for all other objects."""


class Item(NamedTuple):
    """One item of a List, not yet decoded."""

    chunk: Chunk
    kind: Any


class Decoded(NamedTuple):
    """What a JSON text holds."""

    value: Any
    repeated: bool
    """Whether some object in it has a key twice."""


class _Head(msgspec.Struct):
    kind: Any = None


class _List(msgspec.Struct):
    kind: Any = None
    items: list[msgspec.Raw] | None = None


_UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
_HEAD = msgspec.json.Decoder(_Head)
_LIST = msgspec.json.Decoder(_List)
_ANY = msgspec.json.Decoder()


def documents(data: Data) -> list[Document]:
    """Return the objects of *data*, one or several after each other, as kubectl accepts them.

    Raises:
        NotJsonError: Some of it is not JSON.
    """
    start = json_opening(data)
    whole = Chunk(start, len(data))
    try:
        return [_document(data, whole, memoryview(data)[start:])]
    except _UNREADABLE as error:
        if "trailing characters" not in str(error):
            raise NotJsonError(str(error)) from error
    return [_document(data, chunk, data[chunk.start : chunk.stop]) for chunk in _stream(data)]


def decode(text: bytes) -> Decoded:
    """Return the value of *text* as the YAML reader would.

    Raises:
        NotJsonError: It is not JSON.
    """
    try:
        value = _ANY.decode(text)
        unchanged = msgspec.json.encode(value) == msgspec.json.format(text, indent=-1)
        if unchanged and not _LONG_INTEGER.search(text):
            return Decoded(value, repeated=False)
        return _decode_exactly(text)
    except msgspec.ValidationError:
        return _decode_exactly(text)
    except _UNREADABLE as error:
        raise NotJsonError(str(error)) from error


def _document(data: Data, chunk: Chunk, text: bytes | memoryview) -> Document:
    try:
        top = _LIST.decode(text)
    except msgspec.ValidationError:
        return Document(chunk, _kind(text), None)
    if top.kind != "List" or top.items is None:
        return Document(chunk, top.kind, None)
    return Document(chunk, "List", list(_items(data, chunk, top.items)))


def _items(data: Data, chunk: Chunk, raws: list[msgspec.Raw]) -> Iterator[Item]:
    at = chunk.start
    for raw in raws:
        text = memoryview(raw)
        found = None if at > chunk.start else _first(data, at, bytes(text))
        between = found or _BETWEEN.match(data, at)
        start = between.end() if between else at
        at = start + len(text)
        yield Item(Chunk(start, at), _kind(text))


def _first(data: Data, start: int, text: bytes) -> re.Match[bytes] | None:
    """Return the start of the ``items`` of which *text* is the first."""
    for found in _ITEMS.finditer(data, start):
        if data[found.end() : found.end() + len(text)] == text:
            return found
    return None


def _kind(text: bytes | memoryview) -> Any:  # noqa: ANN401 - as JSON is
    try:
        return _HEAD.decode(text).kind
    except msgspec.ValidationError:
        return None


def _stream(data: Data) -> Iterator[Chunk]:
    """Yield where each of several JSON values stands.

    Raises:
        NotJsonError: Some of it is not JSON.
    """
    try:
        text = data[:].decode()
        scan = json.JSONDecoder().raw_decode
        end, offset = 0, 0
        while (start := _skip_blanks(text, end)) < len(text):
            offset += len(text[end:start].encode())
            _, end = scan(text, start)
            yield Chunk(offset, offset := offset + len(text[start:end].encode()))
    except (ValueError, RecursionError) as error:
        raise NotJsonError(str(error)) from error


def _skip_blanks(text: str, at: int) -> int:
    blanks = _BLANKS.match(text, at)
    return blanks.end() if blanks else at


def _decode_exactly(text: bytes) -> Decoded:
    repeated = False

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeated
        built = dict(pairs)
        repeated |= len(built) < len(pairs)
        return built

    exact = json.JSONDecoder(
        object_pairs_hook=mapping, parse_int=plain, parse_float=plain, parse_constant=_refuse
    )
    try:
        return Decoded(exact.decode(text.decode()), repeated)
    except (ValueError, RecursionError) as error:
        raise NotJsonError(str(error)) from error


def _refuse(text: str) -> None:
    raise NotJsonError(f"{text} is not JSON")
