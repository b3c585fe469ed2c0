"""MPA062."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import fixes
from mpiaudit.checks.conflict import children, rivals
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.workload import LauncherJob, Pod
from mpiaudit.rule import Hit, Severity, rule


@rule(
    "MPA062",
    Severity.CRITICAL,
    remedy="Leave MPIJob to one controller, suspend the job, delete what the other one made, "
    "and resume it.",
)
def launcher_pod_and_job(
    jobs: tuple[Job, ...],
    pods: tuple[Pod, ...],
    launcher_jobs: tuple[LauncherJob, ...],
    controllers: tuple[Controller, ...] | None = None,
) -> Iterator[Hit]:
    """An MPIJob has two launchers, since two controllers run it.

    The v1 controller makes a bare Pod, mpi-operator v2beta1 a Job of the same name. Both start
    the program; with workers that one of them cannot use, one launcher fails or both write the
    same output. The first to end decides what the MPIJob says for ever.

    Found by the uid in the controller owner references of both, never by name.

    Wrong when: the Pod belongs to the Job, as every launcher of mpi-operator does (its owner is
    the Job: not reported). What is left of a finished job, or of a controller that is gone and
    whose launcher has ended, costs less.

    Source: kubeflow/trainer v1.9.4 pkg/controller.v1/mpi/mpijob_controller.go:1186-1197,
    kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go (``newLauncherJob``),
    kubeflow/trainer issue 1777; seen with training-operator 1.9.0 and mpi-operator 0.8.0 on
    Kubernetes 1.34.
    """
    owned_pods = children.by_owner(pods)
    owned_jobs = children.by_owner(launcher_jobs)
    for job in children.owning(jobs, owned_pods.keys() & owned_jobs.keys()):
        name = f"{job.name}-launcher"
        pod = next((p for p in owned_pods[job.uid] if p.name == name), None)
        batch = next((b for b in owned_jobs[job.uid] if b.name == name), None)
        if pod is None or batch is None:
            continue
        yield Hit(
            job.at("metadata", "name"),
            f"{job.key} owns Pod {name} (by {children.owner_version(pod)}"
            f"{f', {pod.phase}' if pod.phase else ''}) and Job {name} "
            f"(by {children.owner_version(batch)}, {_state(batch)})",
            also=(children.place(pod), children.place(batch)),
            effect=children.TWICE,
            fix=None if job.finished else fixes.rebuild_for_mpi_operator(job),
            severity=Severity.MEDIUM if _over(job, pod, batch, controllers) else None,
        )


def _state(batch: LauncherJob) -> str:
    if batch.complete or batch.failed:
        return "Complete" if batch.complete else "Failed"
    return "Suspended" if batch.suspended else "active"


def _over(
    job: Job, pod: Pod, batch: LauncherJob, controllers: tuple[Controller, ...] | None
) -> bool:
    """Return whether the job no longer runs twice, nor can again."""
    if job.finished:
        return True
    alone = controllers is not None and not rivals.contested(job, controllers)
    return alone and (pod.phase in children.ENDED or batch.complete or batch.failed)
