"""What kubectl makes of the plug-in; it needs no cluster."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cluster import bed
from cluster.cluster import KUBECTL

FAULTY = Path(__file__).parents[2] / "reports/two-operators/cluster.yaml"


@pytest.fixture
def kubectl(tmp_path: Path) -> Path:
    """Return a folder with kubectl, and with no other program of that name before it."""
    (tmp_path / "kubectl").symlink_to(bed.program(KUBECTL))
    return tmp_path


def run(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Return what the kubectl in *folder* does, with our programs on its path."""
    path = os.pathsep.join((str(folder), str(Path(sys.executable).parent), os.environ["PATH"]))
    command = [folder / "kubectl", *arguments]
    env = os.environ | {"PATH": path, "HOME": str(folder)}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_words_come_from_the_plug_in(kubectl: Path) -> None:
    """The completion that kubectl has of its own offers ours."""
    commands = run(kubectl, "__complete", "mpiaudit", "").stdout
    severities = run(kubectl, "__complete", "mpiaudit", "scan", "--fail-on", "").stdout

    assert "explain\tExplain a rule, with a manifest on both...\n" in commands
    assert commands.endswith("\n:4\n")
    assert severities == "low\nmedium\nhigh\ncritical\n:4\n"


@pytest.mark.parametrize(
    ("arguments", "code"), [([FAULTY], 1), ([FAULTY, "--exit-zero"], 0), (["no/such"], 2)]
)
def test_exit_code_is_passed_on(arguments: list[str | Path], code: int, kubectl: Path) -> None:
    """A pipeline may use either name of the program."""
    assert run(kubectl, "mpiaudit", "scan", *arguments).returncode == code


def test_error_names_the_command_that_was_typed(kubectl: Path) -> None:
    """A hint can be pasted as it is."""
    done = run(kubectl, "mpiaudit", "scan", "--nope")

    assert done.returncode == 2
    assert "Try 'kubectl mpiaudit scan --help' for help." in done.stderr
