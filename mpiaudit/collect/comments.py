"""Comments in manifests that are meant for us."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mpiaudit.manifest.read import Data
from mpiaudit.model import Location, Reference
from mpiaudit.reading import Comment

SIGN = b"mpiaudit:"

_COMMENT = re.compile(r"(?:^|(?<=\s))#\s*mpiaudit:\s*(ignore\b.*?)\s*(?:\s#.*)?$")
"""One for us, and perhaps one for others behind it."""

_BLANK = re.compile(r"\s*(#.*)?$")
_SEPARATOR = re.compile(r"---(\s|$)")


def comments(source: str, content: Data) -> Iterator[Comment]:
    """Yield the comments of *content*, in whatever text of it: a manifest may be inside another.

    One at the end of a line is about that line. One on lines of its own is about the next line
    that holds more; before all else in a document, about the whole document.
    """
    if content.find(SIGN) < 0:
        return
    lines = bytes(content).decode("utf-8-sig", "replace").splitlines()
    starts = [0, *(n for n, line in enumerate(lines) if _SEPARATOR.match(line))]
    for number, line in enumerate(lines):
        if found := _COMMENT.search(line):
            reference = Reference("Comment", "", found[0], "", source)
            at = Location(reference, (), number + 1, found.start() + 1)
            yield Comment(found[1], at, _about(number, lines, starts))


def _about(number: int, lines: list[str], starts: list[int]) -> range:
    """Return the lines, from 1, that a comment on line *number*, from 0, is about."""
    if not _BLANK.match(lines[number]):
        return range(number + 1, number + 2)
    first = max(n for n in starts if n <= number)
    last = min((n for n in starts if n > number), default=len(lines))
    if all(_BLANK.match(line) or _SEPARATOR.match(line) for line in lines[first:number]):
        return range(first + 1, last + 1)
    following = (n for n in range(number + 1, last) if not _BLANK.match(lines[n]))
    next_line = next(following, number)
    return range(next_line + 1, next_line + 2)
