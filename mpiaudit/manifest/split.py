"""Where the documents of a stream begin and end, without reading them."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from typing import NamedTuple

from mpiaudit.manifest.build import documents

Data = bytes | mmap.mmap
"""The content of one file."""

WINDOW = 1 << 24
"""Bytes of a mapped file that a search keeps in memory."""

END = rb"(?:[ \t]++(?:#[^\n]*+)?)?"
"""What may follow a value on its line."""

BLANK = rb"(?:[ \t]*+(?:#[^\n]*+)?\r?\n)*+"
"""Blank lines and comments."""

START = rb"(?:\xef\xbb\xbf)?(?:---" + END + rb"\r?\n)?" + BLANK
"""The start of a document: its separator, blank lines and comments."""

_JSON = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*+(?=\{)")
_EMPTY = re.compile(START + rb"[ \t]*+(?:#[^\n]*+)?\Z")
_LONG_LINE = 1 << 16
_BOM = b"\xef\xbb\xbf"
_SEPARATOR_ENDS = frozenset(b" \t\r\n")
_FOREIGN_BREAK = re.compile(rb"\r(?!\n)|\xc2\x85|\xe2\x80[\xa8\xa9]")


class Chunk(NamedTuple):
    """A stretch of a stream that is read by itself, nearly always one document."""

    start: int
    stop: int


def chunks(data: Data) -> Iterator[Chunk]:
    """Yield the stretches between ``---`` lines; one for all where it is not sound to cut.

    A directive line speaks for the document after it, and UTF-16 has other separators.
    """
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"} or data[:4].lstrip(_BOM)[:1] == b"%":
        yield Chunk(0, len(data))
        return
    if find(data, b"\n%", 0, len(data)) >= 0:
        yield Chunk(0, len(data))
        return
    start = kept = 0
    while (stop := _separator(data, start)) < len(data):
        yield Chunk(start, stop)
        start = stop
        kept = release(data, kept, start)
    yield Chunk(start, len(data))


def content(data: Data, chunk: Chunk) -> bytes:
    """Return the bytes of *chunk*, without a byte order mark after its ``---``.

    kubectl drops the ``---`` line before it reads a document, so the mark comes first there.
    """
    text = data[chunk.start : chunk.stop]
    release(data, chunk.start, chunk.stop)
    if chunk.start and text.startswith(_BOM, after := text.find(b"\n") + 1):
        text = text[:after] + text[after + len(_BOM) :]
    return text


def count(text: bytes) -> int:
    """Return how many documents *text* holds; what breaks it off counts as one."""
    if is_single(text):
        return int(text.startswith(b"---") or not is_empty(text))
    return sum(1 for _ in documents(text))


def is_empty(text: bytes) -> bool:
    """Return whether *text* is blank but for comments and the start of a document."""
    return _EMPTY.match(text) is not None


def is_single(text: bytes) -> bool:
    """Return whether nothing but its first line can begin a document in *text*."""
    if b"\n..." in text or text.startswith((b"...", b"%", b"\xff\xfe", b"\xfe\xff")):
        return False
    return b"\n%" not in text and has_plain_breaks(text)


def has_plain_breaks(text: bytes) -> bool:
    """Return whether every line of *text* ends in a newline, and not in YAML 1.1's other ways."""
    if b"\r" not in text and text.isascii():
        return True
    return _FOREIGN_BREAK.search(text) is None


class Lines:
    """Lines and columns of offsets; quick while each offset is beyond the one before."""

    def __init__(self, data: Data) -> None:
        self._data = data
        self._offset, self._line, self._start = 0, 1, 0

    def at(self, offset: int) -> tuple[int, int]:
        """Return the line and column of *offset*, both from 1.

        The column counts characters, or bytes where the line is longer than an editor shows.
        """
        if offset < self._offset:
            self._offset, self._line, self._start = 0, 1, 0
        for at in range(self._offset, offset, WINDOW):
            text = self._data[at : min(at + WINDOW, offset)]
            self._line += text.count(b"\n")
            if b"\n" in text:
                self._start = at + text.rfind(b"\n") + 1
            release(self._data, at, min(at + WINDOW, offset))
        self._offset = offset
        if offset - self._start > _LONG_LINE:
            return self._line, 1 + offset - self._start
        line = self._data[self._start : offset]
        return self._line, 1 + len(line.removeprefix(_BOM).decode(errors="replace"))


def json_opening(data: Data) -> int:
    """Return where the JSON object that *data* seems to be begins; -1 if it does not."""
    found = _JSON.match(data)
    return found.end() if found else -1


def find(data: Data, needle: bytes, start: int, stop: int) -> int:
    """Return where *needle* is, or -1, keeping one window of a mapped file in memory."""
    if isinstance(data, bytes):
        return data.find(needle, start, stop)
    for at in range(start, stop, WINDOW):
        found = data.find(needle, at, min(at + WINDOW + len(needle), stop))
        if found >= 0:
            return found
        release(data, at, min(at + WINDOW, stop))
    return -1


def release(data: Data, start: int, stop: int) -> int:
    """Let go of the pages of a mapped file once there is a window of them; return the new start.

    They are read again when they are asked for.
    """
    if isinstance(data, bytes) or stop - start < WINDOW or not hasattr(mmap, "MADV_DONTNEED"):
        return start
    first = start - start % mmap.PAGESIZE
    data.madvise(mmap.MADV_DONTNEED, first, stop - first)
    return stop


def _separator(data: Data, start: int) -> int:
    """Return where the next ``---`` line begins, or the length of *data*."""
    at = start
    while (at := find(data, b"\n---", at, len(data))) >= 0:
        if at + 4 == len(data) or data[at + 4] in _SEPARATOR_ENDS:
            return at + 1
        at += 4
    return len(data)
