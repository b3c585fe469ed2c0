"""GitLab Code Quality gets issues that it neither drops nor merges."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpiaudit.render import PLAIN, Look, render
from mpiaudit.report import Report
from mpiaudit.rule import Severity
from render import BROKEN, NASTY, at, found, live, possible, report, sample, skip


def issues(made: Report, look: Look = PLAIN) -> list[dict[str, Any]]:
    """Return the issues."""
    listed: list[dict[str, Any]] = json.loads(render(made, "gitlab", look))
    return listed


def test_issue() -> None:
    """All five keys are there, in GitLab's words."""
    assert issues(report(found(at(source="./jobs//pi.yaml")))) == [
        {
            "description": "MPIJob ml/pi: slots are odd. Fix: Make it even.",
            "check_name": "MPA900",
            "fingerprint": "fda3625679002aa3:1",
            "severity": "critical",
            "location": {"path": "jobs/pi.yaml", "lines": {"begin": 3}},
        }
    ]


def test_clean_report_is_an_empty_array() -> None:
    """GitLab reads it as nothing found."""
    assert issues(report()) == []


@pytest.mark.parametrize(
    ("severity", "word"),
    [
        (Severity.CRITICAL, "blocker"),
        (Severity.HIGH, "critical"),
        (Severity.MEDIUM, "major"),
        (Severity.LOW, "minor"),
    ],
)
def test_severity_is_one_that_gitlab_knows(severity: Severity, word: str) -> None:
    """An unknown one makes GitLab refuse the file."""
    assert issues(report(found(severity=severity)))[0]["severity"] == word


def test_equal_fingerprints_are_told_apart() -> None:
    """GitLab shows one of several issues with the same fingerprint."""
    twice = report(found(message="one"), found(message="two"), found(at("other")))

    prints = [i["fingerprint"] for i in issues(twice)]

    assert len(set(prints)) == 3
    assert prints[0].removesuffix(":1") == prints[1].removesuffix(":2")


def test_what_was_not_read_is_an_issue() -> None:
    """An empty array would be a green from nothing."""
    made = issues(report(faults=("jobs/b.yaml:5:13: a tab; correct it",)))

    assert [(i["check_name"], i["severity"], i["location"]) for i in made] == [
        ("mpiaudit-incomplete", "major", {"path": "jobs/b.yaml", "lines": {"begin": 5}})
    ]
    assert made[0]["description"].endswith("jobs/b.yaml:5:13: a tab; correct it")


def test_what_was_refused_is_an_issue_of_the_source() -> None:
    """A rule without its input is not a rule that passed."""
    made = issues(report(skips=(skip("may not list pods"),)))

    assert made[0]["location"] == {"path": "jobs", "lines": {"begin": 1}}
    assert made[0]["description"].endswith("MPA902: may not list pods")


def test_live_object_has_a_path_of_its_own() -> None:
    """GitLab wants a path, and a context's name may hold slashes."""
    made = issues(report(found(live())))

    assert made[0]["location"]["path"] == "cluster/prod_eu/ml/MPIJob/pi.yaml"


def test_hint_is_shown_to_the_pedantic() -> None:
    """As in the text report."""
    made = report(possible(found()))

    assert issues(made) == []
    assert len(issues(made, Look(pedantic=True))) == 1


def test_symptom_follows_its_cause() -> None:
    """It is a fault of its own, and says why."""
    made = report(replace(found(), explains=(found(name="MPA905"),)))

    assert [i["check_name"] for i in issues(made)] == ["MPA900", "MPA905"]
    assert "Follows from MPA900: A thing is odd." in issues(made)[1]["description"]


@settings(deadline=None)
@given(st.text() | st.just(NASTY))
def test_any_name_can_be_written(text: str) -> None:
    """The file is UTF-8 and holds one issue, whatever the manifest does."""
    written = render(
        report(found(at(text, source=BROKEN + text), BROKEN + text)), "gitlab"
    ).encode()

    assert len(json.loads(written)) == 1


def test_sample_cluster() -> None:
    """Files are named as they are in the repository."""
    made = issues(sample("unreadable", "MPA141"))

    assert [(i["check_name"], i["location"]["path"]) for i in made] == [
        ("mpiaudit-incomplete", "reports/unreadable/manifests/broken.yaml"),
        ("MPA141", "reports/unreadable/manifests/good.yaml"),
    ]
