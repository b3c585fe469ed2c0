"""Comments in manifests that are meant for us."""

from __future__ import annotations

import re
from bisect import bisect_right
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator

from mpiaudit.manifest.read import Data
from mpiaudit.model import Location, Reference
from mpiaudit.reading import Comment

SIGN = b"mpiaudit:"

_COMMENT = re.compile(r"(?:^|(?<=\s))#\s*mpiaudit:\s*(ignore\b.*?)\s*(?:\s#.*)?$")
"""One for us, and perhaps one for others behind it."""

_BLANK = re.compile(r"\s*(?:#.*)?$")
_SEPARATOR = re.compile(r"---(?:\s|$)")
_AHEAD = re.compile(r"\s*(?:#.*)?$|%|---(?:\s*(?:#.*)?$)")
"""What may stand before all else in a document."""


def comments(source: str, content: Data) -> Iterator[Comment]:
    """Yield the comments of *content*, in whatever text of it: a manifest may be inside another.

    One at the end of a line is about that line. One on lines of its own is about the next line
    that holds more; before all else in a document, about the whole document.
    """
    wide = content[:2] in {BOM_UTF16_LE, BOM_UTF16_BE}
    if not wide and content.find(SIGN) < 0:
        return
    text = bytes(content).decode("utf-16" if wide else "utf-8-sig", "replace")
    lines = text.splitlines()
    documents = _documents(lines)
    starts = [document.start for document in documents]
    for number, line in enumerate(lines):
        if found := _COMMENT.search(line):
            reference = Reference("Comment", "", found[0], "", source, number)
            at = Location(reference, (), number + 1, found.start() + 1)
            document = documents[bisect_right(starts, number) - 1]
            about = _about(number, lines, document)
            yield Comment(found[1], at, range(about.start + 1, about.stop + 1))


def _documents(lines: list[str]) -> list[range]:
    """Return the lines of each document, from 0; what stands before the first belongs to it."""
    starts = [n for n, line in enumerate(lines) if _SEPARATOR.match(line)]
    if not starts or any(not _AHEAD.match(line) for line in lines[: starts[0]]):
        starts.insert(0, 0)
    starts[0] = 0
    return [range(a, b) for a, b in zip(starts, [*starts[1:], len(lines)], strict=True)]


def _about(number: int, lines: list[str], document: range) -> range:
    """Return the lines, from 0, that a comment on line *number* of *document* is about."""
    if not _BLANK.match(lines[number]):
        return range(number, number + 1)
    first = next((n for n in document if not _AHEAD.match(lines[n])), document.stop)
    if number < first:
        return document
    after = (n for n in range(number, document.stop) if not _BLANK.match(lines[n]))
    following = next(after, number)
    return range(following, following + 1)
