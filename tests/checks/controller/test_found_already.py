"""Faults that have a name of their own and that another rule finds: no second one is due."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from mpiaudit import engine
from mpiaudit.collect import files
from mpiaudit.facts.crds import schemas
from mpiaudit.inventory.build import build
from mpiaudit.report import Coverage, Finding
from mpiaudit.rule import Severity

IMAGES = {
    "mpi-operator 0.5": "mpioperator/mpi-operator:0.5.0",
    "mpi-operator 0.8": "mpioperator/mpi-operator:0.8.0",
    "training-operator 1.3": "public.ecr.aws/j1r0q0g6/training/training-operator:"
    "760ac1171dd30039a7363ffa03c77454bd714da5",
    "training-operator 1.8": "kubeflow/training-operator:v1-04f9f13",
    "training-operator 1.9": "ghcr.io/kubeflow/training-v1/training-operator:v1-93c5489",
    "trainer 2": "ghcr.io/kubeflow/trainer/trainer-controller-manager:v2.0.0",
}
SUCCEEDED = {"conditions": [{"type": "Succeeded", "status": "True"}]}
MULTIKUEUE = {"runPolicy": {"managedBy": "kueue.x-k8s.io/multikueue"}}


def deployment(release: str) -> dict[str, object]:
    """Return the Deployment of *release*, as exported from a cluster."""
    name = release.split(" ", maxsplit=1)[0]
    container = {"name": name, "image": IMAGES[release]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "kubeflow", "uid": "uid-deployment"},
        "spec": {"replicas": 1, "template": {"spec": {"containers": [container]}}},
    }


def definition(product: str, release: str) -> dict[str, object]:
    """Return the CRD that a release ships, with the fields that tell schemas apart."""
    schema = next(
        s
        for s in schemas()
        if s.origin.product == product and str(s.origin.newest).startswith(release)
    )
    spec: dict[str, object] = {}
    for name in sorted(schema.properties):
        fields = spec
        *above, last = name.split(".")
        for step in above:
            inner = fields.setdefault(step, {"properties": {}})
            assert isinstance(inner, dict)
            fields = inner["properties"]
        fields.setdefault(last, {})
    body = {"openAPIV3Schema": {"properties": {"spec": {"properties": spec}}}}
    served = sorted(schema.served)
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "mpijobs.kubeflow.org", "uid": "uid-crd"},
        "spec": {
            "group": "kubeflow.org",
            "versions": [
                {"name": v, "served": True, "storage": v == served[-1], "schema": body}
                for v in served
            ],
        },
        "status": {"storedVersions": served[-1:]},
    }


def job(version: str, spec: Mapping[str, object] | None = None) -> dict[str, object]:
    """Return an MPIJob that waits, with *spec* beside its replicas."""
    container = {"name": "launcher", "image": "example/bert:1"}
    template = {"spec": {"containers": [container]}}
    return {
        "apiVersion": f"kubeflow.org/{version}",
        "kind": "MPIJob",
        "metadata": {"name": "bert", "namespace": "ml", "uid": "uid-bert"},
        "spec": {**(spec or {}), "mpiReplicaSpecs": {"Launcher": {"template": template}}},
    }


def found(folder: Path, *objects: object) -> dict[str, Finding]:
    """Return the findings about a cluster that holds *objects*, by rule."""
    whole = {"apiVersion": "v1", "kind": "List", "items": objects}
    (folder / "cluster.yaml").write_text(yaml.safe_dump(whole))
    inventory = build(files.collect([str(folder)], None))
    report = engine.audit(inventory, engine.load_rules(), Coverage("cluster", live=False))
    return {each.rule.id: each for f in report.findings for each in (f, *f.explains)}


@pytest.mark.parametrize(
    ("origin", "release", "rule"),
    [
        (("training-operator", "1.9"), "mpi-operator 0.8", "MPA002"),
        (("mpi-operator", "0.8"), "training-operator 1.9", "MPA003"),
        (("mpi-operator", "0.3"), "training-operator 1.9", "MPA004"),
    ],
)
def test_the_crd_of_another_project(
    tmp_path: Path, origin: tuple[str, str], release: str, rule: str
) -> None:
    """MPA011: what matters is which versions that CRD serves, so the rules about those say it."""
    assert rule in found(tmp_path, definition(*origin), deployment(release))


def test_the_schema_of_another_project_under_the_right_version(tmp_path: Path) -> None:
    """MPA011: a CRD that was renamed by hand serves the version that the operator wants."""
    text = yaml.safe_dump(definition("training-operator", "1.9"))
    renamed = yaml.safe_load(text.replace("name: v1", "name: v2beta1"))

    assert "MPA224" in found(tmp_path, renamed, deployment("mpi-operator 0.8"))


@pytest.mark.parametrize(
    ("release", "version", "crd"),
    [
        ("training-operator 1.3", "v1", ("training-operator", "1.9")),
        ("trainer 2", "v1", ("training-operator", "1.9")),
        ("trainer 2", "v2beta1", ("mpi-operator", "0.8")),
    ],
)
def test_a_controller_without_mpijob(
    tmp_path: Path, release: str, version: str, crd: tuple[str, str]
) -> None:
    """MPA044 and MPA050: jobs wait for ever, and the message names who does not run them."""
    installed, controller = definition(*crd), deployment(release)

    waiting = found(tmp_path, installed, controller, job(version))
    ended = found(tmp_path, installed, controller, {**job(version), "status": SUCCEEDED})

    assert f"({release}.0" in waiting["MPA029"].hit.message
    assert waiting["MPA029"].severity is Severity.HIGH
    assert f"{release}.0" in ended["MPA030"].hit.message


@pytest.mark.parametrize(
    ("release", "crd", "version"),
    [
        ("mpi-operator 0.5", ("mpi-operator", "0.8"), "v2beta1"),
        ("training-operator 1.8", ("training-operator", "1.9"), "v1"),
    ],
)
def test_a_job_of_multikueue_that_runs_here_as_well(
    tmp_path: Path, release: str, crd: tuple[str, str], version: str
) -> None:
    """MPA075: the field can only be kept by a CRD that is newer than the controller."""
    said = found(tmp_path, definition(*crd), deployment(release), job(version, MULTIKUEUE))
    alone = found(tmp_path, deployment(release), job(version, MULTIKUEUE))

    assert said["MPA010"].severity is Severity.HIGH
    assert "jobs that set runPolicy.managedBy: 1" in said["MPA010"].hit.message
    assert "it ignores runPolicy.managedBy" in alone["MPA052"].hit.effect


def test_a_job_of_multikueue_whose_field_the_crd_drops(tmp_path: Path) -> None:
    """MPA075: the operator would leave the job alone, and never gets to see the field."""
    said = found(tmp_path, definition("mpi-operator", "0.5"), deployment("mpi-operator 0.8"))

    assert said["MPA009"].severity is Severity.HIGH
    assert "spec.runPolicy.managedBy" in said["MPA009"].hit.message
