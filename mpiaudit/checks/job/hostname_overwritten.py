"""MPA103."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.semantics import held_to_v2beta1
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.model import Location, dig
from mpiaudit.rule import Hit, Severity, rule


@rule(
    "MPA103",
    Severity.LOW,
    remedy="Remove hostname and subdomain: the pods are POD.JOB.NAMESPACE.svc in any case.",
)
def hostname_overwritten(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """The pod template's hostname or subdomain is overwritten by mpi-operator.

    Whoever looks for a pod by that name does not find it. mpi-operator names each pod's host
    after the pod and its subdomain after the job, since its hostfile relies on that.

    Wrong when: the value is the one that mpi-operator sets, or the job runs as v1, where it is
    kept (neither reported).

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go (newWorker,
    newLauncherPodTemplate); seen with mpi-operator 0.8.0 on Kubernetes 1.34.
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        places = [place for replica in job.replicas for place in _places(job, replica)]
        if not places or job.finished or job.multikueue:
            continue
        at, field, value, own = places[0]
        yield Hit(
            at,
            f'{field} is "{value}" in the manifest, and mpi-operator sets {own}',
            also=tuple(place for place, _, _, _ in places[1:]),
        )


def _places(job: Job, replica: str) -> Iterator[tuple[Location, str, str, str]]:
    """Yield each field that is overwritten: its place, name, value, and what it becomes."""
    own = {
        "hostname": f"{job.name}-launcher" if replica == "Launcher" else f"{job.name}-worker-0",
        "subdomain": job.name,
    }
    if replica not in {"Launcher", "Worker"}:
        return
    for field, overwritten in own.items():
        place = job.in_pod(replica, field)
        value = dig(job.body, *place.path)
        if isinstance(value, str) and value not in {"", overwritten}:
            yield place, field, value, f'"{overwritten}"'
