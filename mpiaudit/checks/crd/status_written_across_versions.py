"""MPA076."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import evidence
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.view import View
from mpiaudit.inventory.workload import LauncherJob, Pod
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule


@rule(
    "MPA076",
    Severity.HIGH,
    confidence=Confidence.LIKELY,
    remedy="Leave MPIJob to one controller, stop serving the version that it does not read, and "
    "submit the job again: what its spec has lost does not come back.",
    symptom_of=("MPA060", "MPA062", "MPA063"),
)
def status_written_across_versions(
    crd: Crd | None,
    jobs: tuple[Job, ...],
    pods: tuple[Pod, ...] = (),
    launcher_jobs: tuple[LauncherJob, ...] = (),
) -> Iterator[Hit]:
    """The status of a job was written in two versions of the API.

    Two controllers, one of v1 and one of v2beta1, have written one object. What the other
    version's schema does not declare was dropped from its spec, and came back as a default.

    Detected by what the API server does then: it cannot merge the field managers of two strict
    schemas and throws ``managedFields`` away. An MPIJob that has a status and no managedFields
    at all, under a CRD that serves several versions, was written across them.

    Wrong when: the export hides managedFields, as ``kubectl get -o yaml`` does unless given
    ``--show-managed-fields`` (only judged where other MPIJobs, or in a live scan other objects,
    have them), or a client cleared them on purpose. Finished jobs cost less.

    Source: kubernetes/kubernetes v1.34.0
    staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/fieldmanager.go; seen
    with training-operator 1.9.0 and mpi-operator 0.8.0 on Kubernetes 1.34, whose API server logs
    "[SHOULD NOT HAPPEN] failed to update managedFields".
    """
    if crd is None or not crd.installed or len(crd.served) <= 1:
        return
    visible = [j for j in jobs if j.identity.writers]
    around = [v for v in (crd, *pods, *launcher_jobs) if v.ref.live and v.identity.writers]
    witness: View | None = next(iter((*visible, *around)), None)
    if witness is None:
        return
    for job in jobs:
        if not job.identity.exported or not job.has_status or job.identity.writers:
            continue
        yield Hit(
            job.at("metadata"),
            f"{job.key} has a status and no managedFields, which {witness.ref} has; "
            f"{evidence.listing(crd.served)} are served",
            also=(crd.at("spec", "versions"),),
            effect="fields of its spec were dropped or set back to their defaults",
            fix=_compare(job),
            severity=Severity.LOW if job.finished else None,
        )


def _compare(job: Job) -> Fix | None:
    """Return how to see what was lost, where the author left a copy of the spec."""
    if not job.applied:
        return None
    target = f"mpijobs.{job.version}.kubeflow.org {job.name}"
    return Fix(
        "shows what the author applied, to compare with the spec; changes nothing",
        f"kubectl -n {job.namespace} apply view-last-applied {target}",
    )
