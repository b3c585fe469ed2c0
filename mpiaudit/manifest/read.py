"""The objects of a file, read as kubectl and the API server read them.

What cannot matter is not parsed: documents, and items of a List, whose kind is none of those
asked for. Nothing that is skipped could have been one of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mpiaudit.manifest import duplicate, listing, template
from mpiaudit.manifest.build import Broken, Document, documents
from mpiaudit.manifest.duplicate import Repeat
from mpiaudit.manifest.listing import Part
from mpiaudit.manifest.outcome import Fault, Item, Outcome, Skipped
from mpiaudit.manifest.skip import Filter
from mpiaudit.manifest.split import (
    Chunk,
    Data,
    Lines,
    chunks,
    content,
    count,
    is_empty,
    is_single,
    json_opening,
    release,
)
from mpiaudit.model import FieldPath

if TYPE_CHECKING:
    from mpiaudit.manifest import jsontext

__all__ = ["Data", "Fault", "Item", "Outcome", "Skipped", "read"]

_WITHOUT_VERSION = "MPIJob"
"""The kind that is an object even where it lacks an ``apiVersion``: the lack is what to report."""

_Repeats = Mapping[FieldPath, Sequence[tuple[FieldPath, Fault]]]
"""Duplicate keys with the path of the mapping they are in, by its first two steps."""


def read(data: Data, kinds: frozenset[str] | None = None) -> Iterator[Outcome]:
    """Yield the objects of *data* of one of *kinds*, or of any kind where it is None.

    Lists are unpacked. A document without a kind, or whose value is no mapping, is no object and
    yields nothing. A document that cannot be read is one `Fault`, and those after it are read.
    """
    reader = _Reader(data, kinds)
    if json_opening(data) < 0:
        return reader.yaml()
    from mpiaudit.manifest import jsontext  # noqa: PLC0415 - msgspec is slow to load

    try:
        found = jsontext.documents(data)
    except jsontext.NotJsonError:
        return reader.yaml()
    return reader.json(found)


class _Reader:
    def __init__(self, data: Data, kinds: frozenset[str] | None) -> None:
        self._data = data
        self._kinds = kinds
        self._lines = Lines(data)
        self._filter = Filter(kinds) if kinds is not None else None

    def yaml(self) -> Iterator[Outcome]:
        """Yield what the YAML stream holds."""
        document = 0
        for chunk in chunks(self._data):
            parts = listing.cut(self._data, chunk) if self._filter else None
            if parts is not None:
                document += yield from self._parts(chunk, document, parts)
                continue
            text = content(self._data, chunk)
            if self._filter and is_single(text) and self._filter.drops(text):
                if not is_empty(text):
                    yield Skipped(document)
                document += count(text)
            else:
                document += yield from self._parse(chunk, text, document)

    def json(self, found: Iterable[jsontext.Document]) -> Iterator[Outcome]:
        """Yield what the JSON stream holds."""
        for number, document in enumerate(found):
            if document.items is None:
                yield from self._json(document.chunk, document.kind, number, ())
                continue
            for index, item in enumerate(document.items):
                yield from self._json(item.chunk, item.kind, number, ("items", index))

    def _parse(self, chunk: Chunk, text: bytes, document: int) -> Generator[Outcome, None, int]:
        """Yield what the documents of *text* hold; return their number."""
        number = 0
        single = is_single(text)
        repeats: list[Repeat] | None = None
        for built in documents(text):
            here = document if single else document + number
            if isinstance(built, Broken):
                yield self._broken(chunk, text, here, built)
            elif built.repeated:
                repeats = duplicate.find(text) if repeats is None else repeats
                mine = [repeat for repeat in repeats if repeat.document == number]
                yield from self._objects(
                    chunk, here, built.value, (), self._faults(chunk, here, mine)
                )
            else:
                yield from self._objects(chunk, here, built.value, (), {})
            number += 1
        return count(text) if single else number

    def _parts(
        self, chunk: Chunk, document: int, parts: list[Part]
    ) -> Generator[Outcome, None, int]:
        """Yield the wanted items of a List that has been cut; return 1, for the one document."""
        tried = list(self._built(parts))
        built = [(index, one) for index, one in tried if isinstance(one, Document)]
        if len(built) < len(tried):
            return (yield from self._parse(chunk, content(self._data, chunk), document))
        if len(parts) > len(built):
            yield Skipped(document, len(parts) - len(built))
        for index, (value, repeated) in built:
            place = Chunk(parts[index].start, parts[index].stop)
            found = duplicate.find(self._data[place.start : place.stop]) if repeated else []
            lone = [repeat._replace(path=repeat.path[1:]) for repeat in found]
            prefix = ("items", index)
            repeats = self._faults(place, document, lone, prefix)
            yield from self._objects(place, document, value[0], prefix, repeats)
        return 1

    def _built(self, parts: list[Part]) -> Iterator[tuple[int, Document | Broken]]:
        """Yield the index and value of each wanted item, up to one that needs the whole List."""
        kept = 0
        for index, part in enumerate(parts):
            if part.kind is None or self._wants(part.kind):
                kept = release(self._data, kept, part.start)
                outcome = next(documents(self._data[part.start : part.stop]))
                yield index, outcome
                if isinstance(outcome, Broken):
                    return

    def _json(
        self, chunk: Chunk, kind: object, document: int, prefix: FieldPath
    ) -> Iterator[Outcome]:
        """Yield what one JSON value holds."""
        from mpiaudit.manifest import jsontext  # noqa: PLC0415 - as in `read`

        if not isinstance(kind, str):
            return
        if not self._wants(kind):
            yield Skipped(document)
            return
        text = self._data[chunk.start : chunk.stop]
        try:
            value, repeated = jsontext.decode(text)
        except jsontext.NotJsonError:
            built = next(documents(text))
            if isinstance(built, Broken):
                yield self._broken(chunk, text, document, built)
                return
            value, repeated = built
        found = duplicate.find(text) if repeated else []
        repeats = self._faults(chunk, document, found, prefix)
        yield from self._objects(chunk, document, value, prefix, repeats)

    def _objects(
        self, chunk: Chunk, document: int, value: object, prefix: FieldPath, repeats: _Repeats
    ) -> Iterator[Outcome]:
        """Yield every object of *value*, which stands at *prefix*."""
        listed = listing.cut_short(value)
        if listed is not None and (not self._kinds or listed in self._kinds):
            yield Fault(document, *self._place(chunk, 0, 0), listing.CUT_SHORT)
        for path, body in listing.unpack(value, prefix):
            kind = body.get("kind")
            if not isinstance(kind, str) or not (
                body.get("apiVersion") or kind == _WITHOUT_VERSION
            ):
                continue
            if template.fills(body) and ("{{" in kind or self._wants(kind)):
                yield self._template(chunk, document)
            elif self._kinds is None or kind in self._kinds:
                yield Item(document, path, body, _concerning(path, repeats))
            else:
                yield Skipped(document)

    def _wants(self, kind: str) -> bool:
        return self._kinds is None or kind in self._kinds or kind.endswith("List")

    def _broken(self, chunk: Chunk, text: bytes, document: int, why: Broken) -> Outcome:
        if not template.breaks(text, why.line):
            line, column = self._place(chunk, why.line, why.column)
            return Fault(document, line, column, why.message)
        named = template.kinds(text)
        if named and not any(self._wants(kind) for kind in named):
            return Skipped(document)
        return self._template(chunk, document)

    def _template(self, chunk: Chunk, document: int) -> Fault:
        text = self._data[chunk.start : chunk.stop]
        at = max(min((text.find(sign) for sign in (b"{{", b"{%") if sign in text), default=0), 0)
        line, column = self._lines.at(chunk.start + at)
        return Fault(document, line, column, template.MESSAGE, template=True)

    def _faults(
        self, chunk: Chunk, document: int, found: Iterable[Repeat], prefix: FieldPath = ()
    ) -> _Repeats:
        repeats: dict[FieldPath, list[tuple[FieldPath, Fault]]] = defaultdict(list)
        for repeat in found:
            path = (*prefix, *repeat.path)
            line, column = self._place(chunk, repeat.line, repeat.column)
            repeats[path[:2]].append((path, Fault(document, line, column, repeat.message)))
        return repeats

    def _place(self, chunk: Chunk, line: int, column: int) -> tuple[int, int]:
        """Return line and column in the file, from 1, of a place in *chunk* that counts from 0."""
        first, indent = self._lines.at(chunk.start)
        return first + line, column + (indent if line == 0 else 1)


def _concerning(prefix: FieldPath, repeats: _Repeats) -> tuple[Fault, ...]:
    """Return the duplicate keys in the object at *prefix*, and in the mappings around it."""
    if not repeats:
        return ()
    keys = {(), prefix[:1], prefix[:2]} if prefix else repeats.keys()
    near = (one for key in sorted(keys, key=len) for one in repeats.get(key, ()))
    return tuple(
        fault
        for path, fault in near
        if all(step == other for step, other in zip(path, prefix, strict=False))
    )
