"""``-o`` says where reports go: any number of formats, on standard output and in files."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mpiaudit.cli import commands, run

FAULTY = str(Path(__file__).parent.parent / "rules/job/MPA087-restart-policy-refused/bad.yaml")


def scan(*arguments: str) -> Result:
    """Run ``mpiaudit scan`` on a faulty manifest."""
    return CliRunner().invoke(commands, ["scan", FAULTY, *arguments], standalone_mode=False)


def test_several_at_once(tmp_path: Path) -> None:
    """One audit serves the log and the dashboard; each gets what it alone would."""
    path = tmp_path / "report.json"

    done = scan("-o", f"json={path}", "-o", "text", "-o", "json")

    assert path.read_text() == scan("-o", "json").output
    assert done.output == scan("-o", "text").output + path.read_text()
    assert done.return_value == 1


def test_a_file_alone_leaves_standard_output_empty(tmp_path: Path) -> None:
    """Text in a file is as wide as the report book, and without colours."""
    path = tmp_path / "report.txt"

    done = scan("-o", f"text={path}", "--color", "always")

    assert (done.output, done.return_value) == ("", 1)
    assert "MPA087" in path.read_text()
    assert "\x1b" not in path.read_text()


def test_a_report_is_replaced_and_its_link_kept(tmp_path: Path) -> None:
    """Collectors read a file at any time: it is never half a report."""
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("an old one")
    link.symlink_to(real)

    scan("-o", f"json={link}")

    assert json.loads(real.read_text())["schema"] == 1
    assert link.is_symlink()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.json", "real.json"]


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    """``-o json=>(jq .)`` in a shell names a pipe, which nothing may take the place of."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        scan("-o", f"json={pipe}", "--select", "MPA087")
        assert os.read(reader, 16).startswith(b'{\n  "schema": 1')
    finally:
        os.close(reader)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "json="], "json= names no file"),
        (["-o", "jsn=x"], "'jsn' is no format; choose from"),
        (["-o", "json=same", "-o", "text=same"], "same would hold two reports"),
    ],
)
def test_what_cannot_be_meant(
    arguments: list[str], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is told before anything is read."""
    assert run(["scan", FAULTY, *arguments]) == 2
    assert said in capfd.readouterr().err


def test_a_file_that_cannot_be_written(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A report that is lost is an error, whatever was found."""
    path = tmp_path / "missing" / "report.json"

    code = run(["scan", FAULTY, "-o", f"json={path}"])

    assert code == 2
    assert f"{path}: cannot write the report: no such file or directory" in capfd.readouterr().err
