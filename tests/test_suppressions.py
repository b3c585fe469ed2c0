"""Findings that somebody lives with are moved aside, with the reason, and never lost."""

import json
from datetime import date
from pathlib import Path

import pytest

from mpiaudit import engine
from mpiaudit.cli import _audit, run
from mpiaudit.inventory.suppression import Matching, Suppression
from mpiaudit.model import Location, Reference
from mpiaudit.report import Report
from mpiaudit.rule import Confidence, Severity
from mpiaudit.suppress import Choices, Regrade

RULES = engine.load_rules()
JOB = """\
apiVersion: kubeflow.org/v2beta1
kind: MPIJob
metadata:
  name: {name}
  annotations: {annotations}
spec:
  runPolicy: {{cleanPodPolicy: Running}}
  mpiReplicaSpecs:
    Launcher:
      restartPolicy: ExitCode{comment}
      template: {{spec: {{containers: [{{name: a, image: example.org/a:1}}]}}}}
    Worker:
      replicas: 1
      template: {{spec: {{containers: [{{name: a, image: example.org/a:1}}]}}}}
"""
HERE = Location(Reference("Setting", "", "suppress[0]", "", "mpiaudit.toml"), (), 3, 1)


def job(comment: str = "", annotations: str = "{}", name: str = "pi") -> str:
    """Return a job whose restartPolicy mpi-operator refuses."""
    return JOB.format(comment=comment and f" # {comment}", annotations=annotations, name=name)


def audit(folder: Path, text: str, choices: Choices = engine.NONE) -> Report:
    """Return the report on a manifest."""
    (folder / "job.yaml").write_text(text)
    return _audit.files([str(folder / "job.yaml")], RULES, choices=choices)


def ids(report: Report) -> tuple[set[str], set[str]]:
    """Return the rules of what is found, and of what is suppressed."""
    return {f.rule.id for f in report.findings}, {f.rule.id for f in report.suppressed}


def setting(scope: Matching, *rules: str, until: date | None = None) -> Choices:
    """Return what a table of the settings asks for."""
    return Choices(suppressions=(Suppression(HERE, scope, rules, "we know", until),))


def test_a_fault_is_found(tmp_path: Path) -> None:
    """What the other tests move aside is there."""
    assert ids(audit(tmp_path, job())) == ({"MPA087"}, set())


@pytest.mark.parametrize(
    "text",
    [
        job("mpiaudit: ignore[MPA087] a test"),
        f"# mpiaudit: ignore[mpa087] a test\n{job()}",
        job(annotations="{mpiaudit/ignore: MPA087 a test}"),
        job(annotations="{mpiaudit/ignore: 'MPA087 , MPA060 a test'}"),
        job(annotations="{mpiaudit/ignore: 'restart-policy-refused a test until 2999-01-01'}"),
    ],
)
def test_suppressed(text: str, tmp_path: Path) -> None:
    """On the line, on the document, on the object; with the rule's id or its slug."""
    report = audit(tmp_path, text)

    assert ids(report) == (set(), {"MPA087"})
    (finding,) = report.suppressed
    assert finding.suppression
    assert finding.suppression.reason == "a test"
    assert finding.suppression.at.line > 0


def test_the_grade_counts_them_apart(tmp_path: Path) -> None:
    """Nobody gets an A by writing comments without its being said."""
    report = audit(tmp_path, job("mpiaudit: ignore[MPA087] a test"))

    assert (str(report.grade), str(report.grade_unsuppressed)) == ("A (100)", "C (71)")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (job("mpiaudit: ignore[MPA087]"), {"MPA087", "MPA901"}),
        (job("mpiaudit: ignore[] a test"), {"MPA087", "MPA901"}),
        (job("mpiaudit: ignore[MPA997] a test"), {"MPA087", "MPA901"}),
        (job("mpiaudit: ignore[MPA087] a test until 2027-02-30"), {"MPA087", "MPA901"}),
        (job("mpiaudit: ignore[MPA087] a test until 2999-01-01 or so"), {"MPA087", "MPA901"}),
        (job("mpiaudit: ignore[MPA087] a test Until: 2020-01-01"), {"MPA087", "MPA902"}),
        (job("mpiaudit: ignore[MPA087] a test (until 2020-01-01)"), {"MPA087", "MPA901"}),
        (job("mpiaudit: ignore[M] a test"), {"MPA087", "MPA901"}),
        (job("mpiaudit: ignore[MPA903] a test"), {"MPA087", "MPA901"}),
        (job("mpiaudit: ignore[MPA087] a test until 2020-02-20"), {"MPA087", "MPA902"}),
        (job("mpiaudit: ignore[MPA105] a test"), {"MPA087", "MPA903"}),
        (job(annotations="{mpiaudit/ignore: MPA105 a test}"), {"MPA087", "MPA903"}),
    ],
)
def test_what_moves_nothing_aside_is_found_itself(
    text: str, found: set[str], tmp_path: Path
) -> None:
    """Without a reason, without a rule, too late, in the wrong place."""
    assert ids(audit(tmp_path, text)) == (found, set())


def test_what_was_not_judged_is_not_unused(tmp_path: Path) -> None:
    """A rule that wants a cluster may find something there."""
    assert ids(audit(tmp_path, job(annotations="{mpiaudit/ignore: MPA060 a test}"))) == (
        {"MPA087"},
        set(),
    )


def test_the_other_line_is_not_covered(tmp_path: Path) -> None:
    """A comment says nothing of other objects in its file."""
    text = job("mpiaudit: ignore[MPA087] a test") + "---\n" + job(name="other")

    assert ids(audit(tmp_path, text)) == ({"MPA087"}, {"MPA087"})


@pytest.mark.parametrize(
    ("scope", "aside"),
    [
        (Matching(), True),
        (Matching(kind="MPIJob", name="p*"), True),
        (Matching(kind="mpijob"), True),
        (Matching(file="/*/job.yaml"), True),
        (Matching(file="job.yaml"), False),
        (Matching(namespace="ml"), False),
        (Matching(name="q*"), False),
    ],
)
def test_settings_choose_by_patterns(scope: Matching, tmp_path: Path, *, aside: bool) -> None:
    """A pattern that is left out fits all; a table that fits nothing here is only a hint."""
    report = audit(tmp_path, job(), setting(scope, "MPA087"))

    assert ids(report) == ((set(), {"MPA087"}) if aside else ({"MPA087", "MPA903"}, set()))
    hints = {f.rule.id for f in report.findings if f.confidence is Confidence.POSSIBLE}
    assert hints == (set() if aside else {"MPA903"})


def test_a_symptom_goes_alone(tmp_path: Path) -> None:
    """What it follows from stays, and counts."""
    text = (Path(__file__).parent.parent / "reports/two-operators/cluster.yaml").read_text()
    symptoms = {s.rule.id for f in audit(tmp_path, text).findings for s in f.explains}
    (symptom, *_) = sorted(symptoms)

    report = audit(tmp_path, text, setting(Matching(), symptom))

    assert symptom not in {s.rule.id for f in report.findings for s in f.explains}
    assert {f.rule.id for f in report.suppressed} == {symptom}


def test_severity_is_changed_with_a_reason(tmp_path: Path) -> None:
    """The report says that it was, and why."""
    regrade = Regrade(frozenset({"MPA087"}), Severity.LOW, "nobody runs it", HERE)

    report = audit(tmp_path, job(), Choices(regrades=(regrade,)))

    assert [f.severity for f in report.findings] == [Severity.LOW]
    assert report.coverage.notes == ("MPA087 low here: nobody runs it (mpiaudit.toml:3:1)",)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with a faulty job, the working directory."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "job.yaml").write_text(job())
    monkeypatch.chdir(tmp_path)
    return tmp_path


SUPPRESS = '[[mpiaudit.suppress]]\nrules = ["MPA087"]\nreason = "we know"\n'


def test_settings_suppress(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The finding is counted, and shown with its reason when asked for."""
    (repository / "mpiaudit.toml").write_text(SUPPRESS + "until = 2999-12-31\n")

    assert run(["scan", "job.yaml"]) == 0
    said = capsys.readouterr().out
    assert "A (100)" in said
    assert "; C (71) without 1 suppression" in said
    assert "Suppressed: 1 finding of MPA087; --show-suppressed lists them" in said
    assert run(["scan", "job.yaml", "--fail-on", "critical", "--config", "/dev/null"]) == 0
    assert "settings" not in capsys.readouterr().out
    assert run(["scan", "job.yaml", "--show-suppressed"]) == 0
    assert "\n    why    we know, until 2999-12-31" in capsys.readouterr().out
    assert run(["scan", "job.yaml", "-o", "json"]) == 0
    (aside,) = json.loads(capsys.readouterr().out)["suppressed"]
    assert aside["suppression"]["until"] == "2999-12-31"
    assert aside["suppression"]["at"]["line"] == 1


def test_settings_change_a_severity(repository: Path) -> None:
    """The gate follows."""
    table = '[[tool.mpiaudit.severity]]\nrules = ["MPA087"]\nseverity = "medium"\nreason = "x"\n'
    (repository / "pyproject.toml").write_text(table)

    assert run(["scan", "job.yaml"]) == 0
    assert run(["scan", "job.yaml", "--fail-on", "medium"]) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SUPPRESS.replace("reason", "raeson"), "1: a table of suppress contains unknown field"),
        (SUPPRESS.replace('reason = "we know"\n', ""), "missing required field `reason`"),
        (SUPPRESS.replace("we know", " "), "1: a table of suppress gives no reason"),
        (SUPPRESS.replace("we know", ""), "Expected `str` of length >= 1 - at `$.reason`"),
        (SUPPRESS.replace("MPA087", "MPA997"), "1: no rule is named 'MPA997'"),
        (SUPPRESS + 'until = "soon"\n', "mpiaudit.toml:1: Invalid RFC3339"),
        (SUPPRESS + SUPPRESS.replace("MPA087", ""), "mpiaudit.toml:4: no rule is named ''"),
        (
            "[mpiaudit.suppress]\nrules = []\n",
            "mpiaudit.toml:1: suppress is no array; write [[...suppress]]",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    repository: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No suppression is half read."""
    (repository / "mpiaudit.toml").write_text(text)

    assert run(["scan", "job.yaml"]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(("least", "code"), [("D", 0), ("C", 0), ("B", 1), ("A", 1)])
def test_fail_under(least: str, code: int) -> None:
    """A grade worse than the one asked for fails, whatever its severities."""
    assert run(["scan", "job.yaml", "--fail-on", "critical", "--fail-under", least]) == code


def test_a_clean_run_prints_one_line(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What CI shows of a repository without faults."""
    (repository / "job.yaml").write_text(job().replace("ExitCode", "Never"))

    assert run(["scan", "."]) == 0
    assert capsys.readouterr().out.count("\n") == 1


def test_a_folder_of_the_settings(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are beside the settings, wherever the scan begins; no folder stands for another."""
    (repository / "mpiaudit.toml").write_text(f'{SUPPRESS}file = "jobs/"\n')
    for name in ("jobs", "other/jobs"):
        (repository / name).mkdir(parents=True)
        (repository / name / "job.yaml").write_text(job())

    assert run(["scan", "jobs"]) == 0
    assert run(["scan", "other/jobs"]) == 1
    monkeypatch.chdir(repository / "jobs")
    assert run(["scan", "."]) == 0


def test_suppressions_can_be_made_graver(tmp_path: Path) -> None:
    """An expired one fails a gate that wants it so, and one may be ignored as well."""
    text = job("mpiaudit: ignore[MPA087] a test until 2020-02-20")
    regrade = Regrade(frozenset({"MPA902"}), Severity.HIGH, "no debts", HERE)

    graver = audit(tmp_path, text, Choices(regrades=(regrade,)))
    ignored = audit(tmp_path, text, Choices(frozenset({"MPA902"})))

    assert {f.rule.id for f in graver.findings if f.severity is Severity.HIGH} >= {"MPA902"}
    assert ids(ignored) == ({"MPA087"}, {"MPA902"})


def test_a_file_of_ours_says_something(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Options outside the table would be passed over in silence."""
    (repository / "mpiaudit.toml").write_text('fail-on = "low"\n')

    assert run(["scan", "job.yaml"]) == 2
    assert "mpiaudit.toml: there is no table [mpiaudit]" in capsys.readouterr().err


def test_each_comment_is_judged(tmp_path: Path) -> None:
    """Two that say the same are two."""
    text = job("mpiaudit: ignore[MPA105] a test", name="a")
    report = audit(tmp_path, text + "---\n" + text.replace("name: a\n", "name: b\n"))

    assert [f.rule.id for f in report.findings].count("MPA903") == 2
