"""For programs. The shape is a promise: ``report.schema.json`` beside this file states it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from mpiaudit.grade import Grade
from mpiaudit.inventory.suppression import Suppression
from mpiaudit.model import Gap, Location
from mpiaudit.render import Look
from mpiaudit.report import Coverage, Finding, Report
from mpiaudit.rule import Fix
from mpiaudit.verdict import Verdict

SCHEMA = 1
"""Raised by one when a field goes or changes its meaning; not when one is added."""


def render(report: Report, look: Look) -> str:  # noqa: ARG001 - every format takes one
    """Return one JSON object, with keys in a fixed order."""
    worst = report.decisive
    document = {
        "schema": SCHEMA,
        "grade": _grade(report.grade),
        "grade_set_by": worst.rule.id if worst else None,
        "grade_without_it": _grade(report.grade_without_decisive),
        "grade_unsuppressed": _grade(report.grade_unsuppressed),
        "complete": report.complete,
        "coverage": _coverage(report.coverage),
        "verdict": _verdict(report.verdict),
        "findings": [_finding(f) for f in report.findings],
        "suppressed": [_finding(f) for f in report.suppressed],
        "not_judged": [{"rule": s.rule.id, **_gap(s.gap)} for s in report.skips],
        "gaps": {name: _gap(gap) for name, gap in sorted(report.gaps.items())},
        "passed": [rule.id for rule in report.passed],
    }
    if report.baseline:
        document["baseline"] = asdict(report.baseline)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _grade(grade: Grade | None) -> dict[str, Any] | None:
    return None if grade is None else {"letter": grade.letter, "score": grade.score}


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "source": coverage.source,
        "live": coverage.live,
        "server": coverage.server or None,
        "inputs": coverage.inputs,
        "documents": coverage.documents,
        "relevant": coverage.relevant,
        "faults": list(coverage.faults),
        "notes": list(coverage.notes),
        **({"settings": coverage.settings} if coverage.settings else {}),
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "controllers": [
            {
                "product": c.product,
                "release": c.release,
                "namespace": c.namespace,
                "reconciles": c.reconciles,
                "watches": c.watches,
                "state": c.state,
            }
            for c in verdict.controllers
        ],
        "facts": list(verdict.facts),
        "answer": list(verdict.answer),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    ref = finding.hit.at.object
    more: dict[str, Any] = {} if finding.new is None else {"new": finding.new}
    if finding.suppression:
        more["suppression"] = _suppression(finding.suppression)
    return {
        "rule": finding.rule.id,
        "slug": finding.rule.slug,
        "topic": finding.rule.topic,
        "severity": finding.severity.word,
        "confidence": finding.confidence.word,
        "title": finding.rule.title,
        "message": finding.hit.message,
        "effect": finding.hit.effect or None,
        "remedy": finding.rule.remedy,
        "fingerprint": finding.fingerprint,
        **more,
        "at": _place(finding.hit.at),
        "object": {
            "apiVersion": ref.api_version,
            "kind": ref.kind,
            "namespace": ref.namespace or None,
            "name": ref.name,
        },
        "also": [{**_place(p), "object": str(p.object)} for p in finding.hit.also],
        "fix": _fix(finding.hit.fix),
        "explains": [_finding(symptom) for symptom in finding.explains],
    }


def _suppression(suppression: Suppression) -> dict[str, Any]:
    return {
        "reason": suppression.reason,
        "until": suppression.until.isoformat() if suppression.until else None,
        "at": _place(suppression.at),
    }


def _place(place: Location) -> dict[str, Any]:
    return {
        "source": place.object.source,
        "line": place.line or None,
        "column": place.column or None,
        "path": list(place.path),
    }


def _fix(fix: Fix | None) -> dict[str, Any] | None:
    if fix is None:
        return None
    return {"summary": fix.summary, "text": fix.text, "disposition": fix.disposition.value}


def _gap(gap: Gap) -> dict[str, Any]:
    return {"reason": gap.reason, "unreadable": gap.unreadable}
