"""The fix that sets one field of a job."""

from mpiaudit.checks import fixes
from mpiaudit.inventory.job import Job
from mpiaudit.model import Resource


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
