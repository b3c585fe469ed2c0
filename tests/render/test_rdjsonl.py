"""reviewdog reads every line: one that it cannot read ends its run."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpiaudit.render import PLAIN, Look, render
from mpiaudit.report import Report
from mpiaudit.rule import Fix, Severity
from render import BROKEN, NASTY, at, found, live, possible, report, sample, skip


def diagnostics(made: Report, look: Look = PLAIN) -> list[dict[str, Any]]:
    """Return the diagnostics, a line each."""
    return [json.loads(line) for line in render(made, "rdjsonl", look).split("\n") if line]


def test_diagnostic() -> None:
    """It has no key beside these: protojson refuses what it does not know."""
    cause = found()
    hit = replace(cause.hit, also=(at("e", "jobs/e.yaml"),), fix=Fix("makes it even", "a: 2\n"))

    assert diagnostics(report(replace(cause, hit=hit))) == [
        {
            "message": "A thing is odd. MPIJob ml/pi: slots are odd. See also jobs/e.yaml:3.\n"
            "Fix (safe; makes it even):\na: 2",
            "location": {"path": "jobs/pi.yaml", "range": {"start": {"line": 3}}},
            "severity": "ERROR",
            "source": {"name": "mpiaudit"},
            "code": {"value": "MPA900"},
        }
    ]


@pytest.mark.parametrize(
    ("severity", "word"),
    [
        (Severity.CRITICAL, "ERROR"),
        (Severity.HIGH, "ERROR"),
        (Severity.MEDIUM, "WARNING"),
        (Severity.LOW, "INFO"),
    ],
)
def test_severity(severity: Severity, word: str) -> None:
    """The enumeration of reviewdog's proto/rdf."""
    assert diagnostics(report(found(severity=severity)))[0]["severity"] == word


def test_live_object_has_no_range() -> None:
    """There is no line."""
    where = diagnostics(report(found(live())))[0]["location"]

    assert where == {"path": "cluster/prod_eu/ml/MPIJob/pi.yaml"}


def test_what_was_not_read_is_a_warning() -> None:
    """No green from nothing."""
    faulty = diagnostics(report(faults=("b.yaml:5:13: a tab",)))
    refused = diagnostics(report(skips=(skip(),)))

    assert [d["location"] for d in (*faulty, *refused)] == [
        {"path": "b.yaml", "range": {"start": {"line": 5}}},
        {"path": "jobs"},
    ]
    assert {d["code"]["value"] for d in (*faulty, *refused)} == {"mpiaudit-incomplete"}
    assert diagnostics(report(skips=(skip(unreadable=False),))) == []


def test_hint_is_shown_to_the_pedantic() -> None:
    """As in the text report."""
    made = report(possible(found()))

    assert diagnostics(made) == []
    assert len(diagnostics(made, Look(pedantic=True))) == 1


@pytest.mark.parametrize("letter", ["\n", "🙂", "\ud800", '"'])
def test_no_line_is_too_long_for_the_scanner(letter: str) -> None:
    """Go's bufio.Scanner stops at 64 KiB, and reviewdog would take that for the end."""
    written = render(report(found(message=letter * 70_000)), "rdjsonl").encode()

    assert written.count(b"\n") == 1
    assert len(written) < 64 * 1024
    assert json.loads(written)["message"].endswith("...")


@settings(deadline=None)
@given(st.text() | st.just(NASTY))
def test_any_name_stays_on_its_line(text: str) -> None:
    """A line is a diagnostic, whatever the manifest holds."""
    written = render(
        report(found(at(text, source=BROKEN + text), BROKEN + text)), "rdjsonl"
    ).encode()

    assert written.count(b"\n") == 1
    assert json.loads(written)["code"] == {"value": "MPA900"}


def test_sample_cluster() -> None:
    """The symptom stands below its cause."""
    made = diagnostics(sample("two-operators", "MPA003", "MPA028", "MPA087"))

    assert [(d["code"]["value"], d["location"]["range"]["start"]["line"]) for d in made] == [
        *(("MPA003", 76), ("MPA028", 76), ("MPA087", 185)),
    ]
