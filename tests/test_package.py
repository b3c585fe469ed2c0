"""What is published works for someone who has nothing but the wheel."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(*command: str | Path, cwd: Path) -> str:
    """Return what *command* prints; a failure shows all of it."""
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_wheel_runs_the_demo_in_an_empty_environment(tmp_path: Path) -> None:
    """The wheel that is built from the sdist holds rules, facts and the sample cluster."""
    run(sys.executable, "-m", "build", "--outdir", tmp_path / "dist", ROOT, cwd=tmp_path)
    (wheel,) = (tmp_path / "dist").glob("mpiaudit-*.whl")
    (sdist,) = (tmp_path / "dist").glob("mpiaudit-*.tar.gz")
    venv.create(tmp_path / "empty", with_pip=True)
    programs = tmp_path / "empty" / "bin"
    run(programs / "pip", "install", "--quiet", "--no-compile", wheel, cwd=tmp_path)

    report = run(programs / "mpiaudit", "demo", cwd=tmp_path)
    explained = run(programs / "mpiaudit", "explain", "MPA003", cwd=tmp_path)
    listed = run("tar", "-tzf", sdist, cwd=tmp_path)

    assert "training-operator 1.9.4 cannot" in report
    assert "MPA003" in report
    assert "Not flagged:" in explained
    assert "MPA003" in run(programs / "kubectl-mpiaudit", "rules", cwd=tmp_path)
    assert "/rules/crd/MPA003-v1-not-served/bad.yaml" in listed
    assert "/reports/two-operators/report.text" in listed
