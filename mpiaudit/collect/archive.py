"""The manifests in a tar or zip file, one at a time in memory, and nothing on the disk.

What such a file says of itself is not trusted: no name leads out of it, no link is followed, and
its size is counted while it is read.
"""

from __future__ import annotations

import gzip
import io
import lzma
import os
import posixpath
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import IO

from mpiaudit.collect import walk
from mpiaudit.collect.compressed import LimitError, unpacked
from mpiaudit.collect.member import LIMITS, Limits, Member, Meter, tarred, zipped

_ZIP = frozenset({b"PK\x03\x04", b"PK\x05\x06"})
_DAMAGED = (
    EOFError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    gzip.BadGzipFile,
    lzma.LZMAError,
    struct.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What the standard library raises for a file that is not what it seems."""


@dataclass(slots=True)
class Said:
    """What is to be said of an archive, one line each."""

    faults: list[str]
    """What was not read and should have been."""

    notes: list[str]


def members(
    path: str,
    said: Said,
    limits: Limits = LIMITS,
    only: Collection[str] | None = None,
    content: bytes | None = None,
) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of each manifest in the archive, in its order.

    *only* names those that are wanted, None for all: the reading ends with the last of them.
    *content* is what *path* held, where it can be read only once.
    """
    try:
        with open(path, "rb") if content is None else io.BytesIO(content) as stream:  # noqa: PTH123
            meter = Meter(stream.seek(0, os.SEEK_END), limits)
            stream.seek(0)
            yield from _wanted(path, _members(stream, meter), said, meter, only)
    except LimitError as error:
        said.faults.append(f"{path}: {error}; what comes after is left out")
    except _DAMAGED as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        said.faults.append(f"{path}: cut short, damaged or no archive: {reason}; copy it again")
    except OSError as error:
        said.faults.append(walk.unreadable(path, error))


def _members(stream: IO[bytes], meter: Meter) -> Iterator[Member]:
    start = stream.read(4)
    stream.seek(0)
    if start in _ZIP:
        return zipped(stream, meter)
    return tarred(unpacked(stream), meter)


def _wanted(
    path: str,
    found: Iterator[Member],
    said: Said,
    meter: Meter,
    only: Collection[str] | None,
) -> Iterator[tuple[str, bytes]]:
    seen: set[str] = set()
    for member in found:
        meter.count()
        name = printable(member.name)
        source = f"{path}:{name}"
        if name.lower().endswith(walk.ARCHIVES) and member.is_file_or_link:
            said.notes.append(f"{source}: an archive in an archive is not opened; unpack it")
        if not name.lower().endswith(walk.SUFFIXES) or not member.is_file_or_link:
            continue
        if reason := _against(member, seen, name, meter):
            said.faults.append(f"{source}: {reason}")
        elif member.link is not None:
            said.notes.append(
                f"{source}: a link is not followed; what it leads to is read if inside"
            )
        elif only is None or name in only:
            meter.take(member.size)
            yield name, member.read()
        seen.add(name)
        if only is not None and seen.issuperset(only):
            return


def _against(member: Member, seen: set[str], name: str, meter: Meter) -> str:
    """Return why a manifest is not read and ought to be; empty for none."""
    if member.encrypted:
        raise LimitError("is encrypted; decrypt it first")
    if name in seen:
        return "is in it twice; only the first is read"
    if leads_out(member.name):
        return "leads out of the archive; left out"
    if member.link is not None and leads_out(_target(member)):
        return f"links out of the archive to {printable(member.link)}; left out"
    if member.size > meter.limits.member:
        return f"has {member.size} bytes, more than {meter.limits.member}; left out, unpack it"
    return ""


def leads_out(name: str) -> bool:
    """Return whether *name* is absolute on any system, or climbs by ``..``."""
    return bool(re.match(r"([A-Za-z]:)?[/\\]", name)) or ".." in re.split(r"[/\\]", name)


def printable(name: str) -> str:
    """Return *name* on one line: what a terminal would act on is replaced."""
    clean = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    return clean.removeprefix("./")


def _target(member: Member) -> str:
    """Return where a link leads, from the top of the archive."""
    link = member.link or ""
    if member.hard or link.startswith(("/", "\\")):
        return link
    folder = posixpath.dirname(member.name)
    return posixpath.normpath(posixpath.join(folder, link))
