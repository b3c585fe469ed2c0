"""MPA069."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import fixes
from mpiaudit.checks.conflict import children
from mpiaudit.checks.conflict.kubexec_with_ssh_secret import KUBEXEC
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.neighbour import ConfigMap
from mpiaudit.inventory.workload import Pod
from mpiaudit.rule import Hit, Severity, rule


@rule(
    "MPA069",
    Severity.HIGH,
    remedy="Leave MPIJob to one controller, suspend the job, delete what the other one made, "
    "and resume it.",
    symptom_of=("MPA062", "MPA063", "MPA064", "MPA065"),
)
def kubexec_missing(
    jobs: tuple[Job, ...], pods: tuple[Pod, ...], config_maps: tuple[ConfigMap, ...]
) -> Iterator[Hit]:
    """The launcher of v1 waits for kubexec.sh, which is not in the job's ConfigMap.

    The Pod stays Pending; its Events say ``references non-existent config key: kubexec.sh``. Every
    launcher of v1 mounts that key. mpi-operator of v2beta1 takes it out of the ConfigMap when it
    comes to a job that a controller of v1 has begun.

    Detected by a Pending launcher that the MPIJob owns as v1, and by the keys of the ConfigMap
    ``<job>-config`` that the same MPIJob owns.

    Wrong when: a controller of v1 is about to put the key back, which it does at the next change
    of a pod, or the ConfigMap was edited by hand.

    Source: kubeflow/trainer v1.9.4 pkg/controller.v1/mpi/mpijob_controller.go:1159-1182;
    kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:869-903
    (``getOrCreateConfigMap``), which was seen to take the key out on Kubernetes 1.34.
    """
    owned_pods, owned_maps = children.by_owner(pods), children.by_owner(config_maps)
    for job in children.owning(jobs, owned_pods.keys() & owned_maps.keys()):
        waiting = [p for p in owned_pods[job.uid] if _waits(p)]
        maps = [m for m in owned_maps[job.uid] if m.name == f"{job.name}-config" and m.keys]
        if not waiting or not maps or KUBEXEC in maps[0].keys or job.finished or job.suspended:
            continue
        yield Hit(
            job.at("metadata", "name"),
            f"Pod {waiting[0].name} of {job.key} is Pending and mounts {KUBEXEC}; "
            f"ConfigMap {maps[0].name} has {', '.join(sorted(maps[0].keys))}",
            also=(children.place(waiting[0]), maps[0].at("data")),
            effect="the Pod cannot be started",
            fix=fixes.rebuild_for_mpi_operator(job),
        )


def _waits(pod: Pod) -> bool:
    """Return whether it is a launcher of v1 that was never started."""
    new = pod.phase == "Pending" and not pod.identity.deleting
    return new and pod.role == "launcher" and children.owner_version(pod) == "v1"
