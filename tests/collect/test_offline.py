"""A program that reads strangers' files is the user's own, and ends."""

import os
import select
from pathlib import Path

import pytest

from mpiaudit.collect import offline
from mpiaudit.collect.offline import Limits


def script(folder: Path, name: str, text: str) -> str:
    """Put a program of the shell into *folder*; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}")
    path.chmod(0o755)
    return str(path)


def test_program_of_the_repository_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A PATH with entries like ``.`` finds what lies in a stranger's folder, in each of them."""
    script(tmp_path / "chart" / "bin", "helm", "echo theirs\n")
    script(tmp_path / "chart", "helm", "echo theirs\n")
    mine = script(tmp_path / "mine", "helm", 'echo "$PATH"\n')
    monkeypatch.chdir(tmp_path / "chart")
    monkeypatch.setenv("PATH", f".:bin::{tmp_path / 'mine'}")

    assert offline.find("helm") == mine
    assert offline.run([mine], ".") == (f"{tmp_path / 'mine'}\n", "")

    monkeypatch.setenv("PATH", ".:bin:")

    assert offline.find("helm") is None


def test_program_that_prints_without_end_is_ended(tmp_path: Path) -> None:
    """So is what it has started; neither fills the memory."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    endless = script(
        tmp_path,
        "endless",
        f"/usr/bin/tail -f /dev/null 3> {pipe} &\necho > {pipe}\nwhile :; do echo lines; done\n",
    )
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert offline.run([endless], str(tmp_path), Limits(size=100)) == (
            "",
            "endless: prints more than 100 bytes",
        )
        assert os.read(reader, 9) == b"\n"
        assert select.select([reader], [], [], 10)[0]
        assert os.read(reader, 9) == b""
    finally:
        os.close(reader)


def test_complaints_without_end_are_cut(tmp_path: Path) -> None:
    """What a program says of itself counts as well."""
    endless = script(tmp_path, "endless", "while :; do echo lines >&2; done\n")

    assert offline.run([endless], ".", Limits(size=100)) == (
        "",
        "endless: prints more than 100 bytes",
    )


def test_program_that_does_not_end_is_ended(tmp_path: Path) -> None:
    """One line says so, without the environment or the whole command."""
    waiting = script(tmp_path, "waiting", "exec /usr/bin/tail -f /dev/null\n")

    assert offline.run([waiting, "a"], ".", Limits(seconds=0)) == (
        "",
        "waiting: not done after 0 seconds",
    )


def test_program_that_cannot_be_run_is_said(tmp_path: Path) -> None:
    """A file that is no program is no traceback."""
    broken = tmp_path / "broken"
    broken.write_text("#!/no/such/shell\n")
    broken.chmod(0o755)

    assert offline.run([str(broken)], ".") == ("", "broken: No such file or directory")
