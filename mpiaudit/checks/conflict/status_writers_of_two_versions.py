"""MPA073."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.conflict import children, rivals
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.job import CONTROLLER_MANAGERS, GROUP, Job
from mpiaudit.rule import Confidence, Hit, Severity, rule

VERSIONS = ("v1", "v2beta1")


@rule(
    "MPA073",
    Severity.MEDIUM,
    remedy="Leave MPIJob to one controller, and make the job again.",
    symptom_of=("MPA060", "MPA062", "MPA063", "MPA064", "MPA066", "MPA067"),
)
def status_writers_of_two_versions(
    jobs: tuple[Job, ...], controllers: tuple[Controller, ...] | None = None
) -> Iterator[Hit]:
    """A controller of v1 and one of v2beta1 have both written the status of the job.

    Whoever is the first to see its launcher end decides what the job says for ever. Nothing else
    of an MPIJob shows this where its pods were not read.

    Detected by ``managedFields``: the binaries of the operators wrote the subresource status in
    two versions. They remain where the schema of v1 keeps unknown fields, as in the CRD of
    mpi-operator 0.3; of two strict schemas the API server drops them, which is another rule's.

    Wrong when: one controller took over from the other, and works alone today (not reported;
    likely only, where controllers were not read), or the job has ended (not reported). What
    people edit is not looked at.

    Source: kubeflow/mpi-operator v0.3.0 manifests/base/crd.yaml and
    pkg/controllers/v1/mpi_job_controller.go:1106, v0.8.0 pkg/controller/mpi_job_controller.go:1302;
    seen with mpi-operator 0.3.0 beside 0.8.0 on Kubernetes 1.34.
    """
    for job in children.standing(jobs):
        if job.finished or (controllers is not None and not rivals.contested(job, controllers)):
            continue
        wrote = {
            w.api_version.rpartition("/")[2]: w.manager
            for w in job.identity.writers
            if w.subresource == "status"
            and w.manager in CONTROLLER_MANAGERS
            and w.api_version.startswith(f"{GROUP}/")
        }
        if wrote.keys() >= set(VERSIONS):
            words = " and ".join(f"{wrote[v]} in {v}" for v in VERSIONS)
            yield Hit(
                job.at("metadata", "managedFields"),
                f"the status of {job.key} was written by {words}",
                effect=children.TWICE,
                confidence=Confidence.LIKELY if controllers is None else None,
            )
