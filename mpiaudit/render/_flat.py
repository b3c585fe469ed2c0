"""What formats that list findings one by one have in common."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath

from mpiaudit.inventory.inventory import TITLES
from mpiaudit.model import Location, Reference
from mpiaudit.render import Look, count
from mpiaudit.report import Finding, Report
from mpiaudit.rule import Rule, Severity

INCOMPLETE = "mpiaudit-incomplete"
"""Stands for a rule's id where a format must say that not all was read."""

LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "info",
}
"""What formats with three levels call a severity."""

PLACES = 10
"""Other places of one finding that are named in a sentence."""

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 forbids (2.2), a terminal may act on, or UTF-8 cannot hold."""

_FILE = re.compile(r"(.+?)(?::(\d+):\d+)?: ")
"""How a fault begins: the file, and the line and column where they are known."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A finding in its own right, be it a cause or a symptom."""

    finding: Finding
    number: int
    """Which of those with its fingerprint, from 1."""

    cause: Rule | None = None
    """The rule whose finding explains it; None for a cause."""

    @property
    def fingerprint(self) -> str:
        """The finding's, with the number that tells equal ones apart."""
        return f"{self.finding.fingerprint}:{self.number}"


def entries(report: Report, look: Look) -> list[Entry]:
    """Return what is to be shown: each finding, then its symptoms.

    What is only POSSIBLE is hidden unless *look* is pedantic, be it a cause or a symptom; a surer
    symptom of a hidden cause is shown.
    """
    return [e for e in _every(report.findings) if look.shows(e.finding)]


def suppressed(report: Report) -> list[Entry]:
    """Return what the user chose to ignore; no fingerprint is one of `entries`' too."""
    every = _every((*report.findings, *report.suppressed))
    return every[len(_every(report.findings)) :]


def hidden(report: Report, look: Look) -> str:
    """Say how many findings `entries` leaves out; empty where it leaves out none."""
    left = sum(not look.shows(e.finding) for e in _every(report.findings))
    number = count(left, "finding")
    return f"{number} that may be nothing, hidden (--pedantic shows all)" if left else ""


def unread(report: Report) -> list[str]:
    """Return why *report* is not complete, one line each; empty where it is."""
    gaps = [(TITLES.get(name, name), gap) for name, gap in sorted(report.gaps.items())]
    gaps += [(s.rule.id, s.gap) for s in report.skips]
    reasons: dict[str, str] = {}
    for who, gap in gaps:
        if gap.unreadable:
            reasons.setdefault(gap.reason, f"{who}: {gap.reason}")
    return [_line(line) for line in (*report.coverage.faults, *reasons.values())]


def shortfall(report: Report) -> str:
    """Say that not all could be read, and why first of all; empty where all was."""
    reasons = unread(report)
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return f"Not all could be read, so more may be wrong: {reasons[0]}{more}" if reasons else ""


def culprit(report: Report) -> tuple[str, int]:
    """Return the file that could not be read, and its line or 0; the whole source without one."""
    if report.coverage.faults and (found := _FILE.match(report.coverage.faults[0])):
        return relative(found[1]), int(found[2] or 0)
    source = report.coverage.source
    return (f"cluster/{_segment(source)}" if report.coverage.live else relative(source)), 0


def said(entry: Entry) -> str:
    """Return the object, the proof, the effect and the cause, in sentences on one line."""
    hit = entry.finding.hit
    parts = [f"{hit.at.object}: {hit.message}"]
    parts += [f"Then: {hit.effect}"] if hit.effect else []
    parts += [f"Follows from {entry.cause.id}: {entry.cause.title}"] if entry.cause else []
    return _line(" ".join(sentence(p) for p in parts))


def described(entry: Entry) -> str:
    """Return what is `said`, and the other places that take part in it."""
    also = entry.finding.hit.also
    places = [f"{path(p)}:{p.line}" if p.line else f"{p.object} {p.dotted}".rstrip() for p in also]
    more = f" and {len(places) - PLACES} more" if len(places) > PLACES else ""
    seen = sentence(_line(f"See also {', '.join(places[:PLACES])}{more}")) if places else ""
    return f"{said(entry)} {seen}".rstrip()


def remedy(finding: Finding) -> str:
    """Return what to do in one sentence."""
    return f"Fix: {sentence(finding.rule.remedy)}"


def advice(finding: Finding) -> str:
    """Return what to do, with something to paste below it where there is."""
    if (fix := finding.hit.fix) is None:
        return remedy(finding)
    return legible(f"Fix ({fix.disposition.value}; {fix.summary}):\n{fix.text.rstrip()}")


def path(place: Location) -> str:
    """Return its file as `relative` does; of a live object, a path that no file has."""
    ref = place.object
    if not ref.live:
        return relative(ref.source)
    return "/".join(_segment(s) for s in _steps(ref) if s) + ".yaml"


def relative(source: str) -> str:
    """Return a file's path from the working directory if it is below, with forward slashes."""
    file = PurePath(legible(source).replace("\n", "\N{REPLACEMENT CHARACTER}"))
    if file.is_absolute() and file.is_relative_to(here := Path.cwd()):
        file = file.relative_to(here)
    return file.as_posix()


def sentence(text: str) -> str:
    """Return *text* with a full stop."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def legible(text: str) -> str:
    """Return *text* without what a reader, XML or UTF-8 cannot take; lines stay apart."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def _line(text: str) -> str:
    return legible(text).replace("\n", " ")


def _every(findings: Iterable[Finding]) -> list[Entry]:
    seen: Counter[str] = Counter()
    listed: list[Entry] = []
    for finding in findings:
        for each in (finding, *finding.explains):
            seen[each.fingerprint] += 1
            cause = None if each is finding else finding.rule
            listed.append(Entry(each, seen[each.fingerprint], cause))
    return listed


def _steps(ref: Reference) -> tuple[str, ...]:
    return ("cluster", ref.source.removeprefix("cluster:"), ref.namespace, ref.kind, ref.name)


def _segment(name: str) -> str:
    """Return *name* as one step of a path: names of contexts may hold slashes."""
    return legible(name).replace("/", "_").replace("\n", "_")
