"""What the README says is true today."""

import re
import shlex
import subprocess
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mpiaudit.cli import commands
from mpiaudit.render import formats

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
COMMANDS = sorted(
    {
        found[1].split("#")[0].strip()
        for found in re.finditer(r"^    (?:.*[|] |kubectl )?mpiaudit (.*)$", README, re.MULTILINE)
    }
)
TARGETS = sorted(set(re.findall(r"^    make (\w+)$", README, re.MULTILINE)))


@pytest.mark.parametrize("line", COMMANDS)
def test_command_exists_with_its_options(line: str) -> None:
    """Every command line in the README is one that the program parses."""
    name, *arguments = shlex.split(line)
    context = click.Context(commands)

    command = commands.get_command(context, name)

    assert command is not None
    command.make_context(name, [a for a in arguments if a != "..."])


@pytest.mark.parametrize("target", TARGETS)
def test_make_target_exists(target: str) -> None:
    """Every make target in the README is one that make knows."""
    done = subprocess.run(
        ["make", "--dry-run", target],  # noqa: S607 - make is what the README asks for
        cwd=ROOT,
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0


def test_every_format_is_told() -> None:
    """Who looks for a format finds it in the README and in the help."""
    table = README.partition("| format | for |")[2].partition("\n\n")[0]
    rows = [line.split("|")[1] for line in table.splitlines()[2:]]
    told = CliRunner().invoke(commands, ["scan", "--help"]).output

    assert sorted(re.findall(r"`(\w+)`", "".join(rows))) == formats()
    assert all(re.search(rf"\b{name}\b", told) for name in formats())


def test_demo_prints_what_the_readme_shows() -> None:
    """The sample in the README is what a newcomer sees."""
    shown = README.partition("both operators were installed:\n")[2].partition("\n## ")[0]
    runner = CliRunner(env={"COLUMNS": "120"})
    words = " ".join(runner.invoke(commands, ["demo"], standalone_mode=False).output.split())

    for paragraph in shown.strip().split("\n\n")[1:]:
        assert " ".join(paragraph.split()) in words
