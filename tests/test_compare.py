"""What is new, what is resolved, and what nobody can tell."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mpiaudit import compare, engine
from mpiaudit.cli import _audit
from mpiaudit.compare import Entry, Side
from mpiaudit.report import Baseline, Finding, Report
from mpiaudit.rule import Severity
from mpiaudit.suppress import Choices

RULES = engine.load_rules()
SAMPLE = Path(__file__).parent.parent / "mpiaudit/cli/sample/cluster.yaml"
JUDGED = frozenset({"MPA001", "MPA002"})

JOB = """
apiVersion: kubeflow.org/v2beta1
kind: MPIJob
metadata: {name: bert, namespace: ml}
spec:
  mpiReplicaSpecs:
    Launcher: {template: {spec: {containers: [{name: l, image: example/bert:1}]}}}
    Worker:
      replicas: 2
      restartPolicy: ExitCode
      template: {spec: {containers: [{name: w, image: example/bert:1}]}}
---
"""
"""MPA087, and what that explains."""


def entry(mark: str, rule: str = "MPA001") -> Entry:
    """Return a finding of *rule* that is known by *mark*."""
    return Entry(mark, rule, "high", f"MPIJob ml/{mark}", ".spec", "why")


def side(*marks: str, judged: frozenset[str] = JUDGED, unread: tuple[str, ...] = ()) -> Side:
    """Return an audit that found *marks*."""
    return Side(tuple(entry(m) for m in marks), (), judged, unread)


def marks(entries: tuple[Entry, ...]) -> list[str]:
    """Return what the entries are known by."""
    return [e.fingerprint for e in entries]


def audit(folder: Path, text: str, choices: Choices = engine.NONE) -> Report:
    """Return the report on a manifest."""
    path = folder / "jobs.yaml"
    path.write_text(text)
    return _audit.files([str(path)], RULES, choices=choices)


def news(report: Report) -> list[tuple[str, bool | None]]:
    """Return each finding's rule with its mark, symptoms after their cause."""
    every = (f for cause in report.findings for f in (cause, *cause.explains))
    return [(f.rule.id, f.new) for f in every]


def refused(report: Report) -> list[Finding]:
    """Return the findings of the rule that `JOB` is about."""
    return [f for f in report.findings if f.rule.id == "MPA087"]


def test_each_finding_has_one_fate() -> None:
    """What came, what went and what stayed are told apart."""
    it = compare.difference(side("a", "b", "c"), side("b", "d", "c"))

    assert (marks(it.new), marks(it.resolved), it.unchanged) == (["d"], ["a"], 2)
    assert it.perhaps_new == it.perhaps_resolved == ()


def test_a_fingerprint_counts_as_often_as_it_is_there() -> None:
    """Two are known and three are found: one is new."""
    more = compare.difference(side("a", "a"), side("a", "a", "a"))
    fewer = compare.difference(side("a", "a"), side("a"))

    assert (marks(more.new), more.unchanged) == (["a"], 2)
    assert (marks(fewer.resolved), fewer.unchanged) == (["a"], 1)


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
def test_no_finding_is_lost(before: list[str], after: list[str]) -> None:
    """Every finding of both sides is in the answer, once."""
    it = compare.difference(side(*before), side(*after))

    assert Counter(marks(it.new)) == Counter(after) - Counter(before)
    assert Counter(marks(it.resolved)) == Counter(before) - Counter(after)
    assert it.unchanged == (Counter(before) & Counter(after)).total()


def test_a_rule_that_was_not_judged_before_finds_nothing_new() -> None:
    """Whoever could not look before cannot say that it was not there."""
    it = compare.difference(side("a", judged=frozenset({"MPA002"})), side("a", "b"))

    assert (marks(it.new), marks(it.perhaps_new), it.unchanged) == ([], ["b"], 1)
    assert it.judged_now == ("MPA001",)


def test_a_rule_that_is_not_judged_now_resolves_nothing() -> None:
    """A permission that was taken away mends no job."""
    it = compare.difference(side("a"), side(judged=frozenset({"MPA002"})))

    assert (marks(it.resolved), marks(it.perhaps_resolved)) == ([], ["a"])
    assert it.judged_before == ("MPA001",)


def test_a_file_that_cannot_be_read_resolves_nothing() -> None:
    """A manifest that a typo broke still holds its fault, and what is new is new."""
    it = compare.difference(side("a"), side("b", unread=("a.yaml: broken",)))

    assert (marks(it.resolved), marks(it.perhaps_resolved)) == ([], ["a"])
    assert marks(it.new) == ["b"]


def test_what_is_ignored_now_is_not_resolved() -> None:
    """--ignore mends nothing."""
    it = compare.difference(side("a"), replace(side(), aside=(entry("a"),)))

    assert (it.new, it.resolved, it.perhaps_resolved) == ((), (), ())


def test_what_is_ignored_now_is_not_new() -> None:
    """--ignore says that nobody wants to hear of it."""
    it = compare.difference(side(), replace(side(), aside=(entry("a"),)))

    assert (it.new, it.unchanged) == ((), 0)


def test_the_worst_comes_first() -> None:
    """By severity, then by rule and place."""
    found = (
        replace(entry("b"), severity="low"),
        entry("d", "MPA002"),
        replace(entry("c"), severity="critical"),
        entry("a"),
    )

    it = compare.difference(side(), replace(side(), found=found))

    assert marks(it.new) == ["c", "a", "d", "b"]


def test_lines_that_move_change_nothing(tmp_path: Path) -> None:
    """Comments, blank lines and another order of objects leave every finding known."""
    text = SAMPLE.read_text()
    head, *objects = text.split("\n- ")
    moved = "\n- ".join((f"# moved\n\n{head}", *(f"{o}\n\n  # moved" for o in reversed(objects))))

    old, new = audit(tmp_path, text), audit(tmp_path, moved)

    assert {f.hit.at.line for f in old.findings}.isdisjoint(f.hit.at.line for f in new.findings)
    assert len(old.findings) > 3
    it = compare.difference(compare.side(old), compare.side(new))
    assert (it.new, it.resolved, it.perhaps_new, it.perhaps_resolved) == ((), (), (), ())


def test_symptoms_are_kept(tmp_path: Path) -> None:
    """A symptom outlives its cause: it is known then, too."""
    report = audit(tmp_path, SAMPLE.read_text())

    (cause,) = (f for f in report.findings if f.rule.id == "MPA003")
    symptoms = {f.fingerprint for f in cause.explains}
    assert {f.rule.id for f in cause.explains} == {"MPA028", "MPA047"}
    assert symptoms <= {e.fingerprint for e in compare.side(report).found}


def test_what_a_baseline_knows_does_not_fail(tmp_path: Path) -> None:
    """The gate can be turned on today; the findings and the grade stay as they are."""
    report = audit(tmp_path, JOB)

    known = compare.against(compare.side(report), report)

    assert report.fails(Severity.HIGH)
    assert not known.fails(Severity.LOW)
    assert known.grade == report.grade
    assert [f.hit for f in known.findings] == [f.hit for f in report.findings]
    assert {new for _, new in news(known)} == {False}


def test_a_new_job_with_a_known_fault_fails(tmp_path: Path) -> None:
    """Only the new one is marked."""
    old = compare.side(audit(tmp_path, JOB))

    report = compare.against(old, audit(tmp_path, JOB + JOB.replace("bert", "gpt")))

    assert report.fails(Severity.HIGH)
    assert {f.hit.at.object.name: f.new for f in refused(report)} == {"bert": False, "gpt": True}


def test_the_third_of_two_known_duplicates_is_new(tmp_path: Path) -> None:
    """Two copies of an object in a folder do not hide a third."""
    old = compare.side(audit(tmp_path, JOB * 2))

    report = compare.against(old, audit(tmp_path, JOB * 3))

    assert sorted(bool(f.new) for f in refused(report)) == [False, False, True]
    assert report.fails(Severity.HIGH)


def test_a_new_symptom_of_a_known_cause_fails(tmp_path: Path) -> None:
    """One more job that an old fault breaks is news; the baseline held the cause alone."""
    report = audit(tmp_path, SAMPLE.read_text())
    whole = compare.side(report)
    old = replace(whole, found=tuple(e for e in whole.found if e.rule != "MPA028"))

    now = compare.against(old, report)

    assert {rule for rule, new in news(now) if new} == {"MPA028"}
    assert now.fails(Severity.HIGH)
    assert not now.fails(Severity.CRITICAL)


def test_a_baseline_counts_what_is_gone_and_what_was_not_judged(tmp_path: Path) -> None:
    """What would have been found is fixed; of the rest nothing is said."""
    old = replace(side(), found=(entry("a", "MPA001"), entry("b", "MPA087"), entry("c", "OLD001")))

    report = _audit.files([str(SAMPLE)], [r for r in RULES if r.id == "MPA001"])

    assert compare.against(old, report).baseline == Baseline(0, 0, gone=1, unjudged=2)


def test_nothing_is_gone_while_a_file_cannot_be_read(tmp_path: Path) -> None:
    """A broken manifest hides its findings, and the baseline must not forget them."""
    old = compare.side(audit(tmp_path, JOB))

    report = compare.against(old, audit(tmp_path, "a: b: c\nkind: MPIJob\n"))

    assert report.baseline is not None
    assert (report.baseline.gone, report.baseline.unjudged) == (0, len(old.found))


def test_what_is_ignored_is_not_gone(tmp_path: Path) -> None:
    """--ignore and --baseline go together."""
    report = audit(tmp_path, JOB)
    aside = audit(tmp_path, JOB, Choices(frozenset({"MPA087"})))

    now = compare.against(compare.side(report), aside)

    assert now.baseline == Baseline(len(compare.side(aside).found), 0, 0, 0)
