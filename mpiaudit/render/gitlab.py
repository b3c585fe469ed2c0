"""For GitLab Code Quality: an array of issues; what it cannot hold is left to other formats.

GitLab docs, ci/testing/code_quality, "Code Quality report format". Findings that were ignored and
rules that were merely not asked for have no place there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from mpiaudit.render import Look, _flat
from mpiaudit.report import Report
from mpiaudit.rule import Severity

_SEVERITIES = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
}


def render(report: Report, look: Look) -> str:
    """Return an issue a finding, and one more where not all could be read."""
    return json.dumps(list(_issues(report, look)), indent=2, ensure_ascii=False) + "\n"


def _issues(report: Report, look: Look) -> Iterator[dict[str, Any]]:
    if short := _flat.shortfall(report):
        path, line = _flat.culprit(report)
        yield {
            "description": short,
            "check_name": _flat.INCOMPLETE,
            "fingerprint": hashlib.sha256(f"{_flat.INCOMPLETE}\0{path}".encode()).hexdigest()[:16],
            "severity": "major",
            "location": {"path": path, "lines": {"begin": line or 1}},
        }
    for entry in _flat.entries(report, look):
        finding = entry.finding
        place = finding.hit.at
        yield {
            "description": f"{_flat.described(entry)} {_flat.remedy(finding)}",
            "check_name": finding.rule.id,
            "fingerprint": entry.fingerprint,
            "severity": _SEVERITIES[finding.severity],
            "location": {"path": _flat.path(place), "lines": {"begin": place.line or 1}},
        }
