"""MPA143."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import fixes
from mpiaudit.checks.semantics import held_to_v2beta1
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.rule import Confidence, Hit, Severity, rule

LIMIT = ("spec", "runPolicy", "backoffLimit")
ONCE = frozenset({None, "Never"})
"""What an author of v1 wrote to have the launcher run once; absent means Never in v1."""


@rule(
    "MPA143",
    Severity.MEDIUM,
    confidence=Confidence.LIKELY,
    remedy="Set runPolicy.backoffLimit to 0 and the Launcher's restartPolicy to Never.",
    symptom_of=("MPA080",),
    by_sort=True,
)
def launcher_runs_again(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """The launcher was written to run once, and mpi-operator runs it up to seven times.

    A program that must not start twice, because it appends to its output or spends what it was
    given, does so after each failure. In v1 the launcher is a Pod whose restartPolicy is Never by
    default, so that the job fails with it. In v2beta1 it is a batch Job whose Pod restarts
    OnFailure by default, and six retries are the default of Kubernetes; with Never, each is a new
    Pod.

    Detected on jobs that their author wrote in v1 and that mpi-operator runs, where backoffLimit
    is not set and the launcher's restartPolicy is Never or not set.

    Wrong when: the program goes on where it ended, which is why this is likely and not certain.
    Jobs written in v2beta1, and those that have ended, are not reported.

    Source: kubeflow/mpi-operator v0.8.0 pkg/apis/kubeflow/v2beta1/default.go:28-38,
    pkg/controller/mpi_job_controller.go (``newLauncherJob``); kubeflow/training-operator v1.9.0
    pkg/apis/kubeflow.org/v1/mpi_defaults.go; kubernetes/kubernetes v1.34.0
    pkg/apis/batch/v1/defaults.go (``BackoffLimit``).
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        if job.author_version != "v1" or job.launcher is None or not job.whole:
            continue
        over = job.finished or job.identity.deleting or job.multikueue
        once = job.policy.get("backoffLimit") is None and job.launcher.restart_policy in ONCE
        if over or not once:
            continue
        policy = job.launcher.restart_policy
        yield Hit(
            job.at(*LIMIT),
            f"{job.name} was written in v1, where its launcher runs once; backoffLimit is not set, "
            f"which means 6, and restartPolicy is {policy or 'not set, which means OnFailure'}",
            effect="after a failure the launcher starts again, six times at most",
            fix=fixes.set_field(job, LIMIT, 0, "the first failure ends the job, as in v1", crd),
        )
