"""The manifest files, and the archives of them, that paths lead to."""

from __future__ import annotations

import os
import re
import stat
import zlib
from collections.abc import Collection, Iterator, Sequence
from typing import IO

from mpiaudit.collect.compressed import LimitError, unpacked
from mpiaudit.model import AuditError

SUFFIXES = (".yaml", ".yml", ".json")
"""What a file in a folder ends in, in any case; a file that is named is read whatever its name."""

ARCHIVES = (
    *(".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".tzst"),
    ".zip",
)
"""What an archive ends in, in any case; one that is named is known by its content as well."""

ZIP = b"PK\x03\x04"
"""How files of zip begin."""

_USTAR = slice(257, 262)

STDIN = "-"


def files(paths: Sequence[str], faults: list[str], notes: list[str]) -> Iterator[str]:
    """Yield each file once, those of a folder sorted; note in *faults* what cannot be listed.

    An archive in a folder is not opened, which *notes* says.

    Symbolic links are followed, and a folder is entered once: a loop ends.
    """
    seen: set[tuple[int, int]] = set()
    for path in paths:
        if path == STDIN:
            yield path
        elif os.path.isdir(path):  # noqa: PTH112 - pathlib costs a third of a start
            yield from _folder(path, seen, faults, notes)
        elif _new(os.stat(path), seen):  # noqa: PTH116
            yield path


def check(paths: Sequence[str]) -> None:
    """Make sure that every path exists.

    Raises:
        AuditError: One does not.
    """
    for path in paths:
        if path != STDIN and not os.path.exists(path):  # noqa: PTH110
            raise AuditError(f"{path}: no such file or folder; check the path")


def is_archive(path: str) -> bool:
    """Return whether *path* is a regular file that is a tar or zip file, or is called one."""
    if path.lower().endswith(SUFFIXES) or not os.path.isfile(path):  # noqa: PTH113
        return False
    if path.lower().endswith(ARCHIVES):
        return True
    try:
        with open(path, "rb") as stream:  # noqa: PTH123
            return begins_as_archive(stream)
    except OSError:
        return False


def split(source: str, kept: Collection[str] = ()) -> tuple[str, str] | None:
    """Return the archive and the member of ``bundle.tgz:path/inside.yaml``; None for a file.

    *kept* are archives that can be read only once, such as standard input.
    """
    for found in re.finditer(":", source):
        path = source[: found.start()]
        if path in kept or is_archive(path):
            return path, source[found.end() :]
    return None


def begins_as_archive(stream: IO[bytes]) -> bool:
    """Return whether what *stream* is at the start of is a tar or zip file, compressed or not.

    A snapshot, which gzip wrote, is none; neither is a manifest that is compressed.
    """
    try:
        start = unpacked(stream).read(512)
    except LimitError:
        return True
    except (OSError, EOFError, zlib.error):
        return False
    return start.startswith(ZIP) or start[_USTAR] == b"ustar"


def _folder(
    path: str, seen: set[tuple[int, int]], faults: list[str], notes: list[str]
) -> Iterator[str]:
    """Yield the manifests of one folder, then those of the folders in it."""
    waiting = [path]
    while waiting:
        folder = waiting.pop()
        try:
            if not _new(os.stat(folder), seen):  # noqa: PTH116
                continue
            with os.scandir(folder) as listed:
                entries = sorted(listed, key=lambda entry: entry.name)
        except OSError as error:
            faults.append(unreadable(folder, error))
            continue
        folders = []
        for entry in entries:
            name = entry.name if folder == os.curdir else os.path.join(folder, entry.name)  # noqa: PTH118
            if entry.is_dir():
                folders.append(name)
            elif entry.name.lower().endswith(SUFFIXES) and _wanted(entry, name, seen, faults):
                yield name
            elif entry.name.lower().endswith(ARCHIVES):
                notes.append(f"{name}: an archive in a folder is not opened; name it to read it")
        waiting.extend(reversed(folders))


def unreadable(path: str, error: OSError) -> str:
    """Return the fault line of a file or folder that the system does not let us read."""
    reason = error.strerror or str(error)
    return f"{path}: cannot be read: {reason}; make it readable or leave it out"


def _wanted(
    entry: os.DirEntry[str], name: str, seen: set[tuple[int, int]], faults: list[str]
) -> bool:
    """Return whether *entry* is a file, seen for the first time; a pipe or a socket is not."""
    try:
        found = entry.stat()
    except OSError as error:
        if not entry.name.startswith(".#"):  # the lock of an editor, a link to nowhere
            faults.append(unreadable(name, error))
        return False
    return stat.S_ISREG(found.st_mode) and _new(found, seen)


def _new(found: os.stat_result, seen: set[tuple[int, int]]) -> bool:
    identity = (found.st_dev, found.st_ino)
    if identity in seen:
        return False
    seen.add(identity)
    return True
