"""MPA109."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from mpiaudit.checks.evidence import listing
from mpiaudit.checks.semantics import held_to_v2beta1
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.workload import Pod
from mpiaudit.rule import Hit, Severity, rule

INDEX = "training.kubeflow.org/replica-index"


@rule(
    "MPA109",
    Severity.MEDIUM,
    remedy="Leave the Worker's replicas as they are until the job has ended.",
)
def scale_down_takes_worker(
    jobs: tuple[Job, ...],
    pods: tuple[Pod, ...],
    crd: Crd | None = None,
    controllers: tuple[Controller, ...] = (),
) -> Iterator[Hit]:
    """Fewer workers are asked for than run, and one of those that stay is deleted too.

    Its ranks die, and an elastic job goes on with one worker less than it was given, until
    mpi-operator has made the worker again. With ``runLauncherAsWorker`` the launcher has the
    replica index 0 and worker 0 the index 1, since 0.7; whoever takes workers away still compares
    the index with the number of workers.

    Detected by the replica indices of a job's workers, where there are more of them than it asks
    for: in a cluster while it happens, and before it does where the manifest with fewer workers
    is laid over the cluster.

    Wrong when: the job has ended, is suspended or is being deleted, or its workers bear the
    indices of an older release (not reported).

    Source: kubeflow/mpi-operator v0.7.0 pkg/controller/mpi_job_controller.go:971-979,1440-1447 and
    v0.8.0 :992-1000,1461-1468; seen with mpi-operator 0.8.0 on Kubernetes 1.34: of 3 workers that
    became 2 the third was deleted, and the second deleted and made again.
    """
    owned = _workers(pods)
    for job in held_to_v2beta1(jobs, crd, controllers) if owned else ():
        workers = owned.get(job.uid, [])
        idle = job.finished or job.suspended or job.identity.deleting
        if idle or not 0 < job.workers < len(workers):
            continue
        lost = [p for p in workers if _index(p) >= job.workers > _number(p)]
        if lost:
            names = listing([p.name for p in lost])
            yield Hit(
                job.in_replica("Worker", "replicas"),
                f"{job.name} has {len(workers)} workers and asks for {job.workers}; "
                f"{names} is to stay and bears the replica index {_index(lost[0])}",
                also=tuple(p.at("metadata", "labels", INDEX) for p in lost),
                effect=f"mpi-operator deletes {names} and makes it again; its ranks die",
            )


def _workers(pods: tuple[Pod, ...]) -> Mapping[str, list[Pod]]:
    """Return the workers that mpi-operator v2beta1 has made, by the uid of their job."""
    owned: dict[str, list[Pod]] = defaultdict(list)
    for pod in pods:
        if pod.role == "worker" and pod.owner and pod.owner.api_version.endswith("/v2beta1"):
            owned[pod.owner.uid].append(pod)
    owned.pop("", None)
    return owned


def _index(pod: Pod) -> int:
    """Return the replica index; -1, which is never deleted, where the label is no number."""
    given = pod.identity.labels.get(INDEX, "")
    return int(given) if given.isdecimal() else -1


def _number(pod: Pod) -> int:
    """Return the number at the end of a worker's name."""
    return int(number) if (number := pod.name.rpartition("-")[2]).isdecimal() else _index(pod)
