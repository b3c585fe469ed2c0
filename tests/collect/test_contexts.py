"""Several clusters in one run: each has its section, and none stops the others."""

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result
from referencing import Registry
from referencing import Resource as Schema

from collect.server import Fault, kubeconfig, serve
from collect.small import Body, cluster, crd, thing
from mpiaudit.cli import commands, run

ROOT = Path(__file__).parent.parent.parent
SCHEMA = json.loads((ROOT / "mpiaudit/render/report.schema.json").read_text())
DEAD = "http://127.0.0.1:9"
"""Nobody listens on the discard port."""


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mpiaudit.collect.api.PAUSE", 0)


def config(path: Path, **servers: str) -> str:
    """Write a kubeconfig with a context for each of *servers*, and none current."""
    content = {
        "contexts": [{"name": n, "context": {"cluster": n, "user": "me"}} for n in servers],
        "clusters": [{"name": n, "cluster": {"server": url}} for n, url in servers.items()],
        "users": [{"name": "me", "user": {}}],
    }
    path.write_text(json.dumps(content))
    return str(path)


def scan(*arguments: str) -> Result:
    """Return what ``mpiaudit scan`` does with *arguments*."""
    return CliRunner().invoke(commands, ["scan", *arguments], standalone_mode=False)


def test_a_dead_cluster_does_not_stop_the_others(tmp_path: Path) -> None:
    """One line says what is wrong with it, and where the report would be."""
    with serve({}) as server:
        path = config(tmp_path / "config", alive=server.url, dead=DEAD)

        shown = scan("--kubeconfig", path, "--context", "dead,alive")

    dead, _, alive = shown.output.partition("\n\nMPIJob on alive (Kubernetes 1.34.4)\n")
    assert dead.startswith(f"MPIJob on dead\n\nNot read: no answer from the API server {DEAD}")
    assert dead.count("\n") == 2
    assert "Nothing to audit" in alive
    assert shown.return_value == 3


def test_json_of_several_contexts_fits_the_schema(tmp_path: Path) -> None:
    """Each report in it is what one context alone would have printed."""
    with serve(cluster()) as server:
        path = config(tmp_path / "config", b=server.url, a=server.url, dead=DEAD)

        several = json.loads(scan("--kubeconfig", path, "--all-contexts", "-o", "json").output)
        alone = json.loads(scan("--kubeconfig", path, "--context", "a", "-o", "json").output)

    registry = Registry().with_resource("report", Schema.from_contents(SCHEMA))
    shape = {"$ref": "report#/$defs/several"}
    jsonschema.Draft202012Validator(shape, registry=registry).validate(several)
    jsonschema.Draft202012Validator(SCHEMA).validate(alone)
    assert [r["source"] for r in several["reports"]] == ["a", "b", "dead"]
    assert several["reports"][0] == {"source": "a", "error": None, "report": alone}
    assert several["reports"][2]["report"] is None
    assert "no answer from the API server" in several["reports"][2]["error"]


def test_all_contexts_are_those_that_kubectl_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file of KUBECONFIG counts, and no context need be the current one."""
    one, two = (config(tmp_path / n, **{n: DEAD, "both": DEAD}) for n in ("one", "two"))
    monkeypatch.setenv("KUBECONFIG", f"{one}:{two}")

    shown = scan("--all-contexts", "--color", "always").output

    heads = [line for line in shown.splitlines() if line.startswith("\x1b[1mMPIJob on ")]
    assert heads == [f"\x1b[1mMPIJob on {name}\x1b[0m" for name in ("both", "one", "two")]


def faulty() -> dict[str, list[Body]]:
    """Return a cluster whose only controller waits for a version that is not served."""
    container = {"name": "training-operator", "image": "kubeflow/training-operator:v1-v1.9.4"}
    pods = {"spec": {"containers": [container]}}
    deployment = thing("training-operator", "kubeflow", spec={"replicas": 1, "template": pods})
    return {"customresourcedefinitions": [crd("v2beta1")], "deployments": [deployment]}


def test_findings_outweigh_what_could_not_be_read(tmp_path: Path) -> None:
    """The exit code is the worst: a fault is certain, a dead cluster may be healthy."""
    with serve(faulty()) as bad, serve({}) as empty, serve({}, Fault("/pods", 403)) as refusing:
        path = config(
            tmp_path / "config", bad=bad.url, empty=empty.url, partial=refusing.url, dead=DEAD
        )

        def code(contexts: str, *more: str) -> int:
            value = scan("--kubeconfig", path, "--context", contexts, *more).return_value
            assert isinstance(value, int)
            return value

        assert code("dead,bad,partial") == 1
        assert code("empty,dead") == 3
        assert code("empty,partial") == 3
        assert code("empty,partial", "--allow-partial") == 0
        assert code("empty,dead", "--exit-zero") == 3
        assert code("empty,partial", "--allow-partial", "--fail-if-empty") == 4


def test_manifests_go_over_every_context(tmp_path: Path) -> None:
    """One file, read once, is held against each cluster that it is meant for."""
    manifest = (
        "apiVersion: kubeflow.org/v1\nkind: MPIJob\nmetadata: {name: bert}\n"
        "spec: {mpiReplicaSpecs: {}}\n"
    )
    modern = {"customresourcedefinitions": [crd("v2beta1")]}
    legacy = {"customresourcedefinitions": [crd("v1")]}
    with serve(modern) as new, serve(legacy) as old:
        path = config(tmp_path / "config", new=new.url, old=old.url)

        done = CliRunner().invoke(
            commands,
            ["scan", "-", "--kubeconfig", path, "--context=old", "--context=new", "-o", "json"],
            input=manifest,
            standalone_mode=False,
        )

    severity = {
        entry["source"]: f["severity"]
        for entry in json.loads(done.output)["reports"]
        for f in entry["report"]["findings"]
        if f["rule"] == "MPA080"
    }
    assert severity == {"old": "medium", "new": "high"}


def test_several_snapshots_are_several_sections(tmp_path: Path) -> None:
    """Clusters that were recorded apart are read together; a damaged file is one line of it."""
    with serve({}) as server:
        live = kubeconfig(tmp_path / "config", server)
        assert run(["snapshot", "--kubeconfig", live, "-o", str(tmp_path / "a")]) == 0
    whole = (tmp_path / "a").read_bytes()
    (tmp_path / "b").write_bytes(whole[: len(whole) // 2])

    shown = scan(str(tmp_path / "a"), str(tmp_path / "b"))

    assert shown.output.startswith("MPIJob on lab (Kubernetes 1.34.4)\n")
    assert f"\n\nMPIJob on {tmp_path}/b\n\nNot read: {tmp_path}/b: cut short" in shown.output
    assert shown.return_value == 3


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["scan", "--context", "a", "--all-contexts"], "exclude each other"),
        (["scan", "--all-contexts"], "no context in"),
        (["scan", "--against", "lab"], "--against needs the manifests"),
        (["scan", "a.yaml", "--against", "lab", "--context", "a"], "--context is for a live scan"),
        (["snapshot", "--context", "a,b", "-o", "lab"], "a snapshot is of one context"),
    ],
)
def test_what_excludes_each_other_is_said(
    arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be meant is a usage error, before anything is read."""
    path = [] if "--against" in arguments else ["--kubeconfig", config(tmp_path / "config")]

    code = run([*arguments, *path])

    assert code == 2
    assert says in capsys.readouterr().err
