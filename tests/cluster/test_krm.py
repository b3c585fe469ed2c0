"""kustomize and kpt run ``mpiaudit krm``; it needs no cluster."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from cluster import bed

EXAMPLE = Path(__file__).parents[2] / "examples/kustomize"
KUSTOMIZE = "kustomize-5.8.2"
PLUGINS = ("--enable-alpha-plugins", "--enable-exec")
OLD = "MPA080: MPIJob is not written in v2beta1."


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Return a copy of the example."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "package"))


def age(package: Path) -> None:
    """Write its job in v1."""
    job = package / "job.yaml"
    job.write_text(job.read_text().replace("kubeflow.org/v2beta1", "kubeflow.org/v1"))


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Return what *command* does, with our programs on its path."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    env = os.environ | {"PATH": path, "HOME": str(cwd)}
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def kustomize(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Return what kustomize does in *folder*."""
    return run(bed.program(KUSTOMIZE), *arguments, cwd=folder)


def test_build_is_what_it_is_without(package: Path) -> None:
    """Where nothing is wrong, the function changes nothing and says nothing."""
    done = kustomize(package, "build", *PLUGINS)
    text = (package / "kustomization.yaml").read_text()
    (package / "kustomization.yaml").write_text(text.partition("transformers:")[0])

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == kustomize(package, "build").stdout


def test_finding_stops_the_build(package: Path) -> None:
    """Nothing comes out that could be applied, and the reason is to be seen."""
    age(package)

    done = kustomize(package, "build", *PLUGINS)

    assert done.returncode == 1
    assert done.stdout == ""
    assert f"mpiaudit: error: {OLD} MPIJob team-a/pi: written in kubeflow.org/v1." in done.stderr


def test_option_lets_the_build_go_on(package: Path) -> None:
    """What is less severe than fail-on is a warning."""
    age(package)
    function = package / "mpiaudit.yaml"
    function.write_text(function.read_text().replace("medium", "critical"))

    done = kustomize(package, "build", *PLUGINS)

    assert done.returncode == 0
    assert [d["kind"] for d in yaml.safe_load_all(done.stdout)] == ["MPIJob"]
    assert done.stderr.startswith(f"mpiaudit: warning: {OLD}")


def test_misspelt_option_stops_the_build(package: Path) -> None:
    """No option is ignored."""
    function = package / "mpiaudit.yaml"
    function.write_text(function.read_text().replace("fail-on", "failOn"))

    done = kustomize(package, "build", *PLUGINS)

    assert done.returncode == 1
    said = "mpiaudit: functionConfig.spec: unknown key 'failOn'; did you mean fail-on?"
    assert done.stderr.splitlines()[0] == said


def test_results_name_the_file(package: Path) -> None:
    """Whatever reads results finds the place; the files stay as they are."""
    age(package)
    (package / "results").mkdir()
    before = (package / "job.yaml").read_text()
    (package / "kustomization.yaml").unlink()

    done = kustomize(package, "fn", "run", ".", "--enable-exec", "--results-dir", "results")

    (file,) = (package / "results").iterdir()
    old = next(r for r in yaml.safe_load(file.read_text()) if r["message"].startswith(OLD))
    assert done.returncode == 1
    assert old["file"] == {"path": "job.yaml", "index": 0}
    assert (old["resourceRef"]["name"], old["field"]) == ("pi", {"path": "apiVersion"})
    assert (package / "job.yaml").read_text() == before


@pytest.mark.parametrize(("fail_on", "code"), [("high", 0), ("medium", 1)])
def test_kpt_runs_it_as_a_validator(fail_on: str, code: int, package: Path) -> None:
    """No item differs from what kpt wrote, and kpt shows the results."""
    if not shutil.which("kpt"):
        pytest.skip("no kpt on this machine")
    age(package)
    validator = {"exec": "mpiaudit-krm", "configMap": {"fail-on": fail_on}}
    body = {"apiVersion": "kpt.dev/v1", "kind": "Kptfile", "metadata": {"name": "package"}}
    kptfile = {**body, "pipeline": {"validators": [validator]}}
    (package / "Kptfile").write_text(json.dumps(kptfile))

    done = run("kpt", "fn", "render", ".", "--allow-exec", cwd=package)

    level = "error" if code else "warning"
    assert done.returncode == code, done.stderr
    assert f"[{level}] kubeflow.org/v1/MPIJob/pi apiVersion: {OLD}" in done.stderr
