"""``-o junit``: a red case is a finding, and a green one was judged."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mpiaudit import engine
from mpiaudit.cli import _audit
from mpiaudit.model import Gap
from mpiaudit.render import PLAIN, Look, render
from mpiaudit.report import Report, Skip
from mpiaudit.suppress import Choices

BOOK = Path(__file__).parents[2] / "reports"
CHOSEN = {"MPA001", "MPA003", "MPA028", "MPA062", "MPA087", "MPA111", "MPA220"}
RULES = tuple(r for r in engine.load_rules() if r.id in CHOSEN)


@pytest.fixture(scope="module")
def report() -> Report:
    """Return two findings, a symptom each, one hint, one rule passed, one not given."""
    return _audit.files([str(BOOK / "two-operators" / "cluster.yaml")], RULES)


def without(rule: str) -> Report:
    """Return the report with the findings of one rule moved aside."""
    choices = Choices(frozenset({rule}))
    return _audit.files([str(BOOK / "two-operators" / "cluster.yaml")], RULES, choices=choices)


def parsed(report: Report, look: Look = PLAIN) -> ET.Element:
    """Return the root element."""
    return ET.fromstring(render(report, "junit", look))  # noqa: S314 - our own


def cases(report: Report, look: Look = PLAIN) -> dict[str, str]:
    """Return how each case ended, by its rule's id or, without one, its name."""
    found = parsed(report, look).iter("testcase")
    return {c.get("name", "").split(" ")[0]: c[0].tag if len(c) else "passed" for c in found}


def test_each_rule_has_its_case(report: Report) -> None:
    """Only what counts in the grade is red; a symptom is skipped, with its cause."""
    assert cases(report) == {
        "MPA001": "passed",
        "MPA003": "failure",
        "MPA028": "skipped",
        "MPA062": "skipped",
        "MPA087": "failure",
        "MPA111": "skipped",
        "MPA220": "skipped",
    }
    symptom = parsed(report).find(".//testcase[@name='MPA111 never-reconciled: MPIJob ml/bert']/*")
    assert symptom is not None
    assert "follows from: MPA087 MPIJob ml/bert" in (symptom.text or "")


def test_symptoms_are_listed_under_their_cause(report: Report) -> None:
    """Whoever opens the red case sees what else will go away."""
    failure = parsed(report).find(".//testcase[@line='185']/failure")

    assert failure is not None
    assert failure.get("type") == "high, certain"
    assert "hence: MPA111 MPIJob ml/bert: bert was created 41 min" in (failure.text or "")
    assert "kubectl -n ml patch" in (failure.text or "")


def test_cases_name_file_and_line(report: Report) -> None:
    """A reader that links to the source gets there."""
    case = parsed(report).find(".//testcase[failure]")

    assert case is not None
    assert (case.get("file", "").split("/")[-1], case.get("line")) == ("cluster.yaml", "76")


def test_hits_of_one_rule_on_one_object_are_one_case(report: Report) -> None:
    """No two red cases have the same name, and no proof is lost."""
    first = report.findings[0]
    second = replace(first, hit=replace(first.hit, message="another proof"))

    root = parsed(replace(report, findings=(first, second)))

    failures = list(root.iter("failure"))
    assert [f.get("message", "")[-13:] for f in failures] == [" (and 1 more)"]
    assert "another proof" in (failures[0].text or "")


def test_counts_are_those_of_the_cases(report: Report) -> None:
    """Readers trust the attributes."""
    lost = Skip(RULES[0], Gap("may not list pods"))
    root = parsed(replace(report, skips=(*report.skips, lost)))

    names = ("tests", "failures", "errors", "skipped")
    assert [root.get(n) for n in names] == ["8", "2", "1", "4"]
    for name in names:
        assert sum(int(s.get(name, "")) for s in root) == int(root.get(name, ""))


def test_what_could_not_be_read_is_an_error() -> None:
    """A run with a broken file is not green."""
    root = parsed(_audit.files([str(BOOK / "unreadable" / "manifests")], RULES))

    errors = [e.get("message", "") for e in root.iter("error")]
    assert len(errors) == 2
    assert "broken.yaml:5:13: mapping values are not allowed" in errors[0]


def test_gap_that_cost_no_rule_is_an_error(report: Report) -> None:
    """What only sharpens a rule, and was refused, makes the audit incomplete all the same."""
    root = parsed(replace(report, gaps={"events": Gap("may not list events")}))

    assert [e.get("message") for e in root.iter("error")] == [
        "not read: Events: may not list events"
    ]


def test_suppressed_findings_and_their_symptoms_are_skipped(report: Report) -> None:
    """--ignore leaves a trace."""
    ignored = without("MPA087")

    messages = {
        c.get("name"): c[0].get("message", "") for c in parsed(ignored).iter("testcase") if len(c)
    }
    assert messages["MPA087 restart-policy-refused: MPIJob ml/bert"].startswith("suppressed: ")
    assert messages["MPA111 never-reconciled: MPIJob ml/bert"].startswith("suppressed: ")


def test_hints_show_their_proof_only_when_asked(report: Report) -> None:
    """A hint is never red, and never passed."""
    quiet = parsed(report).findall(".//skipped[@type='medium, possible']")
    pedantic = parsed(report, Look(pedantic=True)).findall(".//skipped[@type='medium, possible']")

    assert (len(quiet), len(pedantic)) == (0, 1)


def test_nothing_passes_on_nothing(tmp_path: Path) -> None:
    """An empty folder gives no green case."""
    assert set(cases(_audit.files([str(tmp_path)], RULES)).values()) == {"skipped"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(st.characters(exclude_categories=[])))
def test_any_text_is_xml(report: Report, text: str) -> None:
    """No name or message in a manifest breaks the file."""
    first = report.findings[0]
    about = replace(first.hit.at.object, name=text, namespace=text, source=text)
    hit = replace(first.hit, message=text, effect=text, at=replace(first.hit.at, object=about))

    root = parsed(replace(report, findings=(replace(first, hit=hit),)))

    assert root.get("failures") == "1"


def test_forbidden_characters_are_replaced(report: Report) -> None:
    """XML 1.0 has no way to write most control characters."""
    first = report.findings[0]
    hit = replace(first.hit, message="a\x00b\x1b<&\ud800\uffff>\n\U0001f600")

    failure = parsed(replace(report, findings=(replace(first, hit=hit),))).find(".//failure")

    assert failure is not None
    assert failure.get("message") == "a\ufffdb\ufffd<&\ufffd\ufffd>\n\U0001f600"
