"""For test readers: JUnit XML, a suite a topic, a case a rule and object.

A failure is what counts in the grade. What may be nothing and what another finding explains is
skipped, with its proof in the message; so is what was not given or was suppressed. What could not
be read is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mpiaudit.render import Look
from mpiaudit.render._policy_results import Result, results
from mpiaudit.report import Report

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""All but the Char of XML 1.0, production 2."""

_TAGS = {"fail": "failure", "warn": "skipped", "skip": "skipped", "error": "error"}

_TOTALS = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def render(report: Report, look: Look) -> str:
    """Return one ``testsuites`` element."""
    from xml.etree import ElementTree as ET  # noqa: PLC0415 - few ask for XML

    root = ET.Element("testsuites", name="mpiaudit")
    for topic, cases in sorted(_by_topic(report, look).items()):
        suite = ET.SubElement(root, "testsuite", name=topic)
        for same in cases.values():
            _case(ET.SubElement(suite, "testcase"), topic, same)
        _total(suite)
    _total(root)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _by_topic(report: Report, look: Look) -> dict[str, dict[tuple[str, ...], list[Result]]]:
    """Return the results by topic, and those of one rule and object together."""
    topics: dict[str, dict[tuple[str, ...], list[Result]]] = {}
    for result in results(report, look):
        cases = topics.setdefault(result.rule.topic if result.rule else "input", {})
        about = result.finding.hit.at.object if result.finding else None
        key = (result.outcome, _name(result), about.source if about else "")
        cases.setdefault(key, []).append(result)
    return topics


def _name(result: Result) -> str:
    if result.rule is None:
        return result.message
    title = f"{result.rule.id} {result.rule.slug}"
    return f"{title}: {result.finding.hit.at.object}" if result.finding else title


def _case(case: Element, topic: str, same: list[Result]) -> None:
    head = same[0]
    # Some readers compute with the time, so that without it they show NaN.
    given = {"name": _name(head), "classname": f"mpiaudit.{topic}", "time": "0"}
    if head.finding and not (place := head.finding.hit.at).object.live:
        given["file"] = place.object.source
        if place.line:
            given["line"] = str(place.line)
    case.attrib.update({key: _clean(value) for key, value in given.items()})
    if tag := _TAGS.get(head.outcome):
        more = f" (and {len(same) - 1} more)" if len(same) > 1 else ""
        said = case.makeelement(tag, {"message": _clean(f"{head.message}{more}")})
        if head.outcome in {"fail", "warn"} and head.finding:
            said.attrib["type"] = f"{head.finding.severity.word}, {head.finding.confidence.word}"
        if any(r.finding for r in same):
            said.text = _clean("\n\n".join("\n".join(_lines(r)) for r in same))
        case.append(said)


def _lines(result: Result) -> Iterator[str]:
    """Yield what a person wants to know of a finding."""
    if (finding := result.finding) is None:
        return
    hit = finding.hit
    yield finding.rule.title
    yield f"at: {hit.at}"
    yield f"proof: {result.message}"
    yield from (f"also: {place}" for place in hit.also)
    yield from (f"hence: {s.rule.id} {s.hit.at.object}: {s.hit.message}" for s in finding.explains)
    if cause := result.cause:
        yield f"follows from: {cause.rule.id} {cause.hit.at.object}"
    if hit.effect:
        yield f"then: {hit.effect}"
    yield f"remedy: {finding.rule.remedy}"
    if hit.fix:
        yield f"fix ({hit.fix.disposition.value}): {hit.fix.summary}"
        yield hit.fix.text.rstrip("\n")


def _total(element: Element) -> None:
    counts = {"tests": sum(1 for _ in element.iter("testcase"))}
    counts |= {name: sum(1 for _ in element.iter(tag)) for name, tag in _TOTALS.items()}
    element.attrib.update({name: str(count) for name, count in counts.items()}, time="0")


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
