"""What lies in a tar or zip file, and how much of it is read."""

from __future__ import annotations

import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import IO

from mpiaudit.collect.compressed import LimitError, Readable

_BLOCK = 512
"""Bytes of a tar block; two of zeros end the file."""

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of an archive is read; all in bytes but the first and the ratio."""

    members: int = 500_000
    member: int = 1 << 28
    """Of one manifest: it is held in memory whole."""

    total: int = 1 << 33
    """Of all manifests together."""

    ratio: int = 250
    """Times its own size that an archive may hold; lists of pods reach 60, and gzip's most is
    1030."""

    free: int = 1 << 26
    """What any archive may hold, whatever the ratio."""


LIMITS = Limits()


@dataclass(slots=True)
class Meter:
    """Counts what comes out of one archive of *size* bytes."""

    size: int
    limits: Limits
    counted: int = 0
    taken: int = 0
    unpacked: int = 0

    def count(self) -> None:
        """Count one member.

        Raises:
            LimitError: There are too many.
        """
        self.counted += 1
        if self.counted > self.limits.members:
            raise LimitError(f"has more than {self.limits.members} members")

    def take(self, size: int) -> None:
        """Count a manifest that is read.

        Raises:
            LimitError: They are too large together.
        """
        self.taken += size
        if self.taken > self.limits.total:
            raise LimitError(f"has manifests of more than {self.limits.total} bytes")

    def unpack(self, size: int) -> None:
        """Count bytes that were unpacked.

        Raises:
            LimitError: They are too many for an archive of this size.
        """
        self.unpacked += size
        if self.unpacked > max(self.limits.free, self.limits.ratio * self.size):
            raise LimitError(f"unpacks to more than {self.limits.ratio} times its size")


@dataclass(frozen=True, slots=True)
class Member:
    """One entry."""

    name: str
    size: int
    """In bytes, as the archive says; `read` returns no more."""

    read: Callable[[], bytes]
    """To be called before the next member is asked for."""

    is_file_or_link: bool = True
    link: str | None = None
    """Where a link leads; None for what is none."""

    hard: bool = False
    """Whether `link` counts from the top of the archive, and not from the link's folder."""

    encrypted: bool = False


def tarred(stream: Readable, meter: Meter) -> Iterator[Member]:
    """Yield the members of a tar file that is read once, from its start to its end.

    Raises:
        TarError, EOFError: It does not end as a tar file does.
        LimitError: It unpacks to too much.
    """
    metered = _Metered(stream, meter)
    with tarfile.open(fileobj=metered, mode="r|") as tar:  # type: ignore[call-overload]
        while (found := tar.next()) is not None:
            tar.members = []
            is_link = found.issym() or found.islnk()
            yield Member(
                found.name,
                found.size,
                partial(_content, tar, found),
                is_file_or_link=found.isfile() or is_link,
                link=found.linkname if is_link else None,
                hard=found.islnk(),
            )
    metered.finish()


def zipped(stream: IO[bytes], meter: Meter) -> Iterator[Member]:
    """Yield the members of a zip file.

    Raises:
        BadZipFile: It is damaged.
        LimitError: It unpacks to too much.
    """
    with zipfile.ZipFile(stream) as archive:
        for found in archive.infolist():
            read = partial(_unzipped, archive, found, meter)
            encrypted = bool(found.flag_bits & 1)
            is_link = stat.S_ISLNK(found.external_attr >> 16) and not encrypted
            yield Member(
                found.filename,
                found.file_size,
                read,
                is_file_or_link=not found.is_dir(),
                link=read()[:_BLOCK].decode(errors="replace") if is_link else None,
                encrypted=encrypted,
            )


def _content(tar: tarfile.TarFile, found: tarfile.TarInfo) -> bytes:
    stream = tar.extractfile(found)
    content = stream.read() if stream else b""
    if len(content) < found.size:
        raise EOFError("it ends within a member")
    return content


def _unzipped(archive: zipfile.ZipFile, found: zipfile.ZipInfo, meter: Meter) -> bytes:
    parts = []
    with archive.open(found) as stream:
        while part := stream.read(_CHUNK):
            meter.unpack(len(part))
            parts.append(part)
    return b"".join(parts)


@dataclass(slots=True)
class _Metered:
    """A stream that counts what is read of it, and remembers how it ends."""

    stream: Readable
    meter: Meter
    tail: bytes = field(default=b"", init=False)

    def read(self, size: int) -> bytes:
        part = self.stream.read(size)
        self.meter.unpack(len(part))
        self.tail = (self.tail + part)[-2 * _BLOCK :]
        return part

    def finish(self) -> None:
        """Read to the end: the standard library takes a tar file that is cut between members."""
        if self.tail.strip(b"\0"):
            raise tarfile.ReadError("it does not end as a tar file does")
        while part := self.read(_CHUNK):
            if part.strip(b"\0"):
                raise tarfile.ReadError("it goes on after its end")
