"""``-o markdown``: a comment that says it all, notifies nobody and breaks nothing."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mpiaudit import engine
from mpiaudit.cli import _audit
from mpiaudit.model import Gap
from mpiaudit.render import PLAIN, Look, render
from mpiaudit.report import Report, Skip
from mpiaudit.rule import Fix
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


def shown(report: Report, look: Look = PLAIN) -> str:
    """Return the Markdown."""
    return render(report, "markdown", look)


def with_text(report: Report, text: str) -> Report:
    """Return one finding whose every free text is *text*."""
    first = report.findings[0]
    about = replace(first.hit.at.object, name=text, namespace=text, source=text)
    at = replace(first.hit.at, object=about)
    fix = Fix(summary=text, text=text)
    hit = replace(first.hit, at=at, also=(at,), message=text, effect=text, fix=fix)
    return replace(report, findings=(replace(first, hit=hit),))


def rows(text: str) -> list[list[str]]:
    """Return the cells of each row, split where GFM 0.29 section 4.10 splits."""
    lines = [line for line in text.split("\n") if re.match(r"\| (critical|high|medium|low)", line)]
    return [re.findall(r"\|((?:\\.|[^|\\])*)(?=\|)", line) for line in lines]


def test_grade_and_one_sentence_come_first(report: Report) -> None:
    """Whoever reads two lines knows how bad it is."""
    assert shown(report).splitlines()[:2] == [
        "### MPIJob audit: grade F (34)",
        "2 findings on 1 file: 1 critical, 1 high, set by MPA003; C (71) without it.",
    ]


def test_table_has_findings_worst_first(report: Report) -> None:
    """The table alone is the to-do list."""
    cells = [[c.strip() for c in row] for row in rows(shown(report))]

    assert [row[:3] for row in cells] == [
        ["critical", "MPA003", "`Deployment kubeflow/training-operator`"],
        ["high", "MPA087", "`MPIJob ml/bert`"],
    ]
    assert [row[4].rsplit("/", 1)[-1] for row in cells] == ["cluster.yaml:76`", "cluster.yaml:185`"]


def test_details_hold_proof_symptoms_and_fix(report: Report) -> None:
    """What unfolds needs no other format."""
    details = shown(report).split("<details>")[2]

    assert "- Proof: Worker.restartPolicy is ExitCode\n" in details
    assert "- Hence: MPA111 on `MPIJob ml/bert`: bert was created 41 min before" in details
    assert "- Remedy: Set restartPolicy of the replica to Never or OnFailure.\n" in details
    assert "- Fix (safe): starts the job; a container that fails runs again\n" in details
    assert "\n```\nkubectl -n ml patch mpijobs.v2beta1.kubeflow.org bert" in details


def test_clean_report_is_two_lines() -> None:
    """A clean pull request gets no wall of text; what was not judged is still said."""
    clean = _audit.files([str(BOOK / "healthy" / "cluster.yaml")], RULES)

    assert shown(replace(clean, findings=())).splitlines() == [
        "### MPIJob audit: grade A (100)",
        "No findings: 6 rules judged on 1 file.",
    ]


def test_clean_report_on_few_kinds_says_so_in_the_sentence(report: Report) -> None:
    """Rules that had nothing to look at do not make it longer, nor do they pass."""
    assert shown(replace(report, findings=())).splitlines() == [
        "### MPIJob audit: grade A (100)",
        "No findings: 1 rule judged on 1 file; 1 rule not judged.",
    ]


def test_unread_input_bounds_the_grade_and_is_named() -> None:
    """An audit of half the files never looks clean."""
    text = shown(_audit.files([str(BOOK / "unreadable" / "manifests")], RULES))

    assert text.startswith("### MPIJob audit: grade at best A (100)\n")
    assert "**Not judged: 5 rules**\n\n- Not read: `" in text
    assert "broken.yaml:5:13: mapping values are not allowed" in text


def test_reasons_are_grouped(report: Report) -> None:
    """What was refused comes first; ten rules for one reason are one line."""
    refused = [Skip(rule, Gap("may not list pods")) for rule in RULES[:3]]

    text = shown(replace(report, findings=(), skips=(*report.skips, *refused)))

    assert text.splitlines()[3:] == [
        "**Not judged: 4 rules**",
        "",
        "- 3 rules: may not list pods",
        "- 1 rule: no launcher jobs among the files",
    ]


def test_gap_that_cost_no_rule_is_named(report: Report) -> None:
    """The grade is a bound; the reader learns why."""
    text = shown(replace(report, skips=(), gaps={"events": Gap("may not list events")}))

    assert "**Not read**\n\n- Not read: Events: may not list events\n" in text


def test_nothing_to_audit_has_no_grade(tmp_path: Path) -> None:
    """An empty folder is not an A."""
    assert shown(_audit.files([str(tmp_path)], RULES)).startswith(
        "### MPIJob audit: no grade\nNothing to audit: no MPIJob, controller or CRD in 0 files.\n"
    )


def test_suppressed_and_hidden_are_counted(report: Report) -> None:
    """What is not shown is said to be there."""
    ignored = without("MPA003")

    assert "**Suppressed:** 1 finding of MPA003\n" in shown(ignored)
    assert "**Hidden:** 1 finding that may be nothing; `--pedantic` shows all\n" in shown(report)
    assert "| medium (possible) | MPA220 |" in shown(report, Look(pedantic=True))
    assert "**Hidden:**" not in shown(report, Look(pedantic=True))


def test_symptoms_of_a_hint_are_hidden_with_it(report: Report) -> None:
    """The count holds all that --pedantic unfolds."""
    hint = replace(report.findings[-1], explains=report.findings[1].explains)

    assert "**Hidden:** 2 findings that" in shown(replace(report, findings=(hint,)))


def test_too_long_a_report_drops_whole_findings_and_counts_them(report: Report) -> None:
    """GitHub refuses a comment of more than 65,536 characters."""
    text = shown(replace(report, findings=report.findings[:1] * 500))

    kept = text.count("<details>")
    assert len(text) < 60_000
    assert 20 < kept < 500
    assert len(rows(text)) == text.count("</details>") == kept
    assert f"**Left out for length:** {500 - kept} findings; `-o json` lists all." in text


@pytest.mark.parametrize(
    "text", ["@kubeflow/admins", "![](http://a.b/c)", "<img src=x>", "#1", "a:tada:", "_x_"]
)
def test_markup_stands_in_code(report: Report, text: str) -> None:
    """A job's name notifies nobody, links to nothing and loads no picture."""
    page = shown(with_text(report, text))
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)|<code>.*?</code>", "", page, flags=re.DOTALL)

    assert text not in outside
    assert page.count(f": `{text}`\n") == 3


@pytest.mark.parametrize("text", ["a|b", "a\\|b", "|", "`|`", "\\", "a\nb", "a\u2028|"])
def test_a_row_has_five_cells(report: Report, text: str) -> None:
    """A pipe in a name does not shift the columns."""
    assert [len(row) for row in rows(shown(with_text(report, text)))] == [5]


def test_fence_is_longer_than_any_in_the_fix(report: Report) -> None:
    """A fix that holds a fence stays one block to paste."""
    text = shown(with_text(report, "```\n````\n</details>"))

    assert "\n`````\n```\n````\n</details>\n`````\n" in text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(st.characters(exclude_categories=[])))
def test_any_text_keeps_the_frame(report: Report, text: str) -> None:
    """Whatever a manifest holds, there is one finding, one row, and a file to write."""
    page = shown(with_text(report, text))

    assert [len(row) for row in rows(page)] == [5]
    assert page.encode().count(b"\n<details><summary>MPA003 ") == 1
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202a-\u202e]", page)
