"""For a terminal: the answer first, then each finding with its proof and something to paste."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from itertools import groupby

from tabulate import tabulate

from mpiaudit.inventory.inventory import TITLES, WHAT_IF
from mpiaudit.model import Location
from mpiaudit.render import Look, _extent, _flat, count, unsuppressed
from mpiaudit.report import Finding, Report
from mpiaudit.rule import Confidence, Fix, Severity
from mpiaudit.verdict import Present

SHOWN = 10
"""Findings of one rule that are shown; the rest is counted, and in ``-o json``."""

_LABEL = 11
"""Columns before the text of a labelled line: four of indent, a word, two of space."""

_COLOURS = {
    Severity.CRITICAL: "1;31",
    Severity.HIGH: "31",
    Severity.MEDIUM: "33",
    Severity.LOW: "36",
}
"""ANSI select-graphic-rendition codes."""


def render(report: Report, look: Look) -> str:
    """Return the verdict, the grade, the findings and what was not judged."""
    if _is_clean(report, look):
        hidden = _flat.hidden(report, look)
        line = next(_grade(report, look))
        return f"{line}; {hidden}\n" if hidden else f"{line}\n"
    known = [*_wrap(str(report.baseline), look), ""] if report.baseline else []
    parts = [
        *_verdict(report, look),
        *_grade(report, look),
        *known,
        *_findings(report, look),
        *_judged(report, look),
    ]
    return "\n".join(line.rstrip() for line in parts).strip("\n") + "\n"


def _is_clean(report: Report, look: Look) -> bool:
    """Return whether manifests were judged, and there is no more to say than one line."""
    coverage = report.coverage
    shown = any(look.shows(f) for f in report.findings)
    more = shown or report.suppressed or report.baseline or coverage.notes or coverage.live
    return bool(report.grade) and report.complete and not more


def _verdict(report: Report, look: Look) -> Iterator[str]:
    coverage, verdict = report.coverage, report.verdict
    if not coverage.live and not verdict.controllers and not report.findings:
        return
    server = f" (Kubernetes {coverage.server.removeprefix('v')})" if coverage.server else ""
    yield _paint(f"MPIJob {'on' if coverage.live else 'in'} {coverage.source}{server}", "1", look)
    yield ""
    if verdict.controllers:
        yield from (f"  {line}" for line in _table(verdict.controllers, look.width - 2))
        yield ""
    for sentences in filter(None, (verdict.facts, verdict.answer)):
        yield from (line for said in sentences for line in _wrap(said, look, indent=2))
        yield ""


def _table(controllers: Iterable[Present], width: int) -> list[str]:
    """Return a line a controller under a line of heads; the last column wraps."""
    heads = ("controller", "release", "namespace", "reconciles", "watches", "state")
    rows = [heads, *(tuple(getattr(c, f) for f in Present.__slots__) for c in controllers)]
    used = sum(max(len(row[i]) for row in rows) + 2 for i in range(len(heads) - 1))
    widths = [None] * (len(heads) - 1) + [max(width - used, 12)]
    table = tabulate(rows, tablefmt="plain", disable_numparse=True, maxcolwidths=widths)
    return table.splitlines()


def _grade(report: Report, look: Look) -> Iterator[str]:
    coverage = report.coverage
    if report.grade is None:
        nothing = f"Nothing to audit: no MPIJob, controller or CRD in {_extent.read(report)}"
        yield nothing if report.empty else "No grade: nothing that was asked for could be judged"
        yield ""
        return
    bound = "" if report.complete else "at best "
    short = "" if report.complete else f"; {_extent.unread(report)}"
    if report.suppressed:
        short += f"; {unsuppressed(report)}"
    worst = report.decisive
    if worst is None:
        scope = f"{_extent.read(report)}, {_extent.judged(report)}"
        unclear = "" if coverage.live else _extent.elsewhere(report.skips)
        shown = _paint(f"{bound}{report.grade}", "1;32" if report.complete else "1;33", look)
        yield f"{'Grade ' if coverage.live else ''}{shown}  {scope}{unclear}{short}"
    else:
        shown = _paint(f"{bound}{report.grade}", _COLOURS[worst.severity], look)
        without = f"{report.grade_without_decisive} without it"
        yield f"Grade {shown}, set by {worst.rule.id}; {without}{short}"
    yield ""


def _findings(report: Report, look: Look) -> Iterator[str]:
    shown = [f for f in report.findings if look.shows(f)]
    for severity, same in groupby(shown, key=lambda f: f.severity):
        yield _paint(severity.name, _COLOURS[severity], look)
        for _, group in groupby(same, key=lambda f: (f.confidence, f.rule.id)):
            yield from _group(list(group), look)
    if look.suppressed and report.suppressed:
        yield _paint("SUPPRESSED", "1", look)
        aside = sorted(report.suppressed, key=lambda f: f.sort_key)
        for _, group in groupby(aside, key=lambda f: (f.severity, f.confidence, f.rule.id)):
            yield from _group(list(group), look)
    if hidden := len(report.findings) - len(shown):
        yield f"Hidden: {count(hidden, 'finding')} that may be nothing; --pedantic shows all"
        yield ""


def _group(group: list[Finding], look: Look) -> Iterator[str]:
    """Yield one rule's findings; what they have in common is said once, at the end."""
    head = group[0]
    sure = "" if head.confidence is Confidence.CERTAIN else f" ({head.confidence.word})"
    times = f": {len(group)} times" if len(group) > 1 else ""
    title = f"{head.rule.id} {head.rule.title}{sure}{times}"
    yield from _wrap(title, look, indent=2, hang=9)
    group.sort(key=lambda f: not any(e.new for e in _every([f])))
    fixes = {f.hit.fix for f in group}
    for finding in group[:SHOWN]:
        yield from _place(finding, look)
        if len(fixes) > 1:
            yield from _fix(finding, look)
    if len(group) > SHOWN:
        yield from _label("", f"and {len(group) - SHOWN} more; -o json lists all", look)
    for effect in dict.fromkeys(f.hit.effect for f in group[:SHOWN] if f.hit.effect):
        yield from _label("then", effect, look)
    if len(fixes) == 1:
        yield from _fix(head, look)
    yield ""


def _place(finding: Finding, look: Look) -> Iterator[str]:
    hit = finding.hit
    yield from _label("at", f"{_spot(hit.at)}{_new(finding)}", look)
    yield from _label("proof", hit.message, look)
    for place in hit.also[:SHOWN]:
        yield from _label("also", _spot(place), look)
    if len(hit.also) > SHOWN:
        yield from _label("", f"and {len(hit.also) - SHOWN} more places", look)
    if finding.suppression:
        yield from _label("why", f"{finding.suppression} ({finding.suppression.at})", look)
    for symptom in finding.explains:
        yield from _label("hence", f"{symptom.rule.id} {symptom.hit.message}{_new(symptom)}", look)


def _new(finding: Finding) -> str:
    return "  (new)" if finding.new else ""


def _spot(place: Location) -> str:
    named = f"{place.object}  {place.dotted}".rstrip()
    return f"{place}  {place.object}" if place.line else named


def _fix(finding: Finding, look: Look) -> Iterator[str]:
    fix: Fix | None = finding.hit.fix
    if fix is None:
        yield from _label("fix", finding.rule.remedy, look)
        return
    yield from _label("fix", f"{fix.disposition.value}; {fix.summary}", look)
    yield from (" " * _LABEL + line for line in fix.text.rstrip("\n").split("\n"))


def _judged(report: Report, look: Look) -> Iterator[str]:
    if report.decisive:
        settings = report.coverage.settings
        kept = f", with the settings of {settings}" if settings else ""
        yield f"On {_extent.read(report)}: {_extent.judged(report)}{kept}."
    if report.suppressed:
        ids = sorted({f.rule.id for f in report.suppressed})
        listed = "" if look.suppressed else "; --show-suppressed lists them"
        said = f"Suppressed: {count(len(report.suppressed), 'finding')} of {', '.join(ids)}"
        yield from _wrap(f"{said}{listed}", look, hang=2)
    if report.coverage.faults:
        yield "Not read:"
        yield from (f"  {fault}" for fault in report.coverage.faults)
    if not report.empty:
        yield from _not_judged(report, look)
    if report.coverage.notes:
        yield "To note:"
        yield from (f"  {note}" for note in report.coverage.notes)


def _not_judged(report: Report, look: Look) -> Iterator[str]:
    refused = [s for s in report.skips if s.gap.unreadable]
    for reason in dict.fromkeys(s.gap.reason for s in refused):
        ids = [s.rule.id for s in refused if s.gap.reason == reason]
        said = f"Not judged: {count(len(ids), 'rule')}, {reason} ({', '.join(ids)})"
        yield from _wrap(said, look, hang=2)
    unasked = WHAT_IF if report.gaps.keys() >= WHAT_IF else frozenset()
    others = [
        s.rule for s in report.skips if not s.gap.unreadable and unasked.isdisjoint(s.rule.needs)
    ]
    if others and (report.decisive or report.coverage.live or report.grade is None):
        missing = {n for r in others for n in r.needs if n in report.gaps}
        wanted = ", ".join(dict.fromkeys(TITLES[n] for n in TITLES if n in missing))
        said = f"Not judged for want of {wanted}: {count(len(others), 'rule')}"
        yield from _wrap(f"{said}; scan the cluster, or add exports", look, hang=2)


def _every(findings: Iterable[Finding]) -> Iterator[Finding]:
    for finding in findings:
        yield finding
        yield from finding.explains


def _label(word: str, text: str, look: Look) -> Iterator[str]:
    """Yield *text* wrapped behind a word: ``    at     Deployment ...``."""
    lines = _wrap(text, look, indent=_LABEL)
    lead = f"    {word:<{_LABEL - 4}}"
    yield lead + (lines[0][_LABEL:] if lines else "")
    yield from lines[1:]


def _wrap(text: str, look: Look, *, indent: int = 0, hang: int = 0) -> list[str]:
    return textwrap.wrap(
        text,
        max(look.width, 40),
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hang),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _paint(text: str, code: str, look: Look) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if look.colour else text
