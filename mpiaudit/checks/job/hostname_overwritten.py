"""MPA103."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.semantics import held_to_v2beta1
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.view import mapping
from mpiaudit.model import Location
from mpiaudit.rule import Hit, Severity, rule

FIELDS = ("hostname", "subdomain")


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
        places = list(_places(job))
        if not places or job.finished or job.multikueue:
            continue
        at, field, value, own = places[0]
        yield Hit(
            at,
            f'{field} is "{value}" in the manifest, and mpi-operator sets {own}',
            also=tuple(place for place, _, _, _ in places[1:]),
        )


def _places(job: Job) -> Iterator[tuple[Location, str, str, str]]:
    """Yield each field that is overwritten: its place, name, value, and what it becomes."""
    for role, replica in job.replicas.items():
        spec = mapping(replica.written.get("spec"))
        for field in FIELDS if role in {"Launcher", "Worker"} else ():
            value = spec.get(field)
            if isinstance(value, str) and value not in {"", _own(job, role, field)}:
                yield job.in_pod(role, field), field, value, f'"{_own(job, role, field)}"'


def _own(job: Job, role: str, field: str) -> str:
    """Return what mpi-operator sets *field* to; for the first worker where each has its own."""
    if field == "subdomain":
        return job.name
    return f"{job.name}-launcher" if role == "Launcher" else f"{job.name}-worker-0"
