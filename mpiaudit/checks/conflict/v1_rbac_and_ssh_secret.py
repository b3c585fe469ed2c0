"""MPA065."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import fixes
from mpiaudit.checks.conflict import children
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.neighbour import Secret, Service, ServiceAccount
from mpiaudit.rule import Hit, Severity, rule


@rule(
    "MPA065",
    Severity.HIGH,
    remedy="Leave MPIJob to one controller, suspend the job, delete what the other one made, "
    "and resume it.",
    symptom_of=("MPA062", "MPA063", "MPA064"),
)
def v1_rbac_and_ssh_secret(
    jobs: tuple[Job, ...],
    service_accounts: tuple[ServiceAccount, ...],
    secrets: tuple[Secret, ...] = (),
    services: tuple[Service, ...] = (),
    controllers: tuple[Controller, ...] | None = None,
) -> Iterator[Hit]:
    """An MPIJob has a launcher's ServiceAccount (v1) and an SSH Secret or Service (v2beta1).

    v1 reaches its workers with ``kubectl exec`` and makes a ServiceAccount with a Role for the
    launcher; v2beta1 uses SSH, for which it makes a Secret and a headless Service. No controller
    makes both.

    Found by the uid in the controller owner references.

    Wrong when: the job outlived a migration from one controller to the other; where one alone
    is active today, or the job has ended, this costs less.

    Source: kubeflow/trainer v1.9.4 pkg/controller.v1/mpi/mpijob_controller.go (``newSA``),
    kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:1410-1477; seen with
    training-operator 1.9.0 and mpi-operator 0.8.0 on Kubernetes 1.34.
    """
    accounts = children.by_owner(service_accounts)
    network = children.by_owner((*secrets, *services))
    for job in children.owning(jobs, accounts.keys() & network.keys()):
        account, others = accounts[job.uid][0], network[job.uid]
        names = " and ".join(f"{o.ref.kind} {o.name}" for o in others)
        yield Hit(
            job.at("metadata", "name"),
            f"{job.key} owns ServiceAccount {account.name}, and {names}",
            also=(children.place(account), *map(children.place, others)),
            effect=children.TWICE,
            fix=None if job.finished else fixes.rebuild_for_mpi_operator(job),
            severity=children.severity(job, controllers),
        )
