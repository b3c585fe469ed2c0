"""``--render`` has charts and kustomizations built before they are judged."""

import json
import os
from pathlib import Path

import pytest

from mpiaudit.cli import run

JOB = Path(__file__).parent.parent / "rules/job/MPA087-restart-policy-refused/bad.yaml"
BUILD = "#!/bin/sh\ncat job.yaml\n"


@pytest.fixture
def overlay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a kustomization of one faulty job, with a program that builds it as it is."""
    folder = tmp_path / "overlay"
    folder.mkdir()
    (folder / "job.yaml").write_text(JOB.read_text())
    (folder / "kustomization.yaml").write_text("resources: [job.yaml]\n")
    (tmp_path / "kustomize").write_text(BUILD)
    (tmp_path / "kustomize").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return folder


def found(overlay: Path, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, str]:
    """Return where each rule found something."""
    run(["scan", str(overlay), "-o", "json", *options])
    report = json.loads(capsys.readouterr().out)
    return {f["rule"]: f["at"]["source"] for f in report["findings"]}


def test_what_is_built_is_judged(overlay: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is reported with its kustomization; without the option the files are read."""
    assert found(overlay, capsys)["MPA087"] == str(overlay / "job.yaml")
    assert found(overlay, capsys, "--render")["MPA087"] == str(overlay / "kustomization.yaml")


def test_a_baseline_is_written_of_the_same(
    overlay: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The options that say what is read are those of a scan."""
    known = str(overlay.parent / "known.json")

    assert run(["baseline", "write", known, str(overlay), "--render"]) == 0
    assert run(["scan", str(overlay), "--render", "--baseline", known]) == 0
    assert "0 new" in capsys.readouterr().out
