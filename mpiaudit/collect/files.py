"""Read manifests from files, folders, archives of them, and standard input."""

from __future__ import annotations

import io
import mmap
import os
import stat
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import IO, TYPE_CHECKING

from mpiaudit.collect import answer, bundle, carriers, objects, walk
from mpiaudit.collect.compressed import GZIP
from mpiaudit.manifest.locate import locate
from mpiaudit.manifest.read import Data
from mpiaudit.model import AuditError, FieldPath, Location, Resource
from mpiaudit.reading import Reading

if TYPE_CHECKING:
    from mpiaudit.collect.rendered import Rendering

_MAPPED = 1 << 22
"""Files of this size, in bytes, and larger are mapped rather than read."""

Kept = dict[str, bytes]
"""The content of inputs that can be read only once: standard input, and pipes."""


def collect(
    paths: Sequence[str],
    kinds: frozenset[str] | None,
    *,
    stdin: IO[bytes] | None = None,
    kept: Kept | None = None,
    render: bool = False,
) -> Reading:
    """Return the objects of one of *kinds* in every manifest that *paths* lead to.

    A path is a file, a folder, a tar or zip file, compressed perhaps, or ``-`` for *stdin*, which
    may hold one as well; *kinds* None means all. Files are opened as `Reading.resources` is
    consumed. What can be read only once is put into *kept*, for `place`.

    With *render* charts and kustomizations are built first, by helm and kustomize where they are
    on PATH, and what they are built of is not read by itself. Objects that were built name the
    template or the kustomization, and no line of it: their document is -1.

    Raises:
        AuditError: A path does not exist, or ``-`` was given and *stdin* was not.
    """
    walk.check(paths)
    if walk.STDIN in paths and stdin is None:
        raise AuditError("-: there is no standard input; name a file or a folder")
    if kinds and carriers.KIND in kinds:
        kinds |= carriers.CARRIERS
    reading = Reading(resources=iter(()))
    each = walk.files(paths, reading.faults, reading.notes)
    built: Iterator[Resource] = iter(())
    if render:
        rendering = _rendering(paths)
        each = (path for path in each if not rendering.covers(path))
        built = _built(rendering, kinds, reading)
    found = _resources(each, kinds, stdin, {} if kept is None else kept, reading)
    reading.resources = answer.beside(chain(built, found), reading)
    return reading


def place(
    locations: Iterable[Location], kept: Mapping[str, bytes] | None = None
) -> dict[Location, Location]:
    """Return each location with its line and column.

    Those of live objects, of objects that were built, and of files that can no longer be read are
    returned as they are.
    """
    placed = {location: location for location in locations}
    sources: dict[str, list[Location]] = defaultdict(list)
    for location in placed:
        if not location.object.live and location.object.document >= 0:
            sources[location.object.source].append(location)
    packed: dict[str, dict[str, list[Location]]] = defaultdict(dict)
    for source, inside in sources.items():
        content = _again(source, kept or {})
        if content is not None:
            placed.update(_placed(content, inside))
        elif found := walk.split(source, kept or {}):
            packed[found[0]][found[1]] = inside
    for path, wanted in packed.items():
        for name, text in _unpacked(path, [], [], wanted, (kept or {}).get(path)):
            placed.update(_placed(text, wanted[name]))
    return placed


def _resources(
    paths: Iterable[str],
    kinds: frozenset[str] | None,
    stdin: IO[bytes] | None,
    kept: Kept,
    reading: Reading,
) -> Iterator[Resource]:
    for path in paths:
        if walk.is_archive(path):
            yield from _members(path, kinds, reading)
            continue
        try:
            content = _content(path, kept, stdin if path == walk.STDIN else None)
        except OSError as error:
            reading.faults.append(walk.unreadable(path, error))
            continue
        if path in kept and walk.begins_as_archive(io.BytesIO(kept[path])):
            yield from _members(path, kinds, reading, kept[path])
            continue
        if content[: len(GZIP)] == GZIP:
            reading.faults.append(f"{path}: compressed; unpack it, or name the file of a snapshot")
            continue
        reading.inputs += 1
        yield from objects.read(path, content, kinds, reading)
    if reading.left_out:
        reading.notes.append(
            f"unrendered templates left out that mention no MPIJob: {reading.left_out}"
        )


def _rendering(paths: Sequence[str]) -> Rendering:
    from mpiaudit.collect import rendered  # noqa: PLC0415 - most scans run no other program

    return rendered.render(paths)


def _built(
    rendering: Rendering, kinds: frozenset[str] | None, reading: Reading
) -> Iterator[Resource]:
    """Yield the objects that helm and kustomize made."""
    reading.faults.extend(rendering.faults)
    for text in rendering.texts:
        reading.inputs += 1
        source = f"{text.source} (rendered)"
        for found in objects.read(source, text.content, kinds, reading, built=True):
            yield replace(found, source=text.source, document=-1)


def _members(
    path: str, kinds: frozenset[str] | None, reading: Reading, content: bytes | None = None
) -> Iterator[Resource]:
    """Yield the objects of an archive."""
    for name, text in _unpacked(path, reading.faults, reading.notes, content=content):
        reading.inputs += 1
        yield from objects.read(f"{path}:{name}", text, kinds, reading)


def _unpacked(
    path: str,
    faults: list[str],
    notes: list[str],
    only: Collection[str] | None = None,
    content: bytes | None = None,
) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of the manifests in an archive; *only* these, if given."""
    from mpiaudit.collect import archive  # noqa: PLC0415 - most scans read none

    return archive.members(path, archive.Said(faults, notes), only=only, content=content)


def _content(path: str, kept: Kept, stdin: IO[bytes] | None = None) -> Data:
    """Return the content of a file, mapped if it is large; what cannot be read again is kept."""
    if stdin is not None:
        return kept.setdefault(path, stdin.read())
    with open(path, "rb") as stream:  # noqa: PTH123 - pathlib costs a third of a start
        found = os.fstat(stream.fileno())
        regular = stat.S_ISREG(found.st_mode)
        if regular and found.st_size >= _MAPPED:
            return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        return stream.read() if regular else kept.setdefault(path, stream.read())


def _again(source: str, kept: Mapping[str, bytes]) -> Data | None:
    """Return the content of an input that has been read before; None if it is gone."""
    if source in kept:
        return kept[source]
    try:
        return _content(source, {})
    except OSError:
        return None


def _placed(content: Data, locations: Iterable[Location]) -> Iterator[tuple[Location, Location]]:
    wanted: dict[int, set[FieldPath]] = defaultdict(set)
    full = {one: (one.object.document, (*one.object.prefix, *one.path)) for one in locations}
    for document, path in full.values():
        wanted[document].add(path)
    positions = locate(bundle.legible(content), wanted)
    for location, key in full.items():
        if key in positions:
            line, column = positions[key]
            yield location, replace(location, line=line, column=column)
