"""``-o prometheus``: what an alert is written on."""

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from mpiaudit import engine
from mpiaudit.cli import _audit
from mpiaudit.model import Gap
from mpiaudit.render import PLAIN, Look, render
from mpiaudit.report import Report, Skip
from mpiaudit.suppress import Choices

PROGRAMS = Path.home() / ".cache/mpiaudit/bin"
BOOK = Path(__file__).parents[2] / "reports"
CHOSEN = {"MPA001", "MPA003", "MPA028", "MPA062", "MPA087", "MPA111", "MPA220"}
RULES = tuple(r for r in engine.load_rules() if r.id in CHOSEN)
SEVERITIES = ("critical", "high", "medium", "low")


@pytest.fixture(scope="module")
def report() -> Report:
    """Return two findings, a symptom each, one hint, one rule passed, one not given."""
    return _audit.files([str(BOOK / "two-operators" / "cluster.yaml")], RULES)


def without(rule: str) -> Report:
    """Return the report with the findings of one rule moved aside."""
    choices = Choices(frozenset({rule}))
    return _audit.files([str(BOOK / "two-operators" / "cluster.yaml")], RULES, choices=choices)


def samples(report: Report, look: Look = PLAIN) -> dict[str, str]:
    """Return the value of each series."""
    lines = render(report, "prometheus", look).splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def test_findings_are_counted_by_rule(report: Report) -> None:
    """A symptom counts for its own family, so that one cause is one finding."""
    shown = samples(report)

    labels = 'severity="critical",confidence="certain"'
    assert shown[f'mpiaudit_findings{{rule="MPA003",{labels}}}'] == "1"
    assert 'mpiaudit_symptoms{rule="MPA028",severity="high",confidence="certain"}' in shown
    assert not [s for s in shown if s.startswith('mpiaudit_findings{rule="MPA028"')]


def test_no_severity_is_ever_absent(report: Report) -> None:
    """``== 0`` matches; an absent series would match nothing and alert nobody."""
    shown = samples(report)

    counts = {s: shown[f'mpiaudit_findings_by_severity{{severity="{s}"}}'] for s in SEVERITIES}
    assert counts == {"critical": "1", "high": "1", "medium": "0", "low": "0"}


def test_hints_are_counted_as_hidden_or_as_findings(report: Report) -> None:
    """What --pedantic would show is never nowhere."""
    pedantic = samples(report, Look(pedantic=True))

    assert samples(report)["mpiaudit_hidden_findings"] == "1"
    assert pedantic["mpiaudit_hidden_findings"] == "0"
    assert 'mpiaudit_findings{rule="MPA220",severity="medium",confidence="possible"}' in pedantic


def test_sure_symptom_of_a_hint_is_no_hint(report: Report) -> None:
    """What is certain is counted, whatever becomes of its cause."""
    hint = replace(report.findings[-1], explains=report.findings[1].explains)

    shown = samples(replace(report, findings=(hint,)))

    assert shown["mpiaudit_hidden_findings"] == "1"
    assert shown['mpiaudit_symptoms{rule="MPA111",severity="high",confidence="likely"}'] == "1"


def test_not_judged_is_not_passed(report: Report) -> None:
    """A forbidden list shows in the incomplete audit and in the rules it cost."""
    lost = Skip(RULES[0], Gap("may not list pods"))

    shown = samples(replace(report, skips=(*report.skips, lost), passed=()))

    assert samples(report)["mpiaudit_complete"] == "1"
    assert shown["mpiaudit_complete"] == "0"
    assert shown['mpiaudit_rules_not_judged{reason="unreadable"}'] == "1"
    assert shown['mpiaudit_rules_not_judged{reason="not_given"}'] == "1"
    assert shown["mpiaudit_rules_passed"] == "0"


def test_suppressed_findings_are_counted(report: Report) -> None:
    """--ignore lowers a count and raises another."""
    ignored = without("MPA003")

    assert samples(report)["mpiaudit_suppressed_findings"] == "0"
    assert samples(ignored)["mpiaudit_suppressed_findings"] == "1"


def test_nothing_audited_has_no_score(tmp_path: Path) -> None:
    """An empty folder is neither 100 nor 0, and no rule passed on it."""
    shown = samples(_audit.files([str(tmp_path)], RULES))

    assert "mpiaudit_grade_score" not in shown
    assert shown["mpiaudit_relevant_objects"] == "0"
    assert shown["mpiaudit_rules_passed"] == "0"


def test_graded_report_has_a_score(report: Report) -> None:
    """The score is the one of the text report, and the version is a label."""
    shown = samples(report)

    assert shown["mpiaudit_grade_score"] == str(report.grade.score if report.grade else None)
    assert [s for s in shown if s.startswith('mpiaudit_build_info{version="')]


@pytest.mark.parametrize("name", ["two-operators/cluster.yaml", "unreadable/manifests"])
def test_promtool_takes_it(name: str) -> None:
    """Prometheus's own linter has nothing to say."""
    promtool = shutil.which("promtool", path=f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}")
    if promtool is None:
        pytest.skip("there is no promtool; `make consumers` fetches it")
    text = render(_audit.files([str(BOOK / name)], RULES), "prometheus", Look(pedantic=True))

    done = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    assert text.endswith("\n")
