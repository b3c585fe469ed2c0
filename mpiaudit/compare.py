"""Two audits: what is new, what is resolved, and what cannot be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, cast

from mpiaudit.report import Baseline, Finding, Report
from mpiaudit.rule import Severity

Word = Literal["low", "medium", "high", "critical"]
"""A severity, as JSON spells it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a baseline keeps of a finding. No line of a file is in it, for lines move."""

    fingerprint: str
    rule: str
    severity: Word
    object: str
    path: str
    """The field, as `Location.dotted` writes it."""

    message: str

    @property
    def sort_key(self) -> tuple[int | str, ...]:
        """Worst first, then by rule and place."""
        return (-Severity[self.severity.upper()], *self.place)

    @property
    def place(self) -> tuple[str, ...]:
        """By rule and place, whatever it costs."""
        return (self.rule, self.object, self.path, self.message, self.fingerprint)


@dataclass(frozen=True, slots=True)
class Side:
    """One of two audits to be compared."""

    found: tuple[Entry, ...]
    """Findings and their symptoms."""

    aside: tuple[Entry, ...]
    """The same of ignored rules: neither new nor resolved, whatever the other side says."""

    judged: frozenset[str]
    """Ids of the rules that were judged; what is not in here was not looked for."""

    unread: tuple[str, ...] = ()
    """Inputs that could not be read, so that what is not found may still be there."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All that is there, what counts first."""
        return (*self.found, *self.aside)

    def would_tell(self, entry: Entry) -> bool:
        """Return whether *entry* would have been found if it was there."""
        return entry.rule in self.judged and not self.unread


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of the findings of one audit in another, worst first."""

    new: tuple[Entry, ...]
    resolved: tuple[Entry, ...]
    unchanged: int
    perhaps_new: tuple[Entry, ...]
    """Found now, by rules that were not judged before."""

    perhaps_resolved: tuple[Entry, ...]
    """Not found now, but not all was read, or the rule was not judged."""

    judged_before: tuple[str, ...]
    """Ids of the rules that were judged before only."""

    judged_now: tuple[str, ...]
    """Ids of the rules that are judged now only."""


def side(report: Report) -> Side:
    """Return what is to be compared of *report*."""
    found = tuple(_entry(f) for f in _every(report.findings))
    aside = tuple(_entry(f) for f in _every(report.suppressed))
    judged = {r.id for r in report.passed} | {e.rule for e in (*found, *aside)}
    return Side(found, aside, frozenset(judged), report.coverage.faults)


def difference(old: Side, new: Side) -> Difference:
    """Return what *new* says that *old* does not, and the reverse.

    Of a fingerprint that is on both sides, as many as both have are the same. What was moved aside
    before and is not any more is new; what is moved aside now is not resolved.
    """
    added = _beyond(new.found, old.found)
    removed = _beyond(old.found, new.entries)
    return Difference(
        new=_sorted(e for e in added if e.rule in old.judged),
        resolved=_sorted(e for e in removed if new.would_tell(e)),
        unchanged=len(new.found) - len(added),
        perhaps_new=_sorted(e for e in added if e.rule not in old.judged),
        perhaps_resolved=_sorted(e for e in removed if not new.would_tell(e)),
        judged_before=tuple(sorted(old.judged - new.judged)),
        judged_now=tuple(sorted(new.judged - old.judged)),
    )


def against(old: Side, report: Report) -> Report:
    """Return *report* with each finding marked as known by *old* or new, and none left out."""
    left = Counter(e.fingerprint for e in old.found)
    findings = tuple(_marked(f, left) for f in report.findings)
    marks = Counter(f.new for f in _every(findings))
    now = side(report)
    gone = _beyond(old.found, now.entries)
    told = sum(now.would_tell(e) for e in gone)
    baseline = Baseline(marks[False], marks[True], told, len(gone) - told)
    return replace(report, findings=findings, baseline=baseline)


def _entry(finding: Finding) -> Entry:
    at = finding.hit.at
    return Entry(
        fingerprint=finding.fingerprint,
        rule=finding.rule.id,
        severity=cast("Word", finding.severity.word),
        object=str(at.object),
        path=at.dotted,
        message=finding.hit.message,
    )


def _every(findings: Iterable[Finding]) -> Iterator[Finding]:
    for finding in findings:
        yield finding
        yield from _every(finding.explains)


def _marked(finding: Finding, left: Counter[str]) -> Finding:
    """Return *finding* and its symptoms, those new that *left* holds no more of."""
    new = not _take(left, finding.fingerprint)
    explains = tuple(_marked(f, left) for f in finding.explains)
    return replace(finding, new=new, explains=explains)


def _beyond(entries: Iterable[Entry], others: Iterable[Entry]) -> list[Entry]:
    """Return those of *entries* that *others* do not match, one by one."""
    left = Counter(e.fingerprint for e in others)
    return [e for e in entries if not _take(left, e.fingerprint)]


def _take(left: Counter[str], fingerprint: str) -> bool:
    if left[fingerprint] == 0:
        return False
    left[fingerprint] -= 1
    return True


def _sorted(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda e: e.sort_key))
