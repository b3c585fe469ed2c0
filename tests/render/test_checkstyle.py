"""Checkstyle's XML can be read, whatever a manifest holds."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpiaudit.render import PLAIN, Look, render
from mpiaudit.report import Report
from mpiaudit.rule import Severity
from render import BROKEN, NASTY, at, found, live, possible, report, sample, skip


def errors(made: Report, look: Look = PLAIN) -> list[tuple[str, dict[str, str]]]:
    """Return the file and the attributes of each."""
    root = ET.fromstring(render(made, "checkstyle", look))  # noqa: S314 - we wrote it
    assert root.tag == "checkstyle"
    return [(f.attrib["name"], e.attrib) for f in root.iter("file") for e in f.iter("error")]


def test_error() -> None:
    """Jenkins shows it at its line."""
    assert errors(report(found())) == [
        (
            "jobs/pi.yaml",
            {
                "line": "3",
                "column": "5",
                "severity": "error",
                "message": "MPIJob ml/pi: slots are odd. Fix: Make it even.",
                "source": "mpiaudit.MPA900",
            },
        )
    ]


@pytest.mark.parametrize(
    ("severity", "word"),
    [
        (Severity.CRITICAL, "error"),
        (Severity.HIGH, "error"),
        (Severity.MEDIUM, "warning"),
        (Severity.LOW, "info"),
    ],
)
def test_severity(severity: Severity, word: str) -> None:
    """Checkstyle knows three, and ignore."""
    assert errors(report(found(severity=severity)))[0][1]["severity"] == word


def test_findings_of_a_file_stand_together() -> None:
    """A file is one element, at the place of its worst finding."""
    made = report(found(at(source="b")), found(at(source="a")), found(at("x", source="b")))

    text = render(made, "checkstyle")

    assert text.count('<file name="b">') == text.count('<file name="a">') == 1
    assert [name for name, _ in errors(made)] == ["b", "b", "a"]


def test_live_object_has_no_line() -> None:
    """There is no file to count in."""
    name, attributes = errors(report(found(live())))[0]

    assert name == "cluster/prod_eu/ml/MPIJob/pi.yaml"
    assert attributes.keys() == {"severity", "message", "source"}


def test_what_was_not_read_is_a_warning() -> None:
    """No green from nothing: refused input counts as much as a broken file."""
    faulty = errors(report(faults=("b.yaml:5:13: a tab",)))
    refused = errors(report(skips=(skip(),)))

    assert (faulty[0][0], faulty[0][1]["line"], faulty[0][1]["severity"]) == (
        *("b.yaml", "5", "warning"),
    )
    assert (refused[0][0], refused[0][1]["source"]) == ("jobs", "mpiaudit-incomplete")
    assert errors(report(skips=(skip(unreadable=False),))) == []


def test_hint_and_symptom() -> None:
    """A hint is for the pedantic, a surer symptom of it is for all."""
    made = report(replace(possible(found()), explains=(found(name="MPA905"),)))

    assert [e["source"] for _, e in errors(made)] == ["mpiaudit.MPA905"]
    assert [e["source"] for _, e in errors(made, Look(pedantic=True))] == [
        *("mpiaudit.MPA900", "mpiaudit.MPA905"),
    ]


@settings(deadline=None)
@given(st.text() | st.just(NASTY))
def test_any_name_can_be_read_back(text: str) -> None:
    """What XML 1.0 forbids is replaced, and no name ends an attribute."""
    [(name, attributes)] = errors(
        report(found(at(text, source=f"x{BROKEN}{text}"), f"<{BROKEN}{text}>"))
    )

    assert name.startswith("x")
    assert attributes["message"].startswith("MPIJob ml/")
    assert attributes["message"].endswith(">. Fix: Make it even.")


def test_sample_cluster() -> None:
    """The symptom stands below its cause."""
    made = errors(sample("two-operators", "MPA003", "MPA028", "MPA087"))

    assert [(name, e["line"], e["source"]) for name, e in made] == [
        ("reports/two-operators/cluster.yaml", "76", "mpiaudit.MPA003"),
        ("reports/two-operators/cluster.yaml", "76", "mpiaudit.MPA028"),
        ("reports/two-operators/cluster.yaml", "185", "mpiaudit.MPA087"),
    ]
