"""What a shell sees: exit codes, one-line errors, filters, and pipes that close."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from mpiaudit.cli import commands, run

ROOT = Path(__file__).parent.parent
HEALTHY = str(ROOT / "reports/healthy/cluster.yaml")
FAULTY = str(ROOT / "reports/two-operators/cluster.yaml")
UNREADABLE = str(ROOT / "reports/unreadable/manifests")


def scan(*arguments: str) -> Result:
    """Return what ``mpiaudit scan`` does with *arguments*."""
    return CliRunner().invoke(commands, ["scan", *arguments], standalone_mode=False)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([HEALTHY], 0),
        ([FAULTY], 1),
        ([FAULTY, "--exit-zero"], 0),
        ([FAULTY, "--select", "MPA020"], 0),
        ([FAULTY, "-o", "json"], 1),
        ([UNREADABLE], 3),
        ([UNREADABLE, "--allow-partial"], 0),
        ([UNREADABLE, "-o", "json"], 3),
    ],
)
def test_exit_code(arguments: list[str], code: int) -> None:
    """A pipeline can tell clean from faulty, and both from not knowing."""
    assert scan(*arguments).return_value == code


def test_folder_with_nothing_in_it_is_no_green(tmp_path: Path) -> None:
    """An empty folder gets no grade; with --fail-if-empty it fails."""
    shown = scan(str(tmp_path))

    assert shown.output.startswith("Nothing to audit: no MPIJob, controller or CRD in 0 files")
    assert shown.return_value == 0
    assert scan(str(tmp_path), "--fail-if-empty").return_value == 4


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["scan", "no/such/folder"], "no/such/folder"),
        (["scan", FAULTY, "--select", "MPA999"], "no rule is named 'MPA999'"),
        (["scan", FAULTY, "--kubeconfig", "no-such-config"], "no-such-config"),
        (["scan", FAULTY, "-o", "yaml"], "'yaml' is no format; choose from"),
        (["scan", "--request-timeout", "soon"], "soon: give a time such as 30, 30s or 1m"),
        (["scan", "-n", "ml", "-A"], "exclude each other"),
        (["scan", "--kubeconfig", "no-such-config"], "no-such-config"),
        (["explain", "the weather is fine"], "no rule and no known message matches"),
    ],
)
def test_bad_usage_is_one_line_and_exit_2(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a user can mend is said in a line, never in a traceback."""
    code = run(arguments)

    told = capsys.readouterr().err
    assert code == 2
    assert says in told
    assert "Traceback" not in told


def test_ignored_findings_are_counted_and_not_graded() -> None:
    """--ignore moves findings aside; the report says so."""
    report = json.loads(scan(FAULTY, "-o", "json", "--ignore", "MPA003,mpa087").output)

    assert {f["rule"] for f in report["suppressed"]} == {"MPA003", "MPA087"}
    assert not {f["rule"] for f in report["findings"]} & {"MPA003", "MPA087"}
    assert report["grade_set_by"] not in {"MPA003", "MPA087"}


def test_selecting_a_topic_judges_only_that() -> None:
    """--select crd judges the rules about the definition."""
    report = json.loads(scan(FAULTY, "-o", "json", "--select", "crd").output)

    judged = {f["topic"] for f in report["findings"]}
    assert judged == {"crd"}
    assert report["grade"]["letter"] == "F"


@pytest.mark.parametrize("command", commands.list_commands(click.Context(commands)))
def test_every_command_has_help(command: str) -> None:
    """Each command's help loads, and says something."""
    shown = CliRunner().invoke(commands, [command, "--help"])

    assert shown.exit_code == 0
    assert len(shown.output.splitlines()) > 3


def test_standard_input_is_read(tmp_path: Path) -> None:
    """``helm template ... | mpiaudit scan -`` works."""
    done = subprocess.run(
        [sys.executable, "-m", "mpiaudit", "scan", "-"],
        input=Path(FAULTY).read_bytes(),
        capture_output=True,
        check=False,
    )

    assert done.returncode == 1
    assert b"-:76:11  Deployment kubeflow/training-operator" in done.stdout


def test_pipe_that_closes_is_no_error() -> None:
    """``mpiaudit rules | head -1`` ends quietly."""
    done = subprocess.run(
        ["/bin/bash", "-c", f"{sys.executable} -m mpiaudit rules -o json | head -1"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "[\n"
    assert done.stderr == ""


def test_pipe_that_closes_is_neither_clean_nor_findings() -> None:
    """``scan | head`` under pipefail says nothing about what was not read to its end."""
    script = f"{sys.executable} -m mpiaudit demo | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["/bin/bash", "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "141\n"
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [
        ({"FORCE_COLOR": "1"}, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ({"TERM": "xterm"}, False),
    ],
)
def test_colour_follows_the_environment(environment: dict[str, str], coloured: bool) -> None:  # noqa: FBT001 - a table of cases
    """NO_COLOR wins over FORCE_COLOR, and a file gets no colours."""
    runner = CliRunner(env={"NO_COLOR": None, "FORCE_COLOR": None, **environment})

    shown = runner.invoke(commands, ["scan", FAULTY], standalone_mode=False)

    assert ("\x1b[" in shown.output) is coloured


@pytest.mark.parametrize("width", [80, 120])
def test_report_honours_the_width(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but what is meant to be pasted is wider than the terminal."""
    monkeypatch.chdir(ROOT / "reports" / "two-operators")
    runner = CliRunner(env={"COLUMNS": str(width)})

    shown = runner.invoke(commands, ["scan", "cluster.yaml"], standalone_mode=False).output

    wide = [line for line in shown.splitlines() if len(line) > width]
    assert all(line.strip().startswith("kubectl ") for line in wide)
    assert len(shown.splitlines()) > 30


def test_explain_prints_what_the_rule_says() -> None:
    """Users read what the developer wrote beside the check."""
    shown = CliRunner().invoke(commands, ["explain", "mpa3"], standalone_mode=False)

    assert "gives up after two minutes" in shown.output
    assert "Remedy: List every kind but MPIJob" in shown.output
    flagged, fine = shown.output.partition("Flagged, at the marked lines:")[2].split("Not flagged:")
    assert "    - name: training-operator  #~ MPA003" in flagged
    assert "--enable-scheme=pytorchjob" in fine


@pytest.mark.parametrize(
    ("message", "rule"),
    [
        ("E1124 mpi_job: CRD doesn't exist. Exiting", "MPA00"),
        (
            (
                "problem running manager: failed to wait for mpijob-controller caches to sync: "
                "timed out waiting for cache to be synced for Kind *v1.MPIJob"
            ),
            "MPA003",
        ),
        (
            (
                'The CustomResourceDefinition "mpijobs.kubeflow.org" is invalid: '
                'status.storedVersions[0]: Invalid value: "v2beta1": must appear in spec.versions'
            ),
            "MPA006",
        ),
        ("Exit Code:    255", "MPA047"),
        ("flag provided but not defined: -kubectl-delivery-image", "MPA023"),
        ('Error initially creating lease lock err="namespaces "mpi-operator" not found"', "MPA033"),
    ],
)
def test_explain_leads_from_a_message_to_its_rule(message: str, rule: str) -> None:
    """Whoever has only a log line finds the cause."""
    shown = CliRunner().invoke(commands, ["explain", message], standalone_mode=False)

    assert shown.exception is None
    assert rule in shown.output
