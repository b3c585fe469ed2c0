"""Read manifests from files, folders, archives of them, and standard input."""

from __future__ import annotations

import io
import mmap
import os
import re
import stat
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import IO

from mpiaudit.collect import answer, bundle, embedded, kustomize, walk
from mpiaudit.collect.compressed import GZIP
from mpiaudit.manifest.locate import locate
from mpiaudit.manifest.read import Data, Fault, Item, Skipped
from mpiaudit.model import AuditError, FieldPath, Location, Reading, Resource

_MAPPED = 1 << 22
"""Files of this size, in bytes, and larger are mapped rather than read."""

_MENTION = re.compile(r"(?i)mpi-?job|mpi-operator|training-operator|kubeflow").search
"""Finds what a file says that has to do with MPIJob or the programs that run it."""

Kept = dict[str, bytes]
"""The content of inputs that can be read only once: standard input, and pipes."""


def collect(
    paths: Sequence[str],
    kinds: frozenset[str] | None,
    *,
    stdin: IO[bytes] | None = None,
    kept: Kept | None = None,
) -> Reading:
    """Return the objects of one of *kinds* in every manifest that *paths* lead to.

    A path is a file, a folder, a tar or zip file, compressed perhaps, or ``-`` for *stdin*, which
    may hold one as well; *kinds* None means all. Files are opened as `Reading.resources` is
    consumed. What can be read only once is put into *kept*, for `place`.

    Raises:
        AuditError: A path does not exist, or ``-`` was given and *stdin* was not.
    """
    walk.check(paths)
    if walk.STDIN in paths and stdin is None:
        raise AuditError("-: there is no standard input; name a file or a folder")
    if kinds and embedded.KIND in kinds:
        kinds |= embedded.CARRIERS
    reading = Reading(resources=iter(()))
    found = _resources(paths, kinds, stdin, {} if kept is None else kept, reading)
    reading.resources = answer.beside(found, reading)
    return reading


def place(
    locations: Iterable[Location], kept: Mapping[str, bytes] | None = None
) -> dict[Location, Location]:
    """Return each location with its line and column.

    Those of live objects, and of files that can no longer be read, are returned as they are.
    """
    placed = {location: location for location in locations}
    sources: dict[str, list[Location]] = defaultdict(list)
    for location in placed:
        if not location.object.live:
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
    paths: Sequence[str],
    kinds: frozenset[str] | None,
    stdin: IO[bytes] | None,
    kept: Kept,
    reading: Reading,
) -> Iterator[Resource]:
    for path in walk.files(paths, reading.faults, reading.notes):
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
        yield from _objects(path, content, kinds, reading)
    if reading.left_out:
        reading.notes.append(
            f"unrendered templates left out that mention no MPIJob: {reading.left_out}"
        )


def _members(
    path: str, kinds: frozenset[str] | None, reading: Reading, content: bytes | None = None
) -> Iterator[Resource]:
    """Yield the objects of an archive."""
    for name, text in _unpacked(path, reading.faults, reading.notes, content=content):
        reading.inputs += 1
        yield from _objects(f"{path}:{name}", text, kinds, reading)


def _objects(
    path: str, content: Data, kinds: frozenset[str] | None, reading: Reading
) -> Iterator[Resource]:
    """Yield the objects of one file; a template is said to be one once, whatever its length."""
    noted: set[str] = set()
    shape = bundle.shape(path)
    if shape.errors:
        bundle.note_errors(path, content, reading, kinds)
        return
    dump = bundle.is_dump(shape, content)
    if dump and bundle.DUMP not in reading.notes:
        reading.notes.append(bundle.DUMP)
    kustomized = kustomize.beside_kustomization(path)
    for outcome in bundle.outcomes(shape, bundle.legible(content), kinds):
        match outcome:
            case Item():
                reading.documents += 1
                resource = Resource(
                    outcome.body, path, outcome.document, outcome.prefix, kustomized
                )
                if _MENTION(str(resource.reference)):
                    notes = (_note(path, f) for f in outcome.duplicates)
                    reading.notes.extend(_new(noted, notes))
                yield bundle.part(resource) if shape.partial or dump else resource
                if resource.kind in embedded.CARRIERS:
                    yield from _embedded(resource, kinds, reading)
            case Fault():
                _refuse(path, content, outcome, reading)
            case Skipped():
                reading.documents += outcome.count


def _refuse(path: str, content: Data, fault: Fault, reading: Reading) -> None:
    """Note what cannot be read: a template once, and only where it may make an MPIJob matter."""
    if not fault.template:
        reading.faults.append(_fault(path, fault))
    elif _MENTION(content[:].decode(errors="replace")):
        said = (f.startswith(f"{path}:") and f.endswith(fault.message) for f in reading.faults)
        if not any(said):
            reading.faults.append(_fault(path, fault))
    else:
        reading.left_out += 1


def _embedded(
    carrier: Resource, kinds: frozenset[str] | None, reading: Reading
) -> Iterator[Resource]:
    for found in embedded.jobs(carrier) if kinds is None or embedded.KIND in kinds else ():
        if isinstance(found, Resource):
            yield found
        else:
            reading.notes.append(f"{carrier.source}: {found}")


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


def _new(noted: set[str], notes: Iterable[str]) -> Iterator[str]:
    """Yield the *notes* that were not made before: what is around objects concerns each."""
    for note in notes:
        if note not in noted:
            noted.add(note)
            yield note


def _fault(path: str, fault: Fault) -> str:
    advice = "" if fault.template else "; correct it or leave the file out"
    return f"{path}:{fault.line}:{fault.column}: {fault.message}{advice}"


def _note(path: str, fault: Fault) -> str:
    return (
        f"{path}:{fault.line}:{fault.column}: {fault.message};"
        " the last value counts, strict validation refuses it"
    )
