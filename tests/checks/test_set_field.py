"""The fix that sets one field of a job."""

from dataclasses import replace
from pathlib import Path

import pytest

from mpiaudit import engine
from mpiaudit.checks import fixes
from mpiaudit.collect import files
from mpiaudit.inventory.build import build
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.model import Resource
from mpiaudit.report import Coverage


def job(**metadata: str) -> Job:
    """Return an MPIJob with this metadata."""
    body = {"apiVersion": "kubeflow.org/v2beta1", "kind": "MPIJob", "metadata": metadata}
    parsed = Job.parse(Resource(body, "job.yaml"))
    assert parsed is not None
    return parsed


def test_job_in_a_cluster_is_patched() -> None:
    """The command names the version, since kubectl would take v1 where it is served."""
    fix = fixes.set_field(
        job(name="pi", namespace="team-a", uid="1"), ("spec", "slotsPerWorker"), 1, "one each"
    )

    assert fix.text == (
        "kubectl -n team-a patch mpijobs.v2beta1.kubeflow.org pi --type=merge "
        """-p '{"spec": {"slotsPerWorker": 1}}'"""
    )


def test_manifest_gets_lines_to_paste() -> None:
    """A file is edited by hand, so the lines are shown where they belong."""
    fix = fixes.set_field(
        job(name="pi"), ("spec", "runPolicy", "cleanPodPolicy"), "Running", "cleans up"
    )

    assert fix.text == "spec:\n  runPolicy:\n    cleanPodPolicy: Running"


def crd(*served: str, storage: str) -> Crd:
    """Return a definition that serves these versions."""
    versions = [{"name": v, "served": True, "storage": v == storage} for v in served]
    body = {"metadata": {"name": "mpijobs.kubeflow.org"}, "spec": {"versions": versions}}
    parsed = Crd.parse(Resource(body, "crd.yaml"))
    assert parsed is not None
    return parsed


@pytest.mark.parametrize(
    ("served", "storage", "named"),
    [
        (("v1", "v2beta1"), "v2beta1", "v2beta1"),
        (("v1", "v2beta1"), "v1", "v1"),
        (("v1alpha2", "v2beta1"), "v1", "v1alpha2"),
        (("v1",), "v1", "v1alpha2"),
    ],
    ids=["newer-stored", "older-stored", "stored-not-served", "one-served"],
)
def test_write_drops_nothing(served: tuple[str, ...], storage: str, named: str) -> None:
    """Of several versions the stored one has every field that is left."""
    listed = replace(job(name="pi", namespace="team-a", uid="1"), version="v1alpha2")
    definition = crd(*served, storage=storage)

    fix = fixes.set_field(listed, ("spec", "slotsPerWorker"), 1, "one each", definition)

    assert f" patch mpijobs.{named}.kubeflow.org pi " in fix.text


def test_no_fix_writes_in_a_version_that_is_not_stored(reference: Path) -> None:
    """Each would drop sshAuthMountPath and what else only v2beta1 has."""
    inventory = build(
        files.collect([str(reference / "clusters" / "dual-served-double-reconcile")], None)
    )

    report = engine.audit(inventory, engine.load_rules(), Coverage("cluster", live=False))

    texts = [e.hit.fix.text for f in report.findings for e in f.family if e.hit.fix]
    patches = [line for text in texts for line in text.splitlines() if " patch mpijob" in line]
    assert patches
    assert all(" patch mpijobs.v2beta1.kubeflow.org " in line for line in patches)
