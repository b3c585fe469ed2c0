"""What each rule says of each object, as policy engines count it, and the reports that hold it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from mpiaudit.inventory.inventory import TITLES
from mpiaudit.model import Location
from mpiaudit.render import Look, aside
from mpiaudit.report import Finding, Report
from mpiaudit.rule import Confidence, Rule

NAME = "mpiaudit"
"""Of every report, so that the next one takes its place; and who made and manages it."""

OUTCOMES = ("pass", "fail", "warn", "error", "skip")
"""openreports/reports-api v0.2.1 apis/openreports.io/v1alpha1/report_types.go: what did not count
is ``warn``, what could not be evaluated ``error``, what did not apply ``skip``."""

PAGE = 128_000
"""Bytes of results in one report. ``kubectl apply`` keeps a copy in an annotation, and
kubernetes/kubernetes v1.32.0 staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go
allows 262,144 bytes of annotations."""

_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Result:
    """What one rule says of one place, or of all that was read."""

    outcome: str
    """One of `OUTCOMES`."""

    message: str
    rule: Rule | None = None
    """None for what was to be read, and could not be."""

    finding: Finding | None = None
    cause: Finding | None = None
    """The finding that explains this one."""


def results(report: Report, look: Look) -> Iterator[Result]:
    """Yield all of *report*: findings and their symptoms, worst first, then everything else."""
    hidden: list[Finding] = []
    for finding in report.findings:
        for each in _family(finding):
            if look.shows(each):
                yield _found(each, None if each is finding else finding)
            else:
                hidden.append(each)
    yield from _unread(report)
    for skip in report.skips:
        outcome = "error" if skip.gap.unreadable else "skip"
        yield Result(outcome, f"not judged: {skip.gap.reason}", skip.rule)
    for finding in (each for root in report.suppressed for each in _family(root)):
        yield Result("skip", f"{aside(finding)}: {finding.hit.message}", finding.rule, finding)
    counts = Counter(finding.rule.id for finding in hidden)
    for rule in {finding.rule.id: finding.rule for finding in hidden}.values():
        said = f"hidden: {counts[rule.id]} that may be nothing; --pedantic shows all"
        yield Result("skip", said, rule)
    for rule in report.passed:
        if report.coverage.relevant:
            yield Result("pass", rule.title, rule)
        else:
            yield Result("skip", "nothing to audit: no MPIJob, controller or CRD was read", rule)


def documents(
    report: Report, look: Look, kinds: tuple[str, str], body: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield the reports, first that of the cluster, then one a namespace, by its name.

    *kinds* are those of a report in a namespace and of the cluster; each begins with *body*.
    """
    spread: dict[str, list[dict[str, Any]]] = {"": []}
    for each in results(report, look):
        where = each.finding.hit.at.object.namespace if each.finding else ""
        home = where if _NAMESPACE.fullmatch(where) else ""
        spread.setdefault(home, []).append(_entry(each))
    for namespace in sorted(spread):
        for number, page in enumerate(_pages(spread[namespace]), start=1):
            counts = Counter(entry["result"] for entry in page)
            yield {
                **body,
                "kind": kinds[0] if namespace else kinds[1],
                "metadata": _metadata(namespace, number),
                "summary": {outcome: counts[outcome] for outcome in OUTCOMES},
                "results": page,
            }


def as_list(items: Iterable[dict[str, Any]]) -> str:
    """Return *items* as one JSON document that ``kubectl apply`` takes."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(items)}, indent=2) + "\n"


def _found(finding: Finding, cause: Finding | None) -> Result:
    counts = cause is None and finding.confidence is not Confidence.POSSIBLE
    return Result("fail" if counts else "warn", finding.hit.message, finding.rule, finding, cause)


def _unread(report: Report) -> Iterator[Result]:
    """Yield what could not be read, unless a rule that was not judged says so."""
    for fault in report.coverage.faults:
        yield Result("error", f"not read: {fault}")
    said = {skip.gap.reason for skip in report.skips}
    for name, gap in sorted(report.gaps.items()):
        if gap.unreadable and gap.reason not in said:
            yield Result("error", f"not read: {TITLES.get(name, name)}: {gap.reason}")


def _family(finding: Finding) -> tuple[Finding, ...]:
    return (finding, *finding.explains)


def _pages(entries: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    page: list[dict[str, Any]] = []
    size = 0
    for entry in entries:
        length = len(json.dumps(entry))
        if page and size + length > PAGE:
            yield page
            page, size = [], 0
        page.append(entry)
        size += length
    yield page


def _metadata(namespace: str, number: int) -> dict[str, Any]:
    return {
        "name": NAME if number == 1 else f"{NAME}-{number}",
        **({"namespace": namespace} if namespace else {}),
        "labels": {"app.kubernetes.io/managed-by": NAME},
    }


def _entry(result: Result) -> dict[str, Any]:
    rule, finding = result.rule, result.finding
    judged = finding or rule
    entry = {
        "source": NAME,
        "policy": rule.id if rule else "input",
        "rule": rule.slug if rule else "readable",
        "category": rule.topic if rule else "input",
        "severity": judged.severity.word if judged else "",
        "result": result.outcome,
        "scored": result.outcome in {"pass", "fail"},
        "message": result.message,
        "resources": [_resource(finding.hit.at)] if finding else [],
        "properties": _properties(finding, result.cause) if finding else {},
    }
    return {key: value for key, value in entry.items() if value not in ("", [], {})}


def _resource(place: Location) -> dict[str, str]:
    ref = place.object
    given = {
        "apiVersion": ref.api_version,
        "kind": ref.kind,
        "namespace": ref.namespace,
        "name": ref.name,
        "fieldPath": place.dotted.removeprefix("."),
    }
    return {key: value for key, value in given.items() if value}


def _properties(finding: Finding, cause: Finding | None) -> dict[str, str]:
    hit = finding.hit
    given = {
        "title": finding.rule.title,
        "confidence": finding.confidence.word,
        "fingerprint": finding.fingerprint,
        "at": str(hit.at),
        "also": "; ".join(map(str, hit.also)),
        "effect": hit.effect,
        "remedy": finding.rule.remedy,
        "fix": hit.fix.text if hit.fix else "",
        "fixDisposition": hit.fix.disposition.value if hit.fix else "",
        "fixSummary": hit.fix.summary if hit.fix else "",
        "hence": "; ".join(f"{s.rule.id} {s.hit.message}" for s in finding.explains),
        "cause": f"{cause.rule.id} {cause.hit.at.object}" if cause else "",
    }
    return {key: value for key, value in given.items() if value}
