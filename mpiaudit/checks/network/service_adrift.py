"""MPA129."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from packaging.version import Version

from mpiaudit.checks.network.operator_release import oldest_operator, service_name
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.neighbour import Service
from mpiaudit.inventory.workload import LauncherJob
from mpiaudit.rule import Disposition, Fix, Hit, Severity, rule

OPERATOR_LABEL = "training.kubeflow.org/operator-name"
JOB_LABEL = "training.kubeflow.org/job-name"

PUBLISHES = Version("0.7")
"""Since then runLauncherAsWorker asks for names of pods that are not ready.

kubeflow/mpi-operator v0.7.0 pkg/controller/mpi_job_controller.go:1386-1388.
"""


@rule(
    "MPA129",
    Severity.HIGH,
    remedy="Delete the Service: mpi-operator makes it anew. Where it does not, it does not run.",
)
def service_adrift(
    jobs: tuple[Job, ...],
    services: tuple[Service, ...],
    launcher_jobs: tuple[LauncherJob, ...],
    listed: frozenset[str],
    controllers: tuple[Controller, ...] = (),
) -> Iterator[Hit]:
    """The Service of a running job is gone or is not what mpi-operator made.

    mpirun ends with "Could not resolve hostname <job>-worker-0.<job>.<namespace>.svc". Pods have
    names only through the job's headless Service. Detected on jobs whose launcher Job, which
    mpi-operator makes after the Service, has not ended: the Service is missing, has a cluster
    address, selects other pods, or hides pods that are not ready from a launcher that is a
    worker itself (0.7 or newer).

    Wrong when: the job has ended or was only just created (no launcher Job: not reported), or
    Services of its namespace were not read as a whole list (a missing one is not reported).

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:913-936,1410-1437.
    """
    launched = {
        j.owner.uid
        for j in launcher_jobs
        if j.owner
        and j.owner.uid
        and j.owner.api_version.endswith("/v2beta1")
        and not (j.complete or j.failed)
    }
    owned: dict[str, list[Service]] = defaultdict(list)
    for service in services:
        owned[service.owner.uid if service.owner else ""].append(service)
    for job in jobs if launched else ():
        if job.uid not in launched or job.finished or job.suspended or job.identity.deleting:
            continue
        own = owned.get(job.uid, [])
        release = oldest_operator(controllers, job.namespace)
        faults = [f for s in own for f in _faults(s, job, release)]
        if not own and "Service" in listed and _looked_at(job.namespace, services):
            faults = [f"Service {service_name(job.name, release)} is missing"]
        if faults:
            yield Hit(
                job.at(),
                f"{job.name} runs; {', '.join(faults)}",
                also=tuple(s.at("spec") for s in own),
                effect="names of workers do not resolve",
                fix=_anew(own[0]) if own else None,
            )


def _looked_at(namespace: str, services: tuple[Service, ...]) -> bool:
    """Return whether the list covers *namespace*: that of a whole cluster has ``kubernetes``."""
    return any(s.namespace == namespace or s.key == "default/kubernetes" for s in services)


def _faults(service: Service, job: Job, release: Version | None) -> Iterator[str]:
    if service.cluster_ip not in {"None", ""}:
        yield f"Service {service.name} has the address {service.cluster_ip} and is not headless"
    wanted = {OPERATOR_LABEL: "mpi-operator", JOB_LABEL: job.name}
    if service.name == job.name and not _among(service.selector, wanted):
        yield f"Service {service.name} selects {_written(service.selector)}"
    launcher_works = job.spec.get("runLauncherAsWorker") is True
    if launcher_works and release and release >= PUBLISHES and not service.publishes_not_ready:
        yield f"Service {service.name} hides pods that are not ready"


def _among(selector: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return bool(selector) and selector.items() <= wanted.items()


def _written(selector: Mapping[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in selector.items()) or "nothing"


def _anew(service: Service) -> Fix:
    return Fix(
        "names are gone for the second until mpi-operator has made the Service again",
        f"kubectl -n {service.namespace} delete service {service.name}",
        Disposition.INTERRUPTS,
    )
