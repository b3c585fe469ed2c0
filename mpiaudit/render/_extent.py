"""How much was read and judged, in words."""

from __future__ import annotations

from collections.abc import Iterable

from mpiaudit.render import count
from mpiaudit.report import Report, Skip


def unread(report: Report) -> str:
    """Say how much could not be read, or judged."""
    kinds = sum(g.unreadable for g in report.gaps.values())
    if report.coverage.faults:
        return f"{count(len(report.coverage.faults), 'input')} could not be read"
    if kinds:
        return f"{count(kinds, 'kind')} could not be read"
    return f"{count(sum(s.gap.unreadable for s in report.skips), 'rule')} could not be judged"


def read(report: Report) -> str:
    """Return ``2 files``, or ``31 objects`` of a cluster."""
    coverage = report.coverage
    if coverage.live:
        return count(coverage.documents, "object")
    return count(coverage.inputs, "file")


def judged(report: Report) -> str:
    """Return ``96 rules judged``: those that passed, and those that found something."""
    found = {f.rule.id for cause in (*report.findings, *report.suppressed) for f in cause.family}
    return f"{count(len(report.passed) + len(found), 'rule')} judged"


def elsewhere(skips: Iterable[Skip]) -> str:
    """Say how many rules want what was not given; empty where none does."""
    more = sum(not s.gap.unreadable for s in skips)
    return f"; {more} more with a live scan or exports" if more else ""
