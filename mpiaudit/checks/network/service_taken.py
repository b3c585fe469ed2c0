"""MPA128."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.network.operator_release import oldest_operator, service_name
from mpiaudit.checks.semantics import held_to_v2beta1
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.neighbour import Service
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule


@rule(
    "MPA128",
    Severity.HIGH,
    remedy="Give the job another name, or the Service.",
    symptom_of=("MPA068",),
)
def service_taken(
    jobs: tuple[Job, ...],
    services: tuple[Service, ...],
    crd: Crd | None = None,
    controllers: tuple[Controller, ...] = (),
) -> Iterator[Hit]:
    """Another Service has the name that the job's own needs.

    The job has no status and no pods; Warning Events of reason ErrResourceExists repeat:
    ``Resource "..." of Kind "" already exists and is not managed by MPIJob``. mpi-operator makes
    a headless Service of the job's name (``<job>-worker`` before 0.5) before anything else, and
    stops where there is one that the job's uid does not own.

    Wrong when: the Service belonged to an earlier job of this name and is about to be collected
    (not reported), or both are manifests that are never applied together (confidence likely).
    Finished and suspended jobs, and those of v1, which has no Service, are left out.

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:921-925; seen with
    mpi-operator 0.8.0 on Kubernetes 1.34.
    """
    present = {(s.namespace, s.name): s for s in services}
    spaces = {job.namespace for job in jobs}
    operators = {space: oldest_operator(controllers, space) for space in spaces}
    for job in held_to_v2beta1(jobs, crd, controllers):
        if job.finished or job.suspended or job.multikueue or job.identity.deleting:
            continue
        name = service_name(job.name, operators[job.namespace])
        service = present.get((job.namespace, name))
        if service is None or not _foreign(service, job):
            continue
        yield Hit(
            job.at("metadata", "name"),
            f"Service {service.key} is not owned by {job.name}, which needs that name",
            also=(service.at("metadata", "name"),),
            effect="mpi-operator makes nothing for the job, and tries again for ever",
            fix=_look(service) if service.identity.exported else None,
            confidence=None if _both_live(service, job) else Confidence.LIKELY,
        )


def _foreign(service: Service, job: Job) -> bool:
    """Return whether *service* is in the way of *job*.

    A manifest's Service meets a job that is running already only if the job has its own.
    """
    if service.owner and service.owner.kind == job.ref.kind:
        return False
    if service.identity.deleting or service.identity.exported != job.identity.exported:
        return False
    return not job.has_status


def _both_live(service: Service, job: Job) -> bool:
    return service.identity.exported and job.identity.exported


def _look(service: Service) -> Fix:
    return Fix(
        "shows whose Service it is; once it is deleted or renamed the job goes on by itself",
        f"kubectl -n {service.namespace} get service {service.name} -o yaml",
    )
