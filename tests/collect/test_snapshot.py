"""A snapshot says what its cluster said, holds nothing private, and is whole or refused."""

import gzip
import json
from collections.abc import Iterator
from email.utils import format_datetime
from pathlib import Path

import pytest

from collect.server import ApiServer, Fault, kubeconfig, serve
from collect.small import Body, cluster, thing
from collect.test_recorded import RECORDINGS, recorded
from mpiaudit import engine
from mpiaudit.cli import _audit, run
from mpiaudit.collect import files, snapshot
from mpiaudit.collect.live import Options
from mpiaudit.inventory.build import build
from mpiaudit.model import AuditError, Resource
from mpiaudit.reading import Reading
from mpiaudit.render import render
from mpiaudit.report import Report

RULES = engine.load_rules()
CRD_RULES = tuple(r for r in RULES if r.topic == "crd")

REFUSED = ("/customresourcedefinitions/", "/deployments", "/mpijobs", "/pods", "/secrets")


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mpiaudit.collect.api.PAUSE", 0)


def printed(report: Report) -> tuple[str, str]:
    """Return the report in both formats."""
    return render(report, "text"), render(report, "json")


def take(server: ApiServer, folder: Path) -> tuple[str, Options]:
    """Return the path of a snapshot of *server*, and how to scan the server itself."""
    options = Options(kubeconfig(folder / "config", server), request_timeout=5)
    path = str(folder / "lab.snapshot")
    _audit.record(options, RULES, path)
    return path, options


def small(folder: Path, **more: list[Body]) -> str:
    """Return the path of a snapshot of the small cluster, with *more* objects by plural."""
    objects = cluster()
    with serve(objects | {k: objects.get(k, []) + v for k, v in more.items()}) as server:
        return take(server, folder)[0]


def lines(path: str) -> list[str]:
    """Return what stands in a snapshot."""
    return gzip.decompress(Path(path).read_bytes()).decode().splitlines()


@pytest.mark.parametrize("name", RECORDINGS)
def test_scan_of_a_snapshot_is_the_live_report(reference: Path, name: str, tmp_path: Path) -> None:
    """Whoever may reach the cluster hands one file to whoever may not, and nothing is lost."""
    folder = reference / "clusters" / name
    now = build(files.collect([str(folder)], None)).now
    assert now is not None
    with serve(recorded(folder)) as server:
        server.clock = format_datetime(now, usegmt=False)
        path, options = take(server, tmp_path)
        live = _audit.cluster(options, RULES)

    assert printed(_audit.recorded(path, RULES)) == printed(live)


@pytest.mark.parametrize("refused", REFUSED)
def test_a_snapshot_keeps_what_was_refused(reference: Path, refused: str, tmp_path: Path) -> None:
    """What may not be listed is as little judged from the file as it was live."""
    folder = reference / "clusters" / "dual-served-double-reconcile"
    with serve(recorded(folder), Fault(refused, 403)) as server:
        path, options = take(server, tmp_path)
        live = _audit.cluster(options, RULES)

    again = _audit.recorded(path, RULES)

    assert not again.complete
    assert printed(again) == printed(live)


def test_rules_that_need_nothing_of_what_was_refused_are_complete(
    reference: Path, tmp_path: Path
) -> None:
    """--select asks no more of a snapshot than of a cluster."""
    folder = reference / "clusters" / "dual-served-double-reconcile"
    with serve(recorded(folder), Fault("/secrets", 403)) as server:
        path, options = take(server, tmp_path)
        live = _audit.cluster(options, CRD_RULES)

    again = _audit.recorded(path, CRD_RULES)

    assert again.complete
    assert render(again, "text") == render(live, "text")


def test_one_state_of_a_cluster_makes_the_same_bytes(tmp_path: Path) -> None:
    """Two snapshots differ only where the cluster did, so that they can be compared."""
    with serve(cluster()) as server:
        first = Path(take(server, tmp_path)[0]).read_bytes()
        second = Path(take(server, tmp_path)[0]).read_bytes()

    assert first == second


def test_lines_are_sorted_whatever_fits_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster larger than the memory is written as one that fits into it is."""
    with serve(cluster()) as server:
        whole = Path(take(server, tmp_path)[0]).read_bytes()
        monkeypatch.setattr(snapshot, "RUN", 1000)
        split = take(server, tmp_path)[0]

    assert Path(split).read_bytes() == whole
    assert lines(split)[1:-1] == sorted(lines(split)[1:-1])
    assert len(lines(split)) > 10


def test_nothing_private_is_in_a_snapshot(tmp_path: Path) -> None:
    """It may be sent to somebody: no Secret, no ConfigMap and no environment shows its values."""
    env = [{"name": "TOKEN", "value": "very-private"}]
    pods = {"spec": {"containers": [{"name": "main", "image": "web:1", "env": env}]}}
    applied = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(pods)}
    objects = {
        "deployments": [thing("shop", "team-a", spec={"template": pods})],
        "secrets": [thing("pi-ssh", "team-b", data={"key": "very-private"})],
        "configmaps": [
            thing("pi-config", "team-b", labels={"app": "pi"}, data={"a": "very-private"})
        ],
        "mpijobs": [
            thing("new", "team-a", spec={"mpiReplicaSpecs": {"Worker": {"template": pods}}})
        ],
    }
    for body in (body for bodies in objects.values() for body in bodies):
        body["metadata"]["annotations"] = applied

    held = lines(small(tmp_path, **objects))

    assert [line for line in held if "very-private" in line] == []
    assert sum('"shop"' in line for line in held) == 1
    assert sum('"TOKEN"' in line for line in held) == 1


def test_the_environment_of_a_controller_is_kept(tmp_path: Path) -> None:
    """Its arguments may be made of it: without the value the release's flags are unknown."""
    env = [{"name": "SPACE", "value": "team-a"}]
    container = {
        "name": "mpi-operator",
        "image": "mpioperator/mpi-operator:0.8.0",
        "args": ["--namespace=$(SPACE)"],
        "env": env,
    }
    sidecar = {"name": "log", "image": "log:1", "env": [{"name": "KEY", "value": "very-private"}]}
    pods = {"spec": {"containers": [sidecar, container]}}

    held = lines(small(tmp_path, deployments=[thing("own", "team-a", spec={"template": pods})]))

    line = next(line for line in held if '"own"' in line)
    assert json.loads(line)["spec"]["template"]["spec"]["containers"][1]["env"] == env
    assert "very-private" not in line


def test_a_number_for_a_text_is_found_in_a_snapshot(tmp_path: Path) -> None:
    """A variable's value is left out, and not what is wrong with it (MPA077)."""
    container = {"name": "main", "image": "pi:1", "env": [{"name": "N", "value": 5}]}
    replica = {"template": {"spec": {"containers": [container]}}}
    job = thing("odd", "team-a", spec={"mpiReplicaSpecs": {"Worker": replica}})

    held = lines(small(tmp_path, mpijobs=[job]))

    line = next(line for line in held if '"odd"' in line)
    assert '"env":[{"name":"N","value":5}]' in line


@pytest.mark.parametrize("share", [0.02, 0.5, 0.999])
def test_a_snapshot_cut_short_is_refused(share: float, tmp_path: Path) -> None:
    """Half a copy never passes for a small cluster."""
    path = Path(small(tmp_path))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])

    with pytest.raises(AuditError, match=r"lab\.snapshot: cut short or damaged; copy it again"):
        _audit.recorded(str(path), RULES)


def test_a_snapshot_without_its_last_lines_is_refused(tmp_path: Path) -> None:
    """Even one that was packed again: the last line counts the others."""
    path = small(tmp_path)
    held = lines(path)
    Path(path).write_bytes(gzip.compress("\n".join([*held[:-3], held[-1], ""]).encode()))

    with pytest.raises(AuditError, match="cut short or damaged"):
        _audit.recorded(path, RULES)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"kind: List\n", "compressed, and no snapshot of mpiaudit; unpack it"),
        (b'{"format": "other"}\n', "compressed, and no snapshot of mpiaudit; unpack it"),
        (b"", "compressed, and no snapshot of mpiaudit; unpack it"),
        (
            (
                b'{"format": "mpiaudit snapshot", "version": 2, "context": "a", "server": "",'
                b' "taken": "", "kinds": []}\n'
            ),
            "snapshot format 2, and this release reads 1 at most; upgrade mpiaudit",
        ),
    ],
)
def test_a_foreign_file_is_refused_in_one_line(
    content: bytes, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line says what to do with it."""
    path = tmp_path / "export.gz"
    path.write_bytes(gzip.compress(content))

    code = run(["scan", str(path)])

    told = capsys.readouterr().err
    assert code == 2
    assert says in told
    assert told.count("\n") == 1


def test_a_kind_that_a_snapshot_lacks_is_not_judged(tmp_path: Path) -> None:
    """A snapshot of an older release knows nothing of a kind that new rules need."""
    path = str(tmp_path / "old")
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}
    taken = Reading(
        iter([Resource(body, "cluster:lab")]), documents=1, taken="2026-11-24T05:00:00Z"
    )
    snapshot.write(taken, path, {"Pod"})

    reading = snapshot.read(path, frozenset({"Pod", "Lease"}))

    assert [r.body for r in reading.resources] == [body]
    assert reading.gaps["Lease"].reason == f"{path} holds no Lease: take it again with this release"


def test_what_fails_half_way_leaves_the_old_file(tmp_path: Path) -> None:
    """A snapshot is replaced by a whole one only, and no temporary file stays."""
    path = Path(small(tmp_path))
    before = path.read_bytes()

    def broken() -> Iterator[Resource]:
        yield Resource({"kind": "Pod"}, "cluster:lab")
        raise AuditError("gone")

    with pytest.raises(AuditError, match="gone"):
        snapshot.write(Reading(broken()), str(path), {"Pod"})

    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["config", "lab.snapshot"]


@pytest.mark.parametrize(
    ("target", "says"),
    [("missing/lab", "cannot be written: No such file"), ("", "is no regular file; name one")],
)
def test_where_nothing_can_be_written_one_line_says_so(
    target: str, says: str, tmp_path: Path
) -> None:
    """A typo in -o costs no traceback, and never the device or folder of that name."""
    with pytest.raises(AuditError, match=says):
        snapshot.write(Reading(iter(())), str(tmp_path / target), {"Pod"})


def test_the_command_says_what_it_could_not_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever takes the snapshot learns at once that it is not whole."""
    path = tmp_path / "lab.snapshot"
    with serve(cluster(), Fault("/secrets", 403)) as server:
        config = kubeconfig(tmp_path / "config", server)
        code = run(["snapshot", "--kubeconfig", config, "-o", str(path)])
        partial = run(["snapshot", "--kubeconfig", config, "-o", str(path), "--allow-partial"])

    told = capsys.readouterr()
    assert (code, partial) == (3, 0)
    assert "not read: Secret, may not list secrets in team-a: forbidden" in told.err
    assert f"{path}: " in told.out
    assert "objects of lab, 2026-11-24T05:00:00Z" in told.out


def test_manifests_do_not_mix_with_a_snapshot(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Which of them lies over the other is said by --against, never guessed."""
    path = small(tmp_path)
    manifest = tmp_path / "a.yaml"
    manifest.write_text("kind: List\n")

    code = run(["scan", path, str(manifest)])

    assert code == 2
    assert f"manifests go over a snapshot with --against {path}" in capsys.readouterr().err
