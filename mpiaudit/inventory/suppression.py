"""What people wrote to have findings put aside: in comments, annotations and settings."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fnmatch import translate
from functools import lru_cache

from mpiaudit.model import Location, Reference, Resource
from mpiaudit.reading import Comment

ANNOTATION = "mpiaudit/ignore"
"""The annotation; each line of its value is an entry: ``MPA080,MPA105 REASON until DATE``."""

_IGNORE = re.compile(r"ignore\s*\[([^\]]*)\]\s*(.*)", re.DOTALL)
_UNTIL = re.compile(r"(?:^|\W+)until\b\W*(\d\S*)(.*)$", re.IGNORECASE | re.DOTALL)
_RULES = re.compile(r"\A((?:[^\s,]*\s*,\s*)*\S*)(.*)\Z", re.DOTALL)
_HOW = {
    "Comment": "write `# mpiaudit: ignore[MPA080] REASON until 2027-01-31`",
    "Setting": 'write reason = "..."',
}
_ENTRY = "write `MPA080 REASON until 2027-01-31`"
"""How an annotation is written."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Some lines of a file."""

    source: str
    numbers: range


@dataclass(frozen=True, slots=True)
class Whole:
    """One object."""

    object: Reference


@dataclass(frozen=True, slots=True)
class Matching:
    """Objects, by shell patterns; an empty one takes all."""

    kind: str = ""
    namespace: str = ""
    name: str = ""
    file: str = ""
    """Of the absolute path, or of a folder above it."""

    def covers(self, at: Location) -> bool:
        """Return whether all patterns fit the object of *at*."""
        it = at.object
        return (
            _fits(self.kind.lower(), it.kind.lower())
            and _fits(self.namespace, it.namespace)
            and _fits(self.name, it.name)
            and (not self.file or _lies(self.file, it.source))
        )


@lru_cache(None)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern))


def _fits(pattern: str, value: str) -> bool:
    return not pattern or _compiled(pattern).match(value) is not None


@lru_cache(None)
def _lies(pattern: str, source: str) -> bool:
    """Return whether the path *source*, or a folder above it, fits *pattern*."""
    path = os.path.abspath(source)  # noqa: PTH100 - not resolved
    return _fits(pattern, path) or _fits(f"{pattern}/*", path)


Scope = Lines | Whole | Matching
"""Where a suppression holds."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """Findings of some rules, at some place, that somebody chose to live with."""

    at: Location
    """Where it is written."""

    scope: Scope
    rules: tuple[str, ...]
    """As written: ids, beginnings of them, slugs or topics."""

    reason: str
    until: date | None = None
    """The last day on which it holds."""

    fault: str = ""
    """What is wrong with it, and how to write it; it puts nothing aside then."""

    expired: bool = False
    unused: tuple[str, ...] = ()
    """Those of `rules` that were judged here, and found nothing."""

    absent: bool = False
    """Whether nothing that was audited is in its scope."""

    def __str__(self) -> str:
        """Return ``REASON, until 2027-01-31``."""
        return f"{self.reason}, until {self.until}" if self.until else self.reason


def of_comment(comment: Comment) -> Suppression:
    """Return what *comment* asks for."""
    scope = Lines(comment.at.object.source, comment.lines)
    found = _IGNORE.fullmatch(comment.text)
    if not found:
        return Suppression(comment.at, scope, (), "", fault=_HOW["Comment"])
    return _suppression(comment.at, scope, found[1], found[2], _HOW["Comment"])


def of_object(resource: Resource) -> Iterator[Suppression]:
    """Yield what the annotation of *resource* asks for."""
    path = ("metadata", "annotations", ANNOTATION)
    value = resource.get(*path)
    if isinstance(value, str):
        reference = resource.reference
        for entry in filter(None, map(str.strip, value.splitlines())):
            ((rules, rest),) = _RULES.findall(entry)
            at = Location(reference, path)
            yield _suppression(at, Whole(reference), rules, rest, _ENTRY)


def _suppression(at: Location, scope: Scope, rules: str, rest: str, how: str) -> Suppression:
    words = tuple(word for each in rules.split(",") if (word := each.strip()))
    reason, until, fault = rest.strip(), None, ""
    if dated := _UNTIL.search(reason):
        reason = reason[: dated.start()]
        try:
            until = date.fromisoformat(dated[1])
        except ValueError:
            fault = f"{dated[1]} is no date; write until 2027-01-31"
        if dated[2]:
            fault = fault or f"words follow the date; write until {dated[1]} at the end"
    if not words:
        fault = f"it names no rule; {how}"
    elif not reason:
        fault = fault or f"it gives no reason; {how}"
    return Suppression(at, scope, words, reason, until, fault)
