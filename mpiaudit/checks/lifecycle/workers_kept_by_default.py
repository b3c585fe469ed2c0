"""MPA141."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import fixes
from mpiaudit.checks.semantics import held_to_v2beta1
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.manifest.template import TRIAL_FILLED
from mpiaudit.rule import Confidence, Hit, Severity, rule

NEVER_STARTS = (
    *("MPA068", "MPA074", "MPA081", "MPA082", "MPA083", "MPA085", "MPA087", "MPA089", "MPA090"),
    *("MPA091", "MPA102", "MPA110", "MPA113", "MPA128"),
)
"""Rules about jobs that get no workers, so that none stay."""

TRIAL = "trialSpec"
"""Where a Katib Experiment holds the job of its trials."""


@rule(
    "MPA141",
    Severity.LOW,
    confidence=Confidence.LIKELY,
    remedy="Set runPolicy.cleanPodPolicy: Running ends the workers, None says that they are kept.",
    symptom_of=NEVER_STARTS,
)
def workers_kept_by_default(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """No cleanPodPolicy says what becomes of the workers, so they will outlive the job.

    The launcher ends and the workers stay: their sshd never returns, and neither mpi-operator nor
    a time limit ends them until the MPIJob is deleted. The default is None, although a comment
    in the API says otherwise. Severity is medium where the workers take GPUs.

    Detected where the field is absent or null and the job has not ended.

    Wrong when: whoever made the job deletes it when it ends, as a pipeline may (so likely, not
    certain) and Katib does with its trials (not reported). The field is there, with None too:
    that is what the author wants. ``ttlSecondsAfterFinished`` is set, or the job has ended with
    workers that run: these are findings of their own.

    Source: kubeflow/mpi-operator v0.8.0 pkg/apis/kubeflow/v2beta1/default.go:53-55,
    pkg/controller/mpi_job_controller.go:1736-1741; kubeflow/katib v0.18.0
    pkg/controller.v1beta1/trial/trial_controller.go (``RetainRun``).
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        if job.workers < 1 or not _silent(job) or not _judged(job):
            continue
        accelerators = _accelerators(job)
        held = f" and hold {accelerators} GPUs" if accelerators else ""
        yield Hit(
            job.at("spec", "runPolicy", "cleanPodPolicy"),
            f"cleanPodPolicy is not set, which means None; workers: {job.workers}",
            effect=f"when the job ends its workers run on{held} until the MPIJob is deleted",
            fix=fixes.set_field(
                job,
                ("spec", "runPolicy", "cleanPodPolicy"),
                "Running",
                "ends the workers with the job; the launcher and its log stay",
                crd,
            ),
            severity=Severity.MEDIUM if accelerators else None,
        )


def _silent(job: Job) -> bool:
    """Return whether no field, of v1 either, says what becomes of the pods."""
    given = (
        job.policy.get("cleanPodPolicy"),
        job.policy.get("ttlSecondsAfterFinished"),
        job.spec.get("cleanPodPolicy"),
    )
    return all(value is None for value in given)


def _judged(job: Job) -> bool:
    """Return whether *job* runs here, is not over, and is a job rather than a patch of one."""
    over = job.finished or job.identity.deleting or job.multikueue
    trial = TRIAL in job.ref.prefix or TRIAL_FILLED in str(job.spec)
    return job.launcher is not None and job.whole and not over and not trial


def _accelerators(job: Job) -> int:
    """Return how many GPUs all workers of *job* hold."""
    containers = job.worker.template.containers if job.worker else ()
    return job.workers * sum(container.accelerators for container in containers)
