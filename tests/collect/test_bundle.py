"""The exports that people have: folders and archives of them are read whole, or say what is not."""

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from collect.test_recorded import RECORDINGS
from mpiaudit import engine
from mpiaudit.collect import archive, files
from mpiaudit.collect.bundle import DUMP
from mpiaudit.collect.member import Limits
from mpiaudit.inventory.build import build, kinds_for
from mpiaudit.inventory.inventory import Inventory
from mpiaudit.model import Gap, Location, dig
from mpiaudit.reading import Reading
from mpiaudit.report import Coverage

Files = Mapping[str, str]

JOB = "apiVersion: kubeflow.org/v2beta1\nkind: MPIJob\nmetadata:\n  name: {}\n"
META = {"name": "mpi-operator", "namespace": "mpi-operator", "uid": "d-1"}
DEPLOYMENT = {
    "metadata": META,
    "spec": {"template": {"spec": {"containers": [{"image": "mpioperator/mpi-operator:0.8.0"}]}}},
}


def tar(path: Path, members: Files) -> str:
    """Write *members* to a tar file at *path*, compressed unless that ends in tar; return it."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as opened:
        for name, text in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            opened.addfile(entry, io.BytesIO(text.encode()))
    content = plain.getvalue()
    path.write_bytes(content if path.suffix == ".tar" else gzip.compress(content))
    return str(path)


def packed(path: Path, members: Files) -> str:
    """Write *members* to a zip file at *path*, and return it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, text in members.items():
            opened.writestr(name, text)
    return str(path)


def folder(path: Path, members: Files) -> str:
    """Write *members* to a folder at *path*, and return it."""
    for name, text in members.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    return str(path)


Pack = Callable[[Path, Files], str]
PACKS: dict[str, Pack] = {
    "in": folder,
    "in.tar": tar,
    "in.tgz": tar,
    "in.zip": packed,
}


def read(path: str) -> tuple[list[str], Reading]:
    """Return the objects at *path*, in the order they are read, and the reading."""
    reading = files.collect([path], None)
    return [str(r.reference) for r in reading.resources], reading


def taken(path: str) -> tuple[Inventory, Reading]:
    """Return the inventory of what is at *path*, and the reading."""
    reading = files.collect([path], None)
    return build(reading), reading


def small(path: str, limits: Limits) -> tuple[list[str], list[str]]:
    """Return the members that are read within *limits*, and the faults."""
    said = archive.Said([], [])
    return [name for name, _ in archive.members(path, said, limits)], said.faults


@pytest.mark.parametrize("name", PACKS)
def test_every_packing_holds_the_same(name: str, tmp_path: Path) -> None:
    """It does not matter how a colleague sent the files; logs beside them do not disturb."""
    members = {"a/job.yaml": JOB.format("pi"), "a/pod.log": "{{{", "b.json": "{}"}
    path = PACKS[name](tmp_path / name, members)

    found, reading = read(path)

    assert found == ["MPIJob pi"]
    assert (reading.inputs, reading.faults, reading.notes) == (2, [], [])


@pytest.mark.parametrize("name", ["in.tar", "in.tgz", "in.zip"])
def test_finding_in_an_archive_has_its_line(name: str, tmp_path: Path) -> None:
    """A reader finds the field after unpacking, or with an editor that opens archives."""
    members = {"x.yaml": JOB.format("no"), "a:b/job.yaml": "---\n" + JOB.format("pi")}
    path = PACKS[name](tmp_path / name, members)
    _, job = files.collect([path], None).resources

    (placed,) = files.place([Location(job.reference, ("metadata", "name"))]).values()

    assert str(placed) == f"{path}:a:b/job.yaml:5:3"


def test_archive_is_known_by_its_content(tmp_path: Path) -> None:
    """A download has lost its suffix."""
    path = tar(tmp_path / "download", {"job.yaml": JOB.format("pi")})

    assert read(path)[0] == ["MPIJob pi"]


def test_archives_inside_are_not_opened(tmp_path: Path) -> None:
    """An archive in an archive could go on for ever; the reader is told of it."""
    path = tar(tmp_path / "in.tgz", {"job.yaml": JOB.format("pi"), "more/logs.zip": "PK"})
    beside = folder(tmp_path / "in", {"chart.tgz": "?"})

    assert read(path)[1].notes == [
        f"{path}:more/logs.zip: an archive in an archive is not opened; unpack it"
    ]
    assert read(beside)[1].notes == [
        f"{beside}/chart.tgz: an archive in a folder is not opened; name it to read it"
    ]


@pytest.mark.parametrize("name", ["../job.yaml", "/etc/job.yaml", "a/../../job.yaml", "C:\\x.yml"])
def test_path_that_leads_out_is_a_fault(name: str, tmp_path: Path) -> None:
    """Such a name was made to overwrite something; it is not read, and that is said."""
    path = tar(tmp_path / "in.tgz", {name: JOB.format("evil"), "job.yaml": JOB.format("pi")})

    found, reading = read(path)

    assert found == ["MPIJob pi"]
    assert reading.faults == [f"{path}:{name}: leads out of the archive; left out"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A link may lead to a file of the reader's own machine."""
    (tmp_path / "secret.yaml").write_text(JOB.format("secret"))
    path = tmp_path / "in.tar"
    with tarfile.open(path, "w") as opened:
        for name, target in (("a/out.yaml", "../../secret.yaml"), ("a/in.yaml", "job.yaml")):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            opened.addfile(entry)

    found, reading = read(str(path))

    assert found == []
    assert reading.faults == [
        f"{path}:a/out.yaml: links out of the archive to ../../secret.yaml; left out"
    ]
    assert reading.notes == [
        f"{path}:a/in.yaml: a link is not followed; what it leads to is read if inside"
    ]


def test_link_in_a_zip_file_is_not_followed(tmp_path: Path) -> None:
    """A zip file keeps a link as a file whose text is the target."""
    path = tmp_path / "in.zip"
    with zipfile.ZipFile(path, "w") as opened:
        entry = zipfile.ZipInfo("out.yaml")
        entry.create_system, entry.external_attr = 3, 0o120777 << 16
        opened.writestr(entry, "/etc/passwd")

    assert read(str(path))[1].faults == [
        f"{path}:out.yaml: links out of the archive to /etc/passwd; left out"
    ]


def test_name_cannot_forge_a_line_of_the_report(tmp_path: Path) -> None:
    """A line break or an escape code in a name would let an archive write its own report."""
    path = tar(tmp_path / "in.tgz", {"a\n\x1b[2J.yaml": JOB.format("pi")})
    (job,) = files.collect([path], None).resources

    assert job.source == f"{path}:a\ufffd\ufffd[2J.yaml"


@pytest.mark.parametrize("name", ["in.tgz", "in.zip"])
def test_bomb_is_given_up(name: str, tmp_path: Path) -> None:
    """A small file must not fill the memory, and what it hid was not judged."""
    members = {"a.yaml": JOB.format("pi"), "b.yaml": "# " + "0" * 3_000_000}
    path = PACKS[name](tmp_path / name, members)

    found, faults = small(path, Limits(ratio=50, free=200_000))

    assert found == ["a.yaml"]
    assert faults == [
        f"{path}: unpacks to more than 50 times its size; what comes after is left out"
    ]


@pytest.mark.parametrize(
    ("limits", "found", "fault"),
    [
        (Limits(members=1), ["a.yaml"], ": has more than 1 members; what comes after is left out"),
        (Limits(member=9), ["a.yaml"], ":b.yaml: has 12 bytes, more than 9; left out, unpack it"),
        (
            Limits(total=14),
            ["a.yaml"],
            ": has manifests of more than 14 bytes; what comes after is left out",
        ),
    ],
)
@pytest.mark.parametrize("name", ["in.tar", "in.tgz", "in.zip"])
def test_what_a_limit_leaves_out_is_a_fault(
    name: str, limits: Limits, found: list[str], fault: str, tmp_path: Path
) -> None:
    """An audit of the half of an archive must not read as one of the whole."""
    path = PACKS[name](tmp_path / name, {"a.yaml": "a: 1", "b.yaml": "b: 123456789"})

    assert small(path, limits) == (found, [path + fault])


@pytest.mark.parametrize("name", ["in.tar", "in.tgz", "in.zip"])
@pytest.mark.parametrize("kept", [0.2, 0.4, 0.6])
def test_truncated_archive_is_one_fault(name: str, kept: float, tmp_path: Path) -> None:
    """A download broke off: what was read stands, and the audit is incomplete."""
    members = {f"{i}.yaml": JOB.format(f"pi-{i}") + f"# {i * 7919}\n" * 40 for i in range(20)}
    path = Path(PACKS[name](tmp_path / name, members))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])

    found, reading = read(str(path))

    assert len(found) < 20
    (fault,) = reading.faults
    assert fault.startswith(f"{path}: cut short, damaged or no archive: ")
    assert fault.endswith("; copy it again")


def test_tar_file_cut_between_members_is_a_fault(tmp_path: Path) -> None:
    """Nothing in it is broken: only the end that every tar file has is missing."""
    path = Path(tar(tmp_path / "in.tar", {"a.yaml": "a: 1", "b.yaml": "b: 1"}))
    path.write_bytes(path.read_bytes()[:1024])

    assert read(str(path))[1].faults == [
        (
            f"{path}: cut short, damaged or no archive: it does not end as a tar file does;"
            " copy it again"
        )
    ]


@pytest.mark.parametrize("name", ["in.tar", "in.tgz", "in.zip"])
@pytest.mark.parametrize("content", ["", "kind: MPIJob\n", "PK\x03\x04", "\x1f\x8b\x08"])
def test_file_that_is_no_archive_is_one_fault(name: str, content: str, tmp_path: Path) -> None:
    """A web page saved as bundle.tgz is no empty bundle."""
    path = tmp_path / name
    path.write_bytes(content.encode("latin-1"))

    found, reading = read(str(path))

    assert (found, len(reading.faults)) == ([], 1)
    assert reading.faults[0].startswith(f"{path}: cut short, damaged or no archive: ")


def test_encrypted_archive_is_one_fault(tmp_path: Path) -> None:
    """Nobody is asked for a password."""
    path = Path(packed(tmp_path / "in.zip", {"a.yaml": "a: 1", "b.yaml": "b: 1"}))
    content = bytearray(path.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := content.find(signature, at + 1)) >= 0:
            content[at + flags] |= 1
    path.write_bytes(content)

    assert read(str(path))[1].faults == [
        f"{path}: is encrypted; decrypt it first; what comes after is left out"
    ]


def test_name_given_twice_is_a_fault(tmp_path: Path) -> None:
    """One of the two is hidden from whoever unpacks the archive."""
    path = tmp_path / "in.tar"
    with tarfile.open(path, "w") as opened:
        for name in ("first", "second"):
            text = JOB.format(name).encode()
            entry = tarfile.TarInfo("job.yaml")
            entry.size = len(text)
            opened.addfile(entry, io.BytesIO(text))

    found, reading = read(str(path))

    assert found == ["MPIJob first"]
    assert reading.faults == [f"{path}:job.yaml: is in it twice; only the first is read"]


@pytest.mark.parametrize("name", PACKS)
def test_support_bundle_reads_arrays_and_lists(name: str, tmp_path: Path) -> None:
    """Early releases wrote arrays without kinds, later ones typed lists."""
    root = "support-bundle-2026/cluster-resources"
    listed = {"kind": "PodList", "items": [{"metadata": {"name": "p", "uid": "p-1"}}]}
    jobs = "- apiVersion: kubeflow.org/v2beta1\n  kind: MPIJob\n  metadata: {name: pi, uid: j-1}\n"
    members = {
        f"{root}/custom-resources/mpijobs.kubeflow.org/team-a.yaml": jobs,
        f"{root}/custom-resources/widgets.example.com/team-a.yaml": "- kind: Widget\n",
        f"{root}/deployments/mpi-operator.json": json.dumps([DEPLOYMENT], indent=2),
        f"{root}/pods/team-a.json": json.dumps(listed | {"apiVersion": "v1"}),
        "support-bundle-2026/secrets/team-a/s.json": '{"name": "s", "value": "hunter2"}',
    }
    path = PACKS[name](tmp_path / name, members)

    found, reading = read(path)

    assert sorted(found) == ["Deployment mpi-operator/mpi-operator", "MPIJob pi", "Pod p"]
    assert (reading.faults, reading.gaps) == ([], {})


def test_finding_in_an_array_has_its_line(tmp_path: Path) -> None:
    """The array is what the bundle holds, so that is where to look."""
    text = json.dumps([{"metadata": {}}, DEPLOYMENT], indent=2)
    path = folder(tmp_path, {"cluster-resources/deployments/mpi-operator.json": text})
    _, found = files.collect([path], None).resources

    (placed,) = files.place([Location(found.reference, ("metadata", "name"))]).values()

    assert text.splitlines()[placed.line - 1] == '      "name": "mpi-operator",'
    assert placed.column == 7


def test_errors_of_a_support_bundle_are_gaps(tmp_path: Path) -> None:
    """What the collector was refused is not absent, and the audit is incomplete."""
    members: dict[str, Any] = {
        "pods-errors.json": {"team-a": "pods is\nforbidden", "team-b": "no"},
        "custom-resource-definitions-errors.json": ["timed out"],
        "custom-resources/custom-resources-errors.json": {
            "widgets.example.com": "gone",
            "mpijobs.kubeflow.org": "could not list",
        },
        "ingress-errors.json": ["no"],
        "services-errors.json": None,
        "jobs-errors.json": {},
    }
    root = tmp_path / "cluster-resources"
    path = folder(root, {name: json.dumps(value) for name, value in members.items()})

    _, reading = taken(path)

    assert reading.gaps == {
        "Pod": Gap(f"{root}/pods-errors.json: team-a: pods is forbidden (and 1 more)"),
        "CustomResourceDefinition": Gap(
            f"{root}/custom-resource-definitions-errors.json: timed out"
        ),
        "MPIJob": Gap(
            f"{root}/custom-resources/custom-resources-errors.json:"
            " mpijobs.kubeflow.org: could not list"
        ),
    }


def test_lists_of_chosen_namespaces_prove_no_absence(tmp_path: Path) -> None:
    """A bundle of two namespaces does not tell which controllers run in the third."""
    one = {"apiVersion": "apps/v1", "kind": "Deployment", **DEPLOYMENT}
    whole = json.dumps({"apiVersion": "v1", "kind": "List", "items": [one]})
    crds = json.dumps([{"metadata": {"name": "mpijobs.kubeflow.org", "uid": "c-1"}}])
    exported = folder(tmp_path / "get", {"deployments.json": whole})
    gathered = folder(tmp_path / "gather", {"namespaces/mpi-operator/apps/deployments.yaml": whole})
    bundle = folder(
        tmp_path / "bundle",
        {
            "cluster-resources/deployments/mpi-operator.json": whole,
            "cluster-resources/custom-resource-definitions.json": crds,
        },
    )

    assert taken(exported)[0].listed == {"Deployment"}
    assert taken(gathered)[0].listed == set()
    assert taken(bundle)[0].listed == {"CustomResourceDefinition"}
    assert [c.name for c in taken(gathered)[0].controllers] == ["mpi-operator"]


def test_folder_with_the_name_of_an_export_hides_nothing(tmp_path: Path) -> None:
    """Teams keep their own manifests in folders of these names."""
    members = {
        "cluster-resources/roles/job.yaml": JOB.format("one"),
        "namespaces/team-a/apps/job.yaml": JOB.format("two"),
    }
    reading = files.collect([folder(tmp_path, members)], frozenset({"MPIJob"}))

    assert [r.reference.name for r in reading.resources] == ["one", "two"]


def dumped(kind: str, *items: dict[str, Any]) -> str:
    """Return a list as ``kubectl cluster-info dump`` prints it."""
    body = {"kind": f"{kind}List", "apiVersion": "apps/v1", "metadata": {}, "items": list(items)}
    return json.dumps(body, indent=4) + "\n"


LOGS = (
    "==== START logs for container c of pod ns/p ====\n"
    '{"kind": "MPIJob"} ]} %\n\n'
    "==== END logs for container c of pod ns/p ====\n"
)


@pytest.mark.parametrize("form", ["folder", "stream"])
def test_cluster_info_dump_says_that_it_holds_no_jobs(form: str, tmp_path: Path) -> None:
    """That no MPIJob is in it is no fact about the cluster, and is said once."""
    deployments, pods = dumped("Deployment", DEPLOYMENT), dumped("Pod")
    members = {"ns/deployments.json": deployments, "ns/pods.json": pods, "ns/p/logs.txt": LOGS}
    stream = {"dump.json": pods + LOGS + deployments + LOGS}
    path = folder(tmp_path, members if form == "folder" else stream)

    inventory, reading = taken(path)

    assert reading.notes == [DUMP]
    assert reading.faults == []
    assert [c.name for c in inventory.controllers] == ["mpi-operator"]
    assert inventory.listed == set()
    assert inventory.gaps["jobs"] == Gap("no jobs among the files", unreadable=False)


def test_line_in_a_dump_counts_its_logs(tmp_path: Path) -> None:
    """The logs between the lists are not read, but they are there."""
    text = dumped("Pod") + LOGS + dumped("Deployment", DEPLOYMENT)
    (tmp_path / "dump.txt").write_text(text)
    (found,) = files.collect([str(tmp_path / "dump.txt")], None).resources

    (placed,) = files.place([Location(found.reference, ("metadata", "name"))]).values()

    assert text.splitlines()[placed.line - 1].strip() == '"name": "mpi-operator",'


NO_LOCK_NAMESPACE, NO_RIGHT = "MPA033", "MPA036"

FROM_ABSENCE = {
    "both-operators-v2-crd": {NO_RIGHT},
    "coexistence-done-right": {NO_RIGHT},
    "dual-served-double-reconcile": {NO_RIGHT},
    "dual-v1-controllers": set(),
    "finished-jobs-hold-workers": {NO_RIGHT},
    "healthy-v1-training-operator": set(),
    "healthy-v2beta1-only": {NO_RIGHT},
    "invalid-jobs-ignored": {NO_RIGHT},
    "lock-namespace-missing": {NO_LOCK_NAMESPACE},
}
"""By recording, the rules that find what is not there: a must-gather does not prove that."""


def must_gather(recording: Path) -> dict[str, str]:
    """Return the files of a must-gather of a recorded cluster."""
    members: dict[str, str] = {}
    spaces: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(recording.glob("*.json")):
        for body in json.loads(path.read_text()).get("items", []):
            version, space = str(body["apiVersion"]), dig(body, "metadata", "namespace")
            group = version.rpartition("/")[0] or "core"
            name = body["metadata"]["name"]
            plural = {"crds": "customresourcedefinitions"}.get(path.stem, path.stem)
            if space is None:
                where = f"cluster-scoped-resources/{group}/{plural}/{name}.yaml"
                members[where] = json.dumps(body, indent=1)
            else:
                spaces.setdefault(f"namespaces/{space}/{group}/{plural}.yaml", []).append(body)
    for where, bodies in spaces.items():
        listed = {"apiVersion": "v1", "kind": "List", "items": bodies}
        members[f"{where}"] = json.dumps(listed, indent=1)
    return {f"must-gather/quay-io-sha256/{name}": text for name, text in members.items()}


def findings(path: str) -> set[tuple[str, str]]:
    """Return the rule and the object of each finding at *path*, and of what it explains."""
    rules = engine.load_rules()
    kinds = kinds_for(name for rule in rules for name in (*rule.needs, *rule.uses))
    report = engine.audit(build(files.collect([path], kinds)), rules, Coverage(path, live=False))
    found = [f for top in report.findings for f in (top, *top.explains)]
    return {(f.rule.id, str(f.hit.at.object)) for f in found}


@pytest.mark.parametrize("name", RECORDINGS)
def test_must_gather_gives_the_findings_of_the_lists(
    reference: Path, name: str, tmp_path: Path
) -> None:
    """All that is in the cluster is found; only what follows from an absence is not judged."""
    recording = reference / "clusters" / name
    path = tar(tmp_path / "must-gather.tgz", must_gather(recording))

    gathered, listed = findings(path), findings(str(recording))

    assert gathered <= listed
    assert {rule for rule, _ in listed - gathered} == FROM_ABSENCE[name]
