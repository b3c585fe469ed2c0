"""An API server's answers, decoded into plain objects that hold what is needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from mpiaudit.collect.kinds import Kind
from mpiaudit.collect.shape import Body
from mpiaudit.collect.shapes import SHAPES

T = TypeVar("T")


class ListMetadata(msgspec.Struct):
    """``metadata`` of a list."""

    token: str | None = msgspec.field(default=None, name="continue")


class Answer(msgspec.Struct, Generic[T]):
    """A list as it is sent."""

    kind: str
    items: list[T] | None
    metadata: ListMetadata


_PAGES: Mapping[str, msgspec.json.Decoder[Answer[Any]]] = {
    name: msgspec.json.Decoder(Answer[shape])  # type: ignore[valid-type] # known when it runs
    for name, shape in SHAPES.items()
}
"""By kind. Built before any thread can be: two that build at once crash the interpreter
(msgspec 0.22.0, a race in its cache of annotations)."""

_OBJECTS = {name: msgspec.json.Decoder(shape) for name, shape in SHAPES.items()}
_RAW_PAGE = msgspec.json.Decoder(Answer[msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Page:
    """Some objects of a list."""

    bodies: list[Body]
    token: str
    """Asks for the next page; empty on the last one."""


def decode_page(kind: Kind, raw: bytearray) -> Page:
    """Return one page of a list of *kind*.

    An object that does not fit its shape is kept with all its fields: odd, but there.

    Raises:
        msgspec.DecodeError: It is not JSON, or not a list.
    """
    try:
        answer = _PAGES[kind.name].decode(raw)
        bodies = [_plain(kind, item) for item in answer.items or ()]
    except (msgspec.ValidationError, RecursionError):
        answer = _RAW_PAGE.decode(raw)
        bodies = [decode_object(kind, item) for item in answer.items or ()]
    if not answer.kind.endswith("List"):
        raise msgspec.DecodeError(f"a {answer.kind or 'thing'} where a list was asked for")
    return Page(bodies, answer.metadata.token or "")


def decode_object(kind: Kind, raw: bytearray | msgspec.Raw) -> Body:
    """Return one object of *kind*.

    Raises:
        msgspec.DecodeError: It is not JSON, or no object.
    """
    try:
        return _plain(kind, _OBJECTS[kind.name].decode(raw))
    except msgspec.ValidationError:
        return _trim(kind, msgspec.json.decode(raw, type=Body))


def _plain(kind: Kind, item: Any) -> Body:  # noqa: ANN401 - any of the shapes
    return _labelled(kind, msgspec.to_builtins(item))


def _trim(kind: Kind, body: Body) -> Body:
    """Return an object that fits no shape, without the parts that no kind may show."""
    known = set(SHAPES[kind.name].__struct_encode_fields__)
    kept = {key: value for key, value in body.items() if key in known and value is not None}
    metadata = kept.get("metadata")
    if isinstance(metadata, dict) and isinstance(metadata.get("managedFields"), list):
        for entry in metadata["managedFields"]:
            if isinstance(entry, dict):
                entry.pop("fieldsV1", None)
    return _labelled(kind, kept)


def _labelled(kind: Kind, body: Body) -> Body:
    """Return *body* with what a list leaves out of its items, and without a ConfigMap's values."""
    if kind.name == "ConfigMap":
        keys = body.get("data")
        body["data"] = dict.fromkeys(keys, "") if isinstance(keys, dict) else {}
    return {"apiVersion": kind.api_version, "kind": kind.name, **body}
