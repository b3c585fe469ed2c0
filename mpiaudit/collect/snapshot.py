"""All that an audit reads of a cluster, in one file.

The file is gzip of JSON lines: a `Header`, then the resources, one a line and sorted, then a
`Trailer`. Two files of one state differ in `Header.taken` only.
"""

from __future__ import annotations

import gzip
import heapq
import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import IO, Any

import msgspec

from mpiaudit.collect.discreet import reduced
from mpiaudit.collect.kubeconfig import FALLBACK
from mpiaudit.model import AuditError, Gap, Resource
from mpiaudit.reading import Reading

FORMAT = "mpiaudit snapshot"
VERSION = 1
"""Raised by one when a reader of the version before would misread the file."""

RUN = 1 << 25
"""Bytes of lines that are sorted in memory; what is more waits in unnamed temporary files."""

LONGEST = 1 << 16
"""Bytes that a header may have; more is another program's file."""


class Header(msgspec.Struct):
    """The first line."""

    format: str
    version: int
    context: str
    server: str
    taken: str
    kinds: list[str]
    """What was asked for, sorted: a kind that is not among them was not looked at."""

    namespace: str = FALLBACK
    """Where the context puts what names no namespace."""


class Trailer(msgspec.Struct):
    """The last line; a file without one is cut short."""

    inputs: int
    resources: int
    gaps: dict[str, tuple[str, bool]]
    """By kind: the reason, and whether it was unreadable."""

    absent: list[str]
    notes: list[str]


def write(reading: Reading, path: str, kinds: Iterable[str], namespace: str = FALLBACK) -> None:
    """Write all of *reading*, consuming it, to *path*: wholly, or not at all.

    *kinds* were asked for; *namespace* is the context's.

    Raises:
        AuditError: It cannot be written there, or the cluster can no longer be read.
    """
    head = Header(
        FORMAT, VERSION, reading.context, reading.server, reading.taken, sorted(kinds), namespace
    )
    with _whole(path) as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as stream:
        stream.write(_line(head))
        stream.writelines(_sorted(_line(reduced(r)) for r in reading.resources))
        stream.write(_line(_trailer(reading)))


def header(path: str) -> Header:
    """Return what the first line says.

    Raises:
        AuditError: The file is no snapshot, or one of a later format.
    """
    with _readable(path) as stream:
        return _header(path, stream)


def read(path: str, kinds: frozenset[str]) -> Reading:
    """Return what the cluster's own reading of *kinds* was; the file is read as it is consumed.

    Raises:
        AuditError: The file is no snapshot, one of a later format, or, at the end of the
            resources, cut short or damaged.
    """
    head = header(path)
    lacking = sorted(kinds - set(head.kinds))
    reading = Reading(iter(()), context=head.context, server=head.server, taken=head.taken)
    for kind in lacking:
        reason = f"{path} holds no {kind}: take it again with this release"
        reading.gaps[kind] = Gap(reason, unreadable=False)
    reading.resources = _resources(path, kinds, reading)
    return reading


def _resources(path: str, kinds: frozenset[str], reading: Reading) -> Iterator[Resource]:
    source = f"cluster:{reading.context}"
    seen = 0
    with _readable(path) as stream:
        _header(path, stream)
        for line in stream:
            body = msgspec.json.decode(line, type=dict[str, Any])
            if "kind" not in body:
                _finish(reading, msgspec.convert(body, Trailer), kinds, seen)
                if not stream.read(1):
                    return
                break
            seen += 1
            if body["kind"] in kinds:
                reading.documents += 1
                yield Resource(body, source)
    raise AuditError(_advice(path))


def _finish(reading: Reading, trailer: Trailer, kinds: frozenset[str], seen: int) -> None:
    if seen != trailer.resources:
        raise EOFError
    reading.inputs = trailer.inputs
    reading.absent |= set(trailer.absent) & kinds
    reading.notes += trailer.notes
    for kind, (reason, unreadable) in trailer.gaps.items():
        if kind in kinds:
            reading.gaps[kind] = Gap(reason, unreadable=unreadable)


def _trailer(reading: Reading) -> Trailer:
    return Trailer(
        inputs=reading.inputs,
        resources=reading.documents,
        gaps={kind: (gap.reason, gap.unreadable) for kind, gap in sorted(reading.gaps.items())},
        absent=sorted(reading.absent),
        notes=reading.notes,
    )


def _header(path: str, stream: gzip.GzipFile) -> Header:
    foreign = AuditError(
        f"{path}: compressed, and no snapshot of mpiaudit; unpack it, or take one with"
        " `mpiaudit snapshot`"
    )
    try:
        head = msgspec.json.decode(stream.readline(LONGEST), type=Header)
    except msgspec.DecodeError as error:
        raise foreign from error
    if head.format != FORMAT:
        raise foreign
    if head.version > VERSION:
        raise AuditError(
            f"{path}: snapshot format {head.version}, and this release reads {VERSION} at most;"
            " upgrade mpiaudit"
        )
    return head


@contextmanager
def _readable(path: str) -> Iterator[gzip.GzipFile]:
    """Open a snapshot, and say in one line what is wrong with one that cannot be read."""
    try:
        with gzip.open(path) as stream:
            yield stream
    except (
        gzip.BadGzipFile,
        EOFError,
        zlib.error,
        msgspec.MsgspecError,
        UnicodeDecodeError,
    ) as error:
        raise AuditError(_advice(path)) from error
    except OSError as error:
        raise AuditError(f"{path}: cannot be read: {error.strerror or error}") from error


def _advice(path: str) -> str:
    return f"{path}: cut short or damaged; copy it again, or take it again with `mpiaudit snapshot`"


def _line(value: object) -> bytes:
    return msgspec.json.encode(value) + b"\n"


def _sorted(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield *lines* by their bytes, with `RUN` of them in memory at most."""
    run: list[bytes] = []
    size = 0
    with ExitStack() as spilled:
        runs: list[IO[bytes]] = []
        for line in lines:
            run.append(line)
            size += len(line)
            if size >= RUN:
                stream = spilled.enter_context(tempfile.TemporaryFile())
                stream.writelines(sorted(run))
                stream.seek(0)
                runs.append(stream)
                run, size = [], 0
        yield from heapq.merge(*runs, sorted(run))


@contextmanager
def _whole(path: str) -> Iterator[IO[bytes]]:
    """Give a file that takes the place of *path* when all went well, and is gone if not."""
    target = os.path.realpath(path)
    try:
        if os.path.exists(target) and not os.path.isfile(target):  # noqa: PTH110, PTH113 - see `walk`
            raise AuditError(f"{path}: is no regular file; name one with -o")
        folder = os.path.dirname(target)  # noqa: PTH120 - a Path would resolve nothing more
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".mpiaudit-", delete=False) as stream:
            try:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
                os.replace(stream.name, target)  # noqa: PTH105
            except BaseException:
                with suppress(OSError):
                    os.unlink(stream.name)  # noqa: PTH108
                raise
    except OSError as error:
        raise AuditError(f"{path}: cannot be written: {error.strerror or error}") from error
