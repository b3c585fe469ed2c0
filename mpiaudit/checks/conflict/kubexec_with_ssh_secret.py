"""MPA066."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import fixes
from mpiaudit.checks.conflict import children
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.neighbour import ConfigMap, Secret
from mpiaudit.rule import Hit, Severity, rule

KUBEXEC = "kubexec.sh"


@rule(
    "MPA066",
    Severity.HIGH,
    remedy="Leave MPIJob to one controller, suspend the job, delete what the other one made, "
    "and resume it.",
    symptom_of=("MPA062", "MPA063", "MPA064", "MPA065"),
)
def kubexec_with_ssh_secret(
    jobs: tuple[Job, ...],
    config_maps: tuple[ConfigMap, ...],
    secrets: tuple[Secret, ...],
    controllers: tuple[Controller, ...] | None = None,
) -> Iterator[Hit]:
    """An MPIJob's ConfigMap has kubexec.sh (v1) although it has an SSH Secret (v2beta1).

    Both controllers write the ConfigMap ``<job>-config``: after every change of a pod
    mpi-operator takes kubexec.sh out and training-operator puts it back. The hostfile in it is
    then the one of v1, with names that the SSH launcher cannot resolve.

    Found by the keys of the ConfigMap and by the uid in both owner references.

    Wrong when: the job outlived a migration from one controller to the other; where one alone
    is active today, or the job has ended, this costs less. ``discover_hosts.sh`` changes in a
    healthy job and is not looked at.

    Source: kubeflow/trainer v1.9.4 pkg/controller.v1/mpi/mpijob_controller.go:715-716,1262-1265,
    kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:901-904; seen with
    training-operator 1.9.0 and mpi-operator 0.8.0 on Kubernetes 1.34.
    """
    owned_maps, owned_secrets = children.by_owner(config_maps), children.by_owner(secrets)
    for job in children.owning(jobs, owned_maps.keys() & owned_secrets.keys()):
        maps = [m for m in owned_maps[job.uid] if KUBEXEC in m.keys]
        keys = owned_secrets[job.uid]
        if not maps:
            continue
        yield Hit(
            job.at("metadata", "name"),
            f"{job.key} owns ConfigMap {maps[0].name} with {KUBEXEC}, and Secret {keys[0].name}",
            also=(maps[0].at("data", KUBEXEC), children.place(keys[0])),
            effect=children.TWICE,
            fix=None if job.finished else fixes.rebuild_for_mpi_operator(job),
            severity=children.severity(job, controllers),
        )
