"""What a KRM function says: results, as the KRM Functions Specification v1 has them.

kubernetes-sigs/kustomize kyaml/v0.21.2 fn/framework/result.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from mpiaudit.model import Location, dig
from mpiaudit.render import Look, _flat, count
from mpiaudit.report import Finding, Report
from mpiaudit.rule import Confidence, Severity

ERROR, WARNING, INFO = "error", "warning", "info"

PREFIXES = ("internal.config.kubernetes.io/", "config.kubernetes.io/")
"""Of the annotations that say which file an item came from: ``path``, and ``index`` in it.

kubernetes-sigs/kustomize kyaml/v0.21.2 kio/kioutil/kioutil.go; the second is the older.
"""


def results(
    report: Report, look: Look, limit: Severity, items: Sequence[Any]
) -> Iterator[dict[str, Any]]:
    """Yield the results of *report* on *items*: errors stop the pipeline, worst first.

    A finding is an error if it is as severe as *limit*.
    """
    for reason in _flat.unread(report):
        said = f"Not all could be read, so more may be wrong: {reason}"
        yield {"message": said, "severity": ERROR}
    for entry in _flat.entries(report, look):
        finding = entry.finding
        title = _flat.sentence(finding.rule.title)
        said = f"{finding.rule.id}: {title} {_flat.described(entry)} {_flat.remedy(finding)}"
        yield {
            "message": said,
            "severity": _severity(finding, limit),
            **_place(finding.hit.at, items),
            "tags": _tags(finding),
        }
    for note in (*report.coverage.notes, *_silent(report, look, len(items))):
        yield {"message": _flat.legible(note), "severity": INFO}


def line(result: dict[str, Any]) -> str:
    """Return *result* in a line, for a person."""
    file = dig(result, "file", "path")
    return f"{result['severity']}: {f'{file}: ' if file else ''}{result['message']}"


def _severity(finding: Finding, limit: Severity) -> str:
    if finding.counts(limit):
        return ERROR
    return INFO if finding.confidence is Confidence.POSSIBLE else WARNING


def _place(at: Location, items: Sequence[Any]) -> dict[str, Any]:
    ref = at.object
    named = {
        "apiVersion": ref.api_version,
        "kind": ref.kind,
        "namespace": ref.namespace,
        "name": ref.name,
    }
    place: dict[str, Any] = {"resourceRef": {key: value for key, value in named.items() if value}}
    if at.path:
        place["field"] = {"path": at.dotted.removeprefix(".")}
    if file := _file(dig(items, *ref.prefix[1:2], "metadata", "annotations")):
        place["file"] = file
    return place


def _file(annotations: object) -> dict[str, Any]:
    """Return the file that an item with *annotations* came from; empty where they do not say."""
    path, index = (
        next((found for p in PREFIXES if (found := dig(annotations, f"{p}{name}"))), None)
        for name in ("path", "index")
    )
    if not path:
        return {}
    number = re.fullmatch(r"[0-9]{1,9}", str(index))
    return {"path": str(path), "index": int(number[0]) if number else 0}


def _tags(finding: Finding) -> dict[str, str]:
    return {
        "rule": finding.rule.id,
        "severity": finding.severity.word,
        "confidence": finding.confidence.word,
        "fingerprint": finding.fingerprint,
    }


def _silent(report: Report, look: Look, items: int) -> Iterator[str]:
    """Yield what the findings do not tell."""
    if report.empty:
        yield f"Nothing to audit: no MPIJob, controller or CRD in {count(items, 'item')}"
    if number := sum(not skip.gap.unreadable for skip in report.skips):
        yield f"{count(number, 'rule')} not judged, for the items do not hold what they need"
    if report.suppressed:
        yield f"{count(len(report.suppressed), 'finding')} suppressed"
    if hidden := _flat.hidden(report, look):
        yield hidden
