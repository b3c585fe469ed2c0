"""MPA063."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from mpiaudit.checks import fixes
from mpiaudit.checks.conflict import children
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.neighbour import ConfigMap, Secret, Service, ServiceAccount
from mpiaudit.inventory.workload import LauncherJob, Pod
from mpiaudit.rule import Hit, Severity, rule


@rule(
    "MPA063",
    Severity.CRITICAL,
    remedy="Leave MPIJob to one controller, suspend the job, delete what the other one made, "
    "and resume it.",
    symptom_of=("MPA062",),
)
def mixed_owner_versions(  # noqa: PLR0913 - every kind of child may be the proof
    *,
    jobs: tuple[Job, ...],
    pods: tuple[Pod, ...],
    launcher_jobs: tuple[LauncherJob, ...] = (),
    services: tuple[Service, ...] = (),
    config_maps: tuple[ConfigMap, ...] = (),
    secrets: tuple[Secret, ...] = (),
    service_accounts: tuple[ServiceAccount, ...] = (),
    controllers: tuple[Controller, ...] | None = None,
) -> Iterator[Hit]:
    """The children of one MPIJob are owned as v1 and as v2beta1: two controllers made them.

    A controller writes the version it works in into the owner reference of all that it makes,
    and takes what another one made for its own, since only the uid is compared.

    Found by the uid and the ``apiVersion`` of the children's controller owner references.

    Wrong when: one controller replaced the other while the job existed; where one alone is
    active today, or the job has ended, this costs less. The version in which the job itself is
    printed proves nothing and is not looked at.

    Source: kubeflow/trainer v1.9.4 pkg/controller.v1/mpi/mpijob_controller.go:995,1259,
    kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go (``NewControllerRef``);
    seen with training-operator 1.9.0 and mpi-operator 0.8.0 on Kubernetes 1.34.
    """
    made = (*launcher_jobs, *pods, *services, *config_maps, *secrets, *service_accounts)
    owned = children.by_owner(made)
    for job in children.owning(jobs, owned):
        counts = Counter(children.owner_version(c) for c in owned[job.uid])
        versions = [v for v in ("v1", "v2beta1") if counts[v]]
        if len(versions) != len({"v1", "v2beta1"}):
            continue
        shown = {children.owner_version(c): c for c in reversed(owned[job.uid])}
        yield Hit(
            job.at("metadata", "name"),
            f"of the children of {job.key} {counts['v1']} are owned as v1, for example "
            f"{shown['v1'].ref.kind} {shown['v1'].name}, and {counts['v2beta1']} as v2beta1, "
            f"for example {shown['v2beta1'].ref.kind} {shown['v2beta1'].name}",
            also=tuple(children.place(shown[v]) for v in versions),
            effect=children.TWICE,
            fix=None if job.finished else fixes.rebuild_for_mpi_operator(job),
            severity=children.severity(job, controllers),
        )
