"""For spreadsheets: a row a finding, and a row for each thing that was not judged or read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from mpiaudit.render import Look, _flat
from mpiaudit.report import Report
from mpiaudit.rule import Confidence, Rule, Severity

COLUMNS = (
    *("rule", "severity", "confidence", "kind", "namespace", "name", "source", "line", "column"),
    *("path", "message", "remedy", "fingerprint", "status"),
)
"""Status is ``found``, ``symptom`` of the finding above, ``suppressed``, ``hidden``,
``not judged`` or ``not read``."""

_FORMULA = ("=", "+", "-", "@", "\t", "\n")
"""How a cell begins that a spreadsheet may run: OWASP, CSV Injection."""

Row = dict[str, str]


def render(report: Report, look: Look) -> str:
    """Return a row of names, then the rows, worst first, each with all `COLUMNS`."""
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    table.writeheader()
    for row in _rows(report, look):
        table.writerow({name: _inert(_flat.legible(cell)) for name, cell in row.items()})
    return text.getvalue()


def _rows(report: Report, look: Look) -> Iterator[Row]:
    for entry in _flat.entries(report, look):
        yield _found(entry, "symptom" if entry.cause else "found")
    for entry in _flat.suppressed(report):
        yield _found(entry, "suppressed")
    if hidden := _flat.hidden(report, look):
        yield {"message": hidden, "status": "hidden"}
    for skip in report.skips:
        sort = _sort(skip.rule, skip.rule.severity, skip.rule.confidence)
        yield sort | {"message": skip.gap.reason, "status": "not judged"}
    for reason in _flat.unread(report):
        yield {"message": reason, "status": "not read"}


def _found(entry: _flat.Entry, status: str) -> Row:
    finding, at = entry.finding, entry.finding.hit.at
    return _sort(finding.rule, finding.severity, finding.confidence) | {
        "kind": at.object.kind,
        "namespace": at.object.namespace,
        "name": at.object.name,
        "source": at.object.source,
        "line": str(at.line or ""),
        "column": str(at.column or ""),
        "path": at.dotted,
        "message": finding.hit.message,
        "remedy": finding.rule.remedy,
        "fingerprint": finding.fingerprint,
        "status": status,
    }


def _sort(rule: Rule, severity: Severity, confidence: Confidence) -> Row:
    return {"rule": rule.id, "severity": severity.word, "confidence": confidence.word}


def _inert(cell: str) -> str:
    """Return *cell* so that a spreadsheet takes it as text."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
