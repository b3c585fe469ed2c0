"""The file collector: what is read, in which order, and what cannot be."""

import io
import os
import sys
from pathlib import Path

import pytest

from mpiaudit.collect import files
from mpiaudit.collect.files import collect, place
from mpiaudit.model import AuditError, Location
from mpiaudit.reading import Reading

JOB = "apiVersion: kubeflow.org/v2beta1\nkind: MPIJob\nmetadata:\n  name: {}\n"


def names(reading: Reading) -> list[str]:
    """Return the names of the objects, in the order they are read."""
    return [str(resource.get("metadata", "name")) for resource in reading.resources]


def test_folder_is_read_in_order(tmp_path: Path) -> None:
    """The same folder gives the same report on every machine."""
    for name in ("b.yaml", "a.yml", "c.JSON", "sub/d.json", "notes.txt", "z.yaml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(JOB.format(name))

    reading = collect([str(tmp_path)], None)

    assert names(reading) == ["a.yml", "b.yaml", "c.JSON", "z.yaml", "sub/d.json"]
    assert (reading.inputs, reading.documents, reading.faults) == (5, 5, [])


def test_named_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    """The user knows what it is, and naming it twice reads it once."""
    path = tmp_path / "job.txt"
    path.write_text(JOB.format("pi"))

    assert names(collect([str(path), str(path)], None)) == ["pi"]


def test_links_are_followed_and_loops_end(tmp_path: Path) -> None:
    """Overlays link to their base, and a mounted ConfigMap is all links."""
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "job.yaml").write_text(JOB.format("pi"))
    (tmp_path / "base" / "again").symlink_to(tmp_path)
    (tmp_path / "alias.yaml").symlink_to(tmp_path / "base" / "job.yaml")

    assert names(collect([str(tmp_path)], None)) == ["pi"]


def test_missing_path_stops_the_audit(tmp_path: Path) -> None:
    """A typing error must not pass as an empty audit."""
    with pytest.raises(AuditError, match=r"nowhere: no such file or folder; check the path"):
        collect([str(tmp_path / "nowhere")], None)


def test_dash_without_input_stops_the_audit() -> None:
    """There is nothing to wait for."""
    with pytest.raises(AuditError, match="there is no standard input"):
        collect(["-"], None)


def test_broken_file_is_a_line_and_others_are_read(tmp_path: Path) -> None:
    """The audit is incomplete, and says where."""
    (tmp_path / "a.yaml").write_text("a: [\n")
    (tmp_path / "b.yaml").write_text(JOB.format("pi"))

    reading = collect([str(tmp_path)], None)

    assert names(reading) == ["pi"]
    assert reading.faults == [
        (
            f"{tmp_path}/a.yaml:2:1: did not find expected node content;"
            " correct it or leave the file out"
        )
    ]


def test_template_is_one_line(tmp_path: Path) -> None:
    """A chart's file holds many documents, and one sentence says what to do."""
    path = tmp_path / "chart.yaml"
    path.write_text("kind: MPIJob\nspec: {{ .a }}\n---\nkind: MPIJob\nspec: {{ .b }}\n")

    reading = collect([str(path)], None)

    assert names(reading) == []
    assert reading.faults == [
        (
            f"{path}:2:7: an unrendered template, not a manifest;"
            " render it first: helm template ... | mpiaudit scan -"
        )
    ]


def test_link_to_nowhere_is_a_line(tmp_path: Path) -> None:
    """A manifest that is named in the folder was not judged."""
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")

    reading = collect([str(tmp_path)], None)

    assert names(reading) == []
    assert reading.faults == [
        (
            f"{tmp_path}/gone.yaml: cannot be read: No such file or directory;"
            " make it readable or leave it out"
        )
    ]


def test_duplicate_key_is_a_note(tmp_path: Path) -> None:
    """The file is read; strict validation would refuse it."""
    path = tmp_path / "job.yaml"
    path.write_text(JOB.format("pi") + "spec: 1\nspec: 2\n")

    reading = collect([str(path)], None)

    assert names(reading) == ["pi"]
    assert reading.notes == [
        (
            f'{path}:6:1: key "spec" already set in map; the last value counts,'
            " strict validation refuses it"
        )
    ]


def test_standard_input_is_read_and_located() -> None:
    """``helm template | mpiaudit scan -`` has lines, though it can be read only once."""
    kept: files.Kept = {}
    reading = collect(["-"], None, stdin=io.BytesIO(JOB.format("pi").encode()), kept=kept)
    (resource,) = reading.resources
    field = Location(resource.reference, ("metadata", "name"))

    (placed,) = place([field], kept).values()

    assert str(placed) == "-:4:3"


def test_large_file_is_read_and_located(tmp_path: Path) -> None:
    """Large files are mapped, not read: the same objects and lines come out."""
    filler = "---\napiVersion: v1\nkind: Service\nnote: " + "x" * 500_000 + "\n"
    path = tmp_path / "large.yaml"
    path.write_text(filler * 10 + "---\n" + JOB.format("pi"))
    reading = collect([str(path)], frozenset({"MPIJob"}))

    (resource,) = reading.resources
    (placed,) = place([Location(resource.reference, ("kind",))]).values()

    assert reading.documents == 11
    assert (placed.line, placed.column) == (43, 1)


def test_location_of_a_live_object_has_no_line(tmp_path: Path) -> None:
    """A cluster has no lines, and a file that is gone has none any more."""
    path = tmp_path / "job.yaml"
    path.write_text(JOB.format("pi"))
    (resource,) = collect([str(path)], None).resources
    path.unlink()
    location = Location(resource.reference)

    assert place([location]) == {location: location}
    assert place([location])[location].line == 0


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() == 0, reason="root reads everything")
def test_file_without_permission_is_a_line(tmp_path: Path) -> None:
    """What we were not let read makes the audit incomplete."""
    path = tmp_path / "secret.yaml"
    path.write_text(JOB.format("pi"))
    path.chmod(0)

    reading = collect([str(path)], None)

    assert names(reading) == []
    assert reading.faults == [
        f"{path}: cannot be read: Permission denied; make it readable or leave it out"
    ]


def test_template_that_is_not_about_mpijob_makes_no_fault(tmp_path: Path) -> None:
    """Somebody else's charts in the same repository do not make the audit incomplete."""
    (tmp_path / "web.yaml").write_text(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\n"
        "spec: {{ toYaml .Values.web | nindent 2 }}\n"
    )
    (tmp_path / "operator.yaml").write_text(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: mpi-operator\n"
        "spec: {{ toYaml .Values.operator | nindent 2 }}\n"
    )

    reading = files.collect([str(tmp_path)], frozenset({"Deployment"}))

    assert list(reading.resources) == []
    assert [f.partition(":")[0] for f in reading.faults] == [str(tmp_path / "operator.yaml")]
    assert reading.notes == ["unrendered templates left out that mention no MPIJob: 1"]


def test_file_beside_a_kustomization_may_be_a_patch(tmp_path: Path) -> None:
    """What kustomize merges into another job lacks fields on purpose."""
    for name in ("base/kustomization.yaml", "overlay/kustomization.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("resources: []\n")
    (tmp_path / "overlay" / "patches").mkdir()
    job = "apiVersion: kubeflow.org/v2beta1\nkind: MPIJob\nmetadata: {name: pi}\n"
    (tmp_path / "overlay" / "patches" / "job.yaml").write_text(job)
    (tmp_path / "job.yaml").write_text(job)

    found = files.collect([str(tmp_path)], frozenset({"MPIJob"})).resources

    assert {Path(r.source).parent.name: r.beside_kustomization for r in found} == {
        tmp_path.name: False,
        "patches": True,
    }
