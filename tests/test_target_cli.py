"""Manifests are held against the releases that ``--target``, or the settings, name."""

import json
from pathlib import Path
from typing import Any

import pytest

from mpiaudit.cli import run
from mpiaudit.collect import shipped, snapshot, target
from mpiaudit.reading import Reading

JOB = """\
apiVersion: kubeflow.org/{version}
kind: MPIJob
metadata:
  name: bert
  namespace: team-a
spec:
  runPolicy:
    cleanPodPolicy: Running
    {field}
  mpiReplicaSpecs:
    Launcher:
      replicas: 1
      template:
        spec:
          containers:
            - name: launcher
              image: bert:1
              command: [mpirun, hostname]
    Worker:
      replicas: 2
      template:
        spec:
          containers:
            - name: worker
              image: bert:1
"""

NEW = "mpi-operator 0.8.0"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with a job of v1 and one of v2beta1, the working directory."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "v1.yaml").write_text(JOB.format(version="v1", field="suspend: false"))
    (tmp_path / "v2.yaml").write_text(
        JOB.format(version="v2beta1", field="managedBy: kubeflow.org/mpi-operator")
    )
    (tmp_path / "none.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def prod(repository: Path) -> Path:
    """Return the snapshot of a cluster that runs mpi-operator 0.8.0."""
    named = target.parse(NEW)
    assert named.definition is not None
    objects = [shipped.deployment(named), shipped.definition(named, named.definition)]
    reading = Reading(iter(objects), documents=2, context="prod", taken="2026-11-24T05:00:00Z")
    path = repository / "prod.snapshot"
    snapshot.write(reading, str(path), {"Deployment", "CustomResourceDefinition", "MPIJob"})
    return path


def report(capfd: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """Return the JSON report of a scan."""
    run(["scan", "-o", "json", *arguments])
    found: dict[str, Any] = json.loads(capfd.readouterr().out)
    return found


def at(found: dict[str, Any]) -> dict[str, str]:
    """Return the source of each finding by its rule."""
    return {f["rule"]: f["at"]["source"] for f in found["findings"]}


def test_a_version_that_the_target_does_not_serve(
    repository: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The gate that is set before an upgrade fails, and says what was judged against."""
    assert run(["scan", "v1.yaml"]) == 0
    capfd.readouterr()
    assert run(["scan", "v1.yaml", "--target", NEW]) == 1
    text = capfd.readouterr().out

    assert text.startswith("MPIJob in v1.yaml for mpi-operator 0.8.0\n")
    assert "written in kubeflow.org/v1; the CRD serves v2beta1" in text
    assert "at     v1.yaml:1:1  MPIJob team-a/bert" in text


def test_a_field_that_the_target_drops(repository: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The field managedBy came with mpi-operator 0.6, and a CRD before it prunes the fence away."""
    assert at(report(capfd, "v2.yaml", "--target", "mpi-operator 0.5.0"))["MPA212"] == "v2.yaml"
    assert "MPA212" not in at(report(capfd, "v2.yaml", "--target", "mpi-operator 0.6"))


def test_the_target_closes_its_gaps_and_no_others(
    repository: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """What needs controllers and a CRD is judged; what needs pods is not."""
    found = report(capfd, "v2.yaml", "--target", NEW)
    unjudged = {skip["rule"] for skip in found["not_judged"]}

    assert found["findings"] == []
    assert not {"MPA002", "MPA029", "MPA031", "MPA052", "MPA214"} & unjudged
    assert {"MPA043", "MPA047", "MPA054"} <= unjudged


def test_a_finding_about_the_target_is_in_no_file(
    repository: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its place is the target, so that no code review is annotated in a file that is not there."""
    found = report(capfd, "v1.yaml", "--target", "training-operator 1.7.0")
    assert at(found)["MPA052"] == "cluster:target training-operator 1.7.0"

    run(["scan", "v1.yaml", "--target", "training-operator 1.7.0", "-o", "github"])
    lines = [n for n in capfd.readouterr().out.splitlines() if "MPA052" in n]
    assert lines
    assert not any("file=" in line for line in lines)


def test_two_operators(repository: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """As they ship they are rivals; with the kinds that training-operator is to run they are not.

    The flags follow the version.
    """
    rivals = ("--target", NEW, "--target", "training-operator 1.9.4")
    assert "MPA028" in at(report(capfd, "v2.yaml", *rivals))

    apart = f"{rivals[3]} --enable-scheme=tfjob --enable-scheme=pytorchjob"
    found = report(capfd, "v2.yaml", *rivals[:3], apart)
    assert found["findings"] == []
    assert found["coverage"]["source"] == f"v2.yaml for {NEW} and {apart}"


def test_without_jobs_there_is_nothing_to_audit(repository: Path) -> None:
    """A target is no object of the files: ``--fail-if-empty`` still tells a wrong folder."""
    assert run(["scan", "none.yaml", "--fail-if-empty", "--target", NEW]) == 4
    assert run(["scan", "v2.yaml", "--fail-if-empty", "--target", NEW]) == 0


@pytest.mark.parametrize("value", [f'"{NEW}"', f'["{NEW}"]', '"prod.snapshot"'])
def test_the_repository_keeps_it(repository: Path, prod: Path, value: str) -> None:
    """Nobody has to type it; a snapshot lies beside the settings."""
    (repository / "jobs").mkdir()
    (repository / "v1.yaml").rename(repository / "jobs/v1.yaml")
    assert run(["scan", "jobs"]) == 0
    (repository / "mpiaudit.toml").write_text(f"[mpiaudit]\ntarget = {value}\n")
    assert run(["scan", "jobs"]) == 1
    assert run(["scan", "jobs", "--target", "training-operator 1.9.4"]) == 0


def test_the_settings_are_for_manifests(repository: Path, prod: Path) -> None:
    """Where a cluster is read its own controllers count, and no error is in the way."""
    (repository / "mpiaudit.toml").write_text('[mpiaudit]\ntarget = "trainer 2.0.0"\n')

    assert run(["scan", "prod.snapshot"]) == 0
    assert run(["scan", "v2.yaml", "--against", "prod.snapshot"]) == 0


def test_a_target_that_the_files_leave_nothing_of(
    repository: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The report does not claim to have judged against it."""
    named = target.parse("mpi-operator 0.7.0")
    (repository / "list.json").write_text(
        json.dumps({"apiVersion": "v1", "kind": "List", "items": [shipped.deployment(named).body]})
    )
    coverage = report(capfd, "v2.yaml", "list.json", "--target", NEW)["coverage"]

    assert coverage["source"] == "v2.yaml list.json"
    assert coverage["relevant"] == 2
    assert coverage["notes"] == [
        f"{NEW}: nothing of it is added, for PATHS hold exports of a cluster"
    ]


def test_a_snapshot_is_a_target(
    repository: Path, prod: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is what ``--against`` names."""
    named = report(capfd, "v1.yaml", "--target", "prod.snapshot", "--namespace", "x")
    against = report(capfd, "v1.yaml", "--against", "prod.snapshot", "--namespace", "x")

    assert named == against
    assert named["coverage"]["source"] == "v1.yaml over prod"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--target", NEW], "--target is for manifests: name them as PATHS"),
        (["prod.snapshot", "--target", NEW], "--target is for manifests; prod.snapshot is a snaps"),
        (
            ["v1.yaml", "--context", "a", "--target", NEW],
            "--target stands for a cluster, and --c",
        ),
        (["v1.yaml", "-n", "a", "--target", NEW], "--target stands for a cluster, and --namespace"),
        (
            ["v1.yaml", "--against", "prod.snapshot", "--target", NEW],
            "--target stands for a cluster, and --against reads one; leave one of them out",
        ),
        (
            ["v1.yaml", "--target", "prod.snapshot", "--target", NEW],
            "--target prod.snapshot: a snapshot is a whole cluster; give it alone",
        ),
        (["v1.yaml", "--target", "none.yaml"], "target 'none.yaml': no snapshot, and no release"),
    ],
)
def test_what_cannot_be(
    repository: Path,
    prod: Path,
    capfd: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    """A typed target that would not count is refused, not passed over."""
    assert run(["scan", *arguments]) == 2
    assert said in capfd.readouterr().err


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (f'["{NEW}", "slurm 0.17"]', "mpiaudit.toml:3: target 'slurm 0.17': no snapshot, and no"),
        ('"lost.snapshot"', "mpiaudit.toml:3: target 'lost.snapshot': no snapshot, and no release"),
        ("8", 'mpiaudit.toml:3: target is 8; write a list of words: ["mpi-operator 0.8.0"]'),
        ('[""]', "mpiaudit.toml:3: target '': no snapshot"),
    ],
)
def test_what_is_wrong_in_the_settings(
    repository: Path, capfd: pytest.CaptureFixture[str], value: str, said: str
) -> None:
    """It is told with the line."""
    (repository / "mpiaudit.toml").write_text(f"[mpiaudit]\n\ntarget = {value}\n")

    assert run(["scan", "v1.yaml"]) == 2
    assert said in capfd.readouterr().err


def test_schema(capfd: pytest.CaptureFixture[str]) -> None:
    """Editors let one release stand alone."""
    assert run(["schema", "settings"]) == 0
    schema = json.loads(capfd.readouterr().out)["properties"]["target"]

    assert schema["type"] == ["array", "string"]
    assert schema["items"] == {"type": "string"}


def test_without_the_kind_no_job_can_be_applied(tmp_path: Path) -> None:
    """Trainer 2 ships no CRD of MPIJob."""
    manifest = tmp_path / "job.yaml"
    manifest.write_text(
        "apiVersion: kubeflow.org/v2beta1\nkind: MPIJob\nmetadata: {name: a}\nspec: {}\n"
    )

    assert run(["scan", str(manifest), "--select", "MPA214"]) == 0
    assert run(["scan", str(manifest), "--select", "MPA214", "--target", "trainer 2.0.0"]) == 1
