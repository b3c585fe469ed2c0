"""MPA070."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from mpiaudit.checks import evidence
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.neighbour import Service
from mpiaudit.inventory.workload import LauncherJob, Pod
from mpiaudit.rule import Hit, Severity, rule

ENDED = frozenset({"Succeeded", "Failed"})


@rule(
    "MPA070",
    Severity.HIGH,
    remedy="Leave MPIJob to mpi-operator alone, then delete the job's workers: it makes its own.",
    symptom_of=("MPA060", "MPA062", "MPA063", "MPA064", "MPA129"),
)
def no_worker_behind_service(
    jobs: tuple[Job, ...],
    services: tuple[Service, ...],
    pods: tuple[Pod, ...],
    launcher_jobs: tuple[LauncherJob, ...],
) -> Iterator[Hit]:
    """No worker is behind the job's Service: mpirun cannot find one.

    mpirun ends with "Could not resolve hostname <job>-worker-0.<job>.<namespace>.svc". A pod has
    such a name only while the job's headless Service selects it. The launcher itself is selected,
    so the Service has an endpoint and looks healthy.

    Detected on jobs whose launcher Job has not ended: workers exist, by their owner, and the
    labels of none of them match the selector of any Service that the job owns.

    Wrong when: the workers are not made yet or have ended, the job is suspended or was deleted
    (not reported), or the job runs under v1, which uses no Service (no launcher Job: not
    reported). What a finished job left behind is only noted.

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:1410-1437,
    kubeflow/trainer v1.9.4 pkg/controller.v1/mpi/mpijob_controller.go:921-945; seen with
    training-operator 1.9.0 and mpi-operator 0.8.0 on Kubernetes 1.34: the Service had one
    endpoint, the launcher.
    """
    launched = {
        j.owner.uid
        for j in launcher_jobs
        if j.owner and j.owner.uid and not (j.complete or j.failed or j.suspended)
    }
    owned: dict[str, list[Service]] = defaultdict(list)
    for service in services:
        if service.owner and service.selector:
            owned[service.owner.uid].append(service)
    workers = _workers(pods)
    for job in jobs if launched else ():
        own, crew = owned.get(job.uid, ()), workers.get(job.uid, ())
        if job.uid not in launched or job.suspended or job.identity.deleting:
            continue
        if not own or not crew or any(_selects(s, p) for s in own for p in crew):
            continue
        labels = ",".join(f"{k}={v}" for k, v in own[0].selector.items())
        yield Hit(
            job.at(),
            f"Service {evidence.listing([s.name for s in own])} of {job.key} selects {labels}, "
            f"which none of its {len(crew)} workers bears",
            also=(own[0].at("spec", "selector"), crew[0].at("metadata", "labels")),
            effect="names of workers do not resolve",
            severity=Severity.LOW if job.finished else None,
        )


def _workers(pods: tuple[Pod, ...]) -> Mapping[str, list[Pod]]:
    """Return the workers that have not ended, by the uid of the MPIJob that owns them."""
    found: dict[str, list[Pod]] = defaultdict(list)
    for pod in pods:
        if pod.role != "worker" or pod.phase in ENDED or pod.identity.deleting:
            continue
        if pod.owner and pod.owner.kind == "MPIJob" and pod.owner.uid:
            found[pod.owner.uid].append(pod)
    return found


def _selects(service: Service, pod: Pod) -> bool:
    return service.selector.items() <= pod.identity.labels.items()
