"""For reviewdog: a Diagnostic a line, as reviewdog proto/rdf/reviewdog.proto has it.

No columns, for there they count bytes; no suggestions, for no fix replaces a range of a file;
no fields but those of its first release, for it refuses what is newer than itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from mpiaudit.render import Look, _flat
from mpiaudit.report import Report

_LONGEST = 8000
"""Characters of a message: reviewdog parser/rdjsonl.go reads no line of 64 KiB or more."""


def render(report: Report, look: Look) -> str:
    """Return a line a finding, and one more where not all could be read."""
    lines = (json.dumps(d, ensure_ascii=False) for d in _diagnostics(report, look))
    return "".join(f"{line}\n" for line in lines)


def _diagnostics(report: Report, look: Look) -> Iterator[dict[str, Any]]:
    if short := _flat.shortfall(report):
        where = _location(*_flat.culprit(report))
        yield _diagnostic(short, where, "warning", _flat.INCOMPLETE)
    for entry in _flat.entries(report, look):
        finding = entry.finding
        title = _flat.sentence(finding.rule.title)
        message = f"{title} {_flat.described(entry)}\n{_flat.advice(finding)}"
        where = _location(_flat.path(finding.hit.at), finding.hit.at.line)
        yield _diagnostic(message, where, _flat.LEVELS[finding.severity], finding.rule.id)


def _diagnostic(message: str, where: dict[str, Any], level: str, code: str) -> dict[str, Any]:
    return {
        "message": message if len(message) <= _LONGEST else f"{message[:_LONGEST]}...",
        "location": where,
        "severity": level.upper(),
        "source": {"name": "mpiaudit"},
        "code": {"value": code},
    }


def _location(path: str, line: int) -> dict[str, Any]:
    return {"path": path} | ({"range": {"start": {"line": line}}} if line else {})
