"""For the log of a GitHub workflow: commands that become annotations.

actions/toolkit packages/core/src/command.ts escapes them. GitHub shows ten of a level for a step,
so the tenth counts what is left.
"""

from __future__ import annotations

from mpiaudit.render import Look, _flat, count, unsuppressed
from mpiaudit.report import Report
from mpiaudit.rule import Severity

SHOWN = 10
"""Annotations of one level that GitHub shows for a step."""

_COMMANDS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
}


def render(report: Report, look: Look) -> str:
    """Return a line a finding, worst first, and one notice with the grade and what is not shown."""
    levels: dict[str, list[str]] = {"error": [], "warning": [], "notice": []}
    if short := _flat.shortfall(report):
        levels["warning"].append(_command("warning", {"title": "mpiaudit"}, short))
    levels["notice"].append(_command("notice", {"title": "mpiaudit"}, _summary(report, look)))
    for entry in sorted(_flat.entries(report, look), key=lambda e: -e.finding.severity):
        level = _COMMANDS[entry.finding.severity]
        levels[level].append(_annotation(level, entry))
    lines = (line for level, found in levels.items() for line in _within(level, found))
    return "".join(f"{line}\n" for line in lines)


def _annotation(level: str, entry: _flat.Entry) -> str:
    finding, at = entry.finding, entry.finding.hit.at
    place: dict[str, object] = {}
    if not at.object.live:
        place["file"] = _flat.path(at)
    if at.line:
        place |= {"line": at.line, "col": at.column}
    title = f"{finding.rule.id} {finding.rule.title}"
    message = f"{_flat.described(entry)}\n{_flat.advice(finding)}"
    return _command(level, place | {"title": title}, message)


def _summary(report: Report, look: Look) -> str:
    bound = "" if report.complete else "at best "
    grade = f"Grade {bound}{report.grade}" if report.grade else "No grade"
    if report.empty:
        grade = "Nothing to audit: no MPIJob, controller or CRD"
    skipped = len(report.skips)
    aside = unsuppressed(report) if report.grade else ""
    unjudged = f"{count(skipped, 'rule')} not judged" if skipped else ""
    return "; ".join(filter(None, (grade, aside, _flat.hidden(report, look), unjudged)))


def _within(level: str, lines: list[str]) -> list[str]:
    """Return as many of *lines* as are shown; the last counts the others where there are more."""
    if len(lines) <= SHOWN:
        return lines
    more = f"{len(lines) - SHOWN + 1} more; the text report lists all"
    return [*lines[: SHOWN - 1], _command(level, {"title": "mpiaudit"}, more)]


def _command(level: str, properties: dict[str, object], message: str) -> str:
    given = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{level} {given}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
