"""For code scanning: SARIF 2.1.0, with what GitHub asks for beyond it.

Findings of a live cluster have no file, so their paths are made up: they are for SARIF viewers.
No ``fixes``: a command to paste changes no artifact.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from mpiaudit import __version__
from mpiaudit.inventory.inventory import TITLES
from mpiaudit.model import Gap, Location
from mpiaudit.render import Look, _flat, aside
from mpiaudit.report import Finding, Report
from mpiaudit.rule import Confidence, Fix, Rule, Severity

Node = dict[str, Any]

LONGEST = 1024
"""Characters of a rule's descriptions: GitHub docs, "SARIF support for code scanning"."""

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
}

_PROBLEMS = {"error": "error", "warning": "warning", "note": "recommendation"}
"""GitHub's ``problem.severity`` of a level."""

_PRECISIONS = {
    Confidence.CERTAIN: "very-high",
    Confidence.LIKELY: "high",
    Confidence.POSSIBLE: "low",
}
_BASELINE = {True: "new", False: "unchanged"}


def render(report: Report, look: Look) -> str:
    """Return one run, with a result a finding; suppressed ones are notifications.

    GitHub opens an alert for every result, whatever its ``suppressions`` say: github/codeql-action
    issue 1230.
    """
    shown = _flat.entries(report, look)
    rules = {e.finding.rule.id: e.finding.rule for e in shown}
    order = {rule_id: index for index, rule_id in enumerate(sorted(rules))}
    results = [_result(e, order) for e in shown]
    invocation = {
        "executionSuccessful": report.complete,
        "toolExecutionNotifications": list(_notifications(report, look)),
    }
    run = {
        "tool": {"driver": _driver([rules[rule_id] for rule_id in order])},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {
            "grade": str(report.grade) if report.grade else None,
            "passed": [rule.id for rule in report.passed],
        },
    }
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _driver(rules: list[Rule]) -> Node:
    return {
        "name": "mpiaudit",
        "semanticVersion": __version__,
        "rules": [_descriptor(rule) for rule in rules],
    }


def _descriptor(rule: Rule) -> Node:
    level = _LEVELS[rule.severity]
    plain = rule.doc.replace("``", "`")
    title = _flat.sentence(rule.title)
    remedy = _flat.sentence(rule.remedy)
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.slug.split("-")),
        "shortDescription": {"text": textwrap.shorten(title, LONGEST, placeholder=" ...")},
        "fullDescription": {"text": textwrap.shorten(plain or title, LONGEST, placeholder=" ...")},
        "help": {
            "text": f"{title}\n\n{plain}\n\nRemedy: {remedy}",
            "markdown": f"**{title}**\n\n{rule.doc}\n\n**Remedy:** {remedy}",
        },
        "defaultConfiguration": {"level": level},
        "properties": {
            "problem.severity": _PROBLEMS[level],
            "precision": _PRECISIONS[rule.confidence],
            "tags": ["mpijob", rule.topic],
        },
    }


def _result(entry: _flat.Entry, order: dict[str, int]) -> Node:
    finding, hit = entry.finding, entry.finding.hit
    known = {} if finding.new is None else {"baselineState": _BASELINE[finding.new]}
    return {
        **known,
        "ruleId": finding.rule.id,
        "ruleIndex": order[finding.rule.id],
        "level": _LEVELS[finding.severity],
        "message": _message(f"{_flat.said(entry)}\n{_advice(finding)}"),
        "locations": [_location(hit.at)],
        "relatedLocations": [
            {"id": number, **_location(place), "message": _message(f"{place.object}.")}
            for number, place in enumerate(hit.also, 1)
        ],
        "partialFingerprints": {"primaryLocationLineHash": entry.fingerprint},
        "properties": {
            "severity": finding.severity.word,
            "confidence": finding.confidence.word,
            "followsFrom": entry.cause.id if entry.cause else None,
            "fix": _fix(hit.fix),
        },
    }


def _advice(finding: Finding) -> str:
    """Return what to do, with what is to be pasted only if a reader sees it as it is."""
    pasted = _flat.advice(finding)
    return pasted if _literal(pasted) == pasted else _flat.remedy(finding)


def _fix(fix: Fix | None) -> Node | None:
    if fix is None:
        return None
    return {"summary": fix.summary, "text": fix.text, "disposition": fix.disposition.value}


def _location(place: Location) -> Node:
    """Return all that GitHub wants, the first character of the file where no line is known."""
    ref = place.object
    line, column = place.line or 1, place.column or 1
    steps = (ref.namespace, ref.kind, ref.name)
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(_flat.path(place))},
            "region": {
                "startLine": line,
                "startColumn": column,
                "endLine": line,
                "endColumn": column + 1,
            },
        },
        "logicalLocations": [
            {
                "name": _flat.legible(ref.name),
                "fullyQualifiedName": _flat.legible("/".join(filter(None, steps)) + place.dotted),
                "kind": "object",
            }
        ],
    }


def _uri(path: str) -> str:
    return f"{'file://' if path.startswith('/') else ''}{quote(path, safe='/')}"


def _notifications(report: Report, look: Look) -> Iterator[Node]:
    """Yield what was not read, what was not judged, and what is to be known beside the results."""
    for fault in report.coverage.faults:
        yield _notification("error", fault)
    for name, gap in sorted(report.gaps.items()):
        yield _notification(_urgency(gap), f"{TITLES.get(name, name)}: {gap.reason}")
    for skip in report.skips:
        said = _notification(_urgency(skip.gap), f"{skip.rule.id} not judged: {skip.gap.reason}")
        yield said | {"associatedRule": {"id": skip.rule.id}}
    for entry in _flat.suppressed(report):
        named = f"{entry.finding.rule.id} {aside(entry.finding)}"
        yield _notification("note", f"{named}: {_flat.said(entry)}")
    hidden = _flat.hidden(report, look)
    for note in (*report.coverage.notes, *([hidden] if hidden else [])):
        yield _notification("note", note)


def _urgency(gap: Gap) -> str:
    return "error" if gap.unreadable else "note"


def _notification(level: str, text: str) -> Node:
    return {"level": level, "message": _message(_flat.sentence(text))}


def _message(text: str) -> Node:
    return {"text": _flat.legible(_literal(text))}


def _literal(text: str) -> str:
    """Return *text* so that nothing of it is a placeholder or a link: SARIF 2.1.0, 3.11.5-6."""
    return text.replace("{", "{{").replace("}", "}}").replace("](", "] (")
