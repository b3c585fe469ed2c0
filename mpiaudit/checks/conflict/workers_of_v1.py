"""MPA071."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import fixes
from mpiaudit.checks.conflict import children, rivals
from mpiaudit.checks.evidence import surety
from mpiaudit.checks.job import gang
from mpiaudit.checks.semantics import held_to_v2beta1
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.workload import Pod
from mpiaudit.rule import Hit, Severity, rule

ENDED = frozenset({"Succeeded", "Failed"})


@rule(
    "MPA071",
    Severity.HIGH,
    remedy="Suspend the job, delete the workers, and resume it: mpi-operator then makes its own.",
    symptom_of=("MPA062", "MPA063", "MPA064", "MPA070"),
)
def workers_of_v1(
    jobs: tuple[Job, ...],
    pods: tuple[Pod, ...],
    controllers: tuple[Controller, ...],
    crd: Crd | None = None,
) -> Iterator[Hit]:
    """mpi-operator is left with workers that a controller of v1 has made.

    Its launcher starts and fails, again and again. A worker has the same name in v1 and in
    v2beta1, and mpi-operator takes any for its own that the MPIJob owns. Those of v1 have no SSH
    key, no name in DNS and the labels of the other controller; most of them only sleep.

    Detected by the API version in the owner references of a job's workers that have not ended,
    where one mpi-operator of v2beta1 runs the job and nothing of v1 does any more: after a
    migration with running jobs, or before it where its manifests are laid over the cluster.

    Wrong when: a controller of v1 still runs the job, for then they are its own, or two
    controllers fight over it (other rules say so); the job has ended, is suspended or is left to
    another controller by ``managedBy`` (none of them reported).

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:976-1040
    (``getOrCreateWorker``); kubeflow/trainer v1.9.4
    pkg/controller.v1/mpi/mpijob_controller.go:921-945; seen with training-operator 1.9.0 and
    mpi-operator 0.8.0 on Kubernetes 1.34, which took the workers over.
    """
    owned = children.by_owner(pods)
    for job in children.owning(held_to_v2beta1(jobs, crd, controllers), owned):
        operator = gang.operator_of(job, controllers)
        if operator is None or rivals.contested(job, controllers):
            continue
        workers = [p for p in owned[job.uid] if _left_by_v1(p)]
        if not workers or job.finished or job.suspended or job.multikueue:
            continue
        yield Hit(
            job.at("metadata", "name"),
            f"{operator.title} alone runs {job.key}, of whose workers {len(workers)} were made in "
            f"v1, for example {workers[0].name}",
            also=(children.place(workers[0]), operator.in_container("image")),
            effect="the launcher can neither resolve their names nor log in to them",
            fix=fixes.rebuild_for_mpi_operator(job),
            confidence=surety(operator),
        )


def _left_by_v1(pod: Pod) -> bool:
    """Return whether it is a worker of a v1 controller that has not ended."""
    over = pod.phase in ENDED or pod.identity.deleting
    return pod.role == "worker" and not over and children.owner_version(pod) == "v1"
