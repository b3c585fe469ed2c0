"""For a comment on a pull request, and for ``$GITHUB_STEP_SUMMARY``.

What may hold markup, a mention or a link stands in a code span; everything else is words.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import accumulate

from mpiaudit.inventory.inventory import TITLES
from mpiaudit.model import Location
from mpiaudit.render import Look, _extent, count, unsuppressed
from mpiaudit.report import Finding, Report
from mpiaudit.rule import Confidence, Severity

LIMIT = 60_000
"""Characters; GitHub takes 65,536 in a comment, and others write something around the report."""

LISTED = 20
"""Lines of one list below the findings."""

LONGEST = 300
"""Characters of one such line, or of an object's name."""

_WORDS = re.compile(r"""(?!.*(://|www\.|:[a-z0-9+-]+:))[A-Za-z0-9 .,;:()"'/%+=-]+""")
"""What GitHub shows as it is: no markup, link, mention or emoji."""

_CONTROL = re.compile(
    r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+"
)
"""Control characters, line ends, changes of direction, and halves of surrogate pairs."""


def render(report: Report, look: Look) -> str:
    """Return two lines for a clean report; else tables and sections below `LIMIT` characters."""
    shown = [f for f in report.findings if look.shows(f)]
    hidden = _with_symptoms(report.findings) - _with_symptoms(shown)
    head = [f"### MPIJob audit: {_grade(report)}", _sentence(report, shown)]
    tail = list(_tail(report, hidden, clean=not shown))
    room = LIMIT - sum(len(line) + 1 for line in (*head, *tail)) - LONGEST
    pages = [(_row(f), _details(f)) for f in shown]
    sizes = accumulate(len(row) + len(details) + 2 for row, details in pages)
    fit = pages[: sum(size <= room for size in sizes)]
    body: list[str] = []
    if shown:
        body += [
            "",
            "| Severity | Rule | Object | What | Where |",
            "| --- | --- | --- | --- | --- |",
        ]
        body += [row for row, _ in fit]
    if left := len(shown) - len(fit):
        body += ["", f"**Left out for length:** {count(left, 'finding')}; `-o json` lists all."]
    body += [details for _, details in fit]
    return "\n".join([*head, *body, *tail]) + "\n"


def _with_symptoms(findings: Iterable[Finding]) -> int:
    return sum(1 + len(f.explains) for f in findings)


def _grade(report: Report) -> str:
    if report.grade is None:
        return "no grade"
    aside = f"; {unsuppressed(report)}" if report.suppressed else ""
    return f"grade {'' if report.complete else 'at best '}{report.grade}{aside}"


def _sentence(report: Report, shown: list[Finding]) -> str:
    if report.grade is None:
        nothing = f"Nothing to audit: no MPIJob, controller or CRD in {_extent.read(report)}."
        return nothing if report.empty else "Nothing that was asked for could be judged."
    if not shown:
        skipped = len(report.skips)
        missing = f"; {count(skipped, 'rule')} not judged" if skipped else ""
        judged = count(len(report.passed), "rule")
        return f"No findings: {judged} judged on {_extent.read(report)}{missing}."
    counts = Counter(f.severity for f in shown)
    each = ", ".join(f"{counts[s]} {s.word}" for s in reversed(Severity) if counts[s])
    worst = report.decisive
    set_by = (
        f", set by {worst.rule.id}; {report.grade_without_decisive} without it" if worst else ""
    )
    return f"{count(len(shown), 'finding')} on {_extent.read(report)}: {each}{set_by}."


def _row(finding: Finding) -> str:
    at, sure = finding.hit.at, _sure(finding)
    cells = (
        f"{finding.severity.word}{sure}",
        finding.rule.id,
        _code(_short(str(at.object))),
        _say(finding.rule.title),
        _code(_short(_place(at))),
    )
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    """Escape pipes as GFM 0.29 section 4.10 has it, in code spans too."""
    return re.sub(r"(\\*)\|", r"\1\1\\|", text)


def _sure(finding: Finding) -> str:
    certain = finding.confidence is Confidence.CERTAIN
    return "" if certain else f" ({finding.confidence.word})"


def _place(at: Location) -> str:
    if at.line:
        return f"{at.object.source}:{at.line}"
    return at.dotted or at.object.source


def _details(finding: Finding) -> str:
    """Return what unfolds; a blank line ends HTML and begins Markdown."""
    name = html.escape(_flat(f"{finding.rule.id} {finding.rule.title}{_sure(finding)}"))
    about = html.escape(_flat(_short(str(finding.hit.at.object))))
    head = f"\n<details><summary>{name}: <code>{about}</code></summary>\n"
    return "\n".join([head, *_points(finding), "", "</details>"])


def _points(finding: Finding) -> Iterator[str]:
    hit = finding.hit
    yield f"- At: {_code(_short(str(hit.at)))}"
    yield f"- Proof: {_say(hit.message)}"
    yield from _listed(f"- Also: {_code(str(place))}" for place in hit.also)
    yield from _listed(
        f"- Hence: {s.rule.id} on {_code(str(s.hit.at.object))}: {_say(s.hit.message)}"
        for s in finding.explains
    )
    if hit.effect:
        yield f"- Then: {_say(hit.effect)}"
    yield f"- Remedy: {_say(finding.rule.remedy)}"
    if hit.fix:
        lines = hit.fix.text.rstrip("\n").split("\n")
        text = "\n".join(_CONTROL.sub("\ufffd", line.rstrip("\r")) for line in lines)
        fence = _ticks(text, least=3)
        yield f"- Fix ({hit.fix.disposition.value}): {_say(hit.fix.summary)}"
        yield f"\n{fence}\n{text}\n{fence}"


def _tail(report: Report, hidden: int, *, clean: bool) -> Iterator[str]:
    """Yield what is not shown as a finding, and was not judged unless `_sentence` says it all."""
    reasons: Counter[tuple[bool, str]] = Counter()
    reasons.update((s.gap.unreadable, s.gap.reason) for s in report.skips)
    unsaid = [
        f"{TITLES.get(name, name)}: {gap.reason}"
        for name, gap in sorted(report.gaps.items())
        if gap.unreadable and (True, gap.reason) not in reasons
    ]
    quiet = clean and report.complete and report.grade
    lines = [f"Not read: {_say(_short(text))}" for text in (*report.coverage.faults, *unsaid)]
    lines += [
        f"{count(number, 'rule')}: {_say(_short(reason))}"
        for (unreadable, reason), number in sorted(reasons.items(), key=_most)
        if unreadable or not quiet
    ]
    title = f"Not judged: {count(len(report.skips), 'rule')}" if report.skips else "Not read"
    yield from _section(title, lines)
    if report.suppressed:
        ids = ", ".join(sorted({f.rule.id for f in report.suppressed}))
        yield from ("", f"**Suppressed:** {count(len(report.suppressed), 'finding')} of {ids}")
    if hidden:
        yield from (
            "",
            f"**Hidden:** {count(hidden, 'finding')} that may be nothing; `--pedantic` shows all",
        )
    yield from _section("To note", [_say(_short(note)) for note in report.coverage.notes])


def _section(title: str, lines: list[str]) -> Iterator[str]:
    if not lines:
        return
    yield from ("", f"**{title}**", "")
    yield from _listed(f"- {line}" for line in lines)


def _listed(points: Iterable[str]) -> Iterator[str]:
    points = list(points)
    yield from points[:LISTED]
    if (more := len(points) - LISTED) > 0:
        yield f"- and {more} more; `-o json` lists all"


def _most(group: tuple[tuple[bool, str], int]) -> tuple[object, ...]:
    """Sort what could not be read first, then the reason of most rules."""
    (unreadable, reason), number = group
    return (not unreadable, -number, reason)


def _say(text: str) -> str:
    flat = _flat(text)
    return flat if _WORDS.fullmatch(flat) else _code(flat)


def _code(text: str) -> str:
    """Return a code span, whatever *text* holds: CommonMark 0.31.2, section 6.1."""
    flat = _flat(text) or "-"
    ticks = _ticks(flat, least=1)
    pad = " " if "`" in (flat[0], flat[-1]) else ""
    return f"{ticks}{pad}{flat}{pad}{ticks}"


def _ticks(text: str, *, least: int) -> str:
    """Return more backticks than stand together anywhere in *text*."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    return "`" * max(least, longest + 1)


def _flat(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}\u2026"
