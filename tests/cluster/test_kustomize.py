"""The real kustomize and kubectl build what is judged, and what they would fetch is refused."""

from pathlib import Path

import pytest

from cluster import bed
from mpiaudit.collect import files
from mpiaudit.model import Location, Resource
from mpiaudit.reading import Reading

JOB = """\
apiVersion: kubeflow.org/v2beta1
kind: MPIJob
metadata:
  name: train
spec:
  slotsPerWorker: 1
"""

BASE = """\
resources: [job.yaml]
components: [../part]
"""

OVERLAY = """\
namePrefix: night-
namespace: ml
resources: [../base]
patches:
- path: slots.yaml
"""

PART = """\
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches:
- path: policy.yaml
"""

PROGRAMS = {"kustomize": "kustomize-5.8.2", "kubectl": "kubectl-1.34.4"}
"""The programs of the testbed, by the name that a user has them under."""


@pytest.fixture(params=PROGRAMS)
def program(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the name of the one program on PATH."""
    name = str(request.param)
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / name).symlink_to(bed.program(PROGRAMS[name]))
    monkeypatch.setenv("PATH", str(folder))
    return name


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Return a folder with an overlay of a base that has a component."""
    written = {
        "base/kustomization.yaml": BASE,
        "base/job.yaml": JOB,
        "night/kustomization.yaml": OVERLAY,
        "night/slots.yaml": JOB.replace("slotsPerWorker: 1", "slotsPerWorker: 4"),
        "part/kustomization.yaml": PART,
        "part/policy.yaml": JOB.replace("slotsPerWorker: 1", "runPolicy: {cleanPodPolicy: All}"),
        "plain/job.yaml": JOB.replace("train", "plain"),
    }
    for name, text in written.items():
        path = tmp_path / "work" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "work"


def read(folder: Path) -> tuple[list[Resource], Reading]:
    """Return the MPIJobs below *folder*, and the reading."""
    reading = files.collect([str(folder)], frozenset({"MPIJob"}), render=True)
    return list(reading.resources), reading


def test_overlay_is_judged_as_it_is_built(work: Path, program: str) -> None:
    """One job comes of a base, a component and a patch; none of these is a job by itself."""
    assert program in PROGRAMS

    (built, plain), reading = read(work)
    place = Location(built.reference, ("spec", "slotsPerWorker"))

    assert built.reference.key == "ml/night-train"
    assert built.get("spec") == {"slotsPerWorker": 4, "runPolicy": {"cleanPodPolicy": "All"}}
    assert built.source == f"{work}/night/kustomization.yaml"
    assert files.place([place])[place].line == 0
    assert plain.source == f"{work}/plain/job.yaml"
    assert (reading.faults, reading.notes) == ([], [])


def test_what_kustomize_refuses_is_said(work: Path, program: str) -> None:
    """Its own words lead to the fault, and its files are read as they are."""
    (work / "night" / "slots.yaml").write_text(JOB.replace("train", "other"))

    resources, reading = read(work / "night")

    assert [r.source for r in resources] == [f"{work}/night/slots.yaml"]
    assert reading.faults[0].startswith(
        f"{work}/night: a kustomization that is not built: {program}: "
    )
    assert "other" in reading.faults[0]


@pytest.mark.parametrize(
    "text",
    [
        "Resources: ['http://127.0.0.1:1/a.yaml']\n",
        "bases: ['github.com/a/b']\n",
        "transformers: [plug-in.yaml]\n",
    ],
)
def test_what_reaches_out_is_not_built(work: Path, program: str, text: str) -> None:
    """The program is not even asked."""
    (work / "base" / "kustomization.yaml").write_text(text)

    _, reading = read(work / "night")

    assert f"not built: {work}/base/kustomization.yaml: " in reading.faults[0]
    assert f"{program}: " not in reading.faults[0]
