"""MPA093."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import fixes
from mpiaudit.checks.semantics import held_to_v2beta1, placeholder, weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.rule import Hit, Severity, rule

AT_STARTUP = "AtStartup"
WAIT = "WaitForWorkersReady"


@rule(
    "MPA093",
    Severity.MEDIUM,
    remedy="Set launcherCreationPolicy to one of the two values.",
    by_sort=True,
)
def launcher_creation_policy_unknown(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """The launcherCreationPolicy is none that mpi-operator knows, so it waits for all workers.

    Neither the API server nor mpi-operator checks the value. Whatever is not exactly
    ``AtStartup`` makes the launcher wait until all workers are Ready; with workers that never
    get Ready, or a gang scheduler that waits for the launcher, the job never starts.

    Wrong when: the field is absent or empty, which means AtStartup, the job runs as v1, which has
    no such field, or the value is a template (none of them reported). A misspelt
    ``WaitForWorkersReady`` does what was meant, and finished jobs are over: only noted.

    Source: kubeflow/mpi-operator v0.8.0 pkg/apis/kubeflow/v2beta1/types.go:195,
    pkg/controller/mpi_job_controller.go:678; seen with mpi-operator 0.8.0 on Kubernetes 1.34:
    with ``WaitForWorkerReady`` the launcher came after the workers were Ready.
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        policy = job.spec.get("launcherCreationPolicy")
        if not isinstance(policy, str) or policy in {"", AT_STARTUP, WAIT} or placeholder(policy):
            continue
        waits = policy.strip().lower().startswith("wait")
        meant = WAIT if waits else AT_STARTUP
        yield Hit(
            job.at("spec", "launcherCreationPolicy"),
            f'launcherCreationPolicy is "{policy}"',
            effect="the launcher is made when all workers are Ready",
            fix=fixes.set_field(
                job,
                ("spec", "launcherCreationPolicy"),
                meant,
                "the launcher still waits for the workers"
                if waits
                else "the launcher of the next run starts with the workers",
                crd,
            ),
            severity=weight(job, Severity.LOW if waits else Severity.MEDIUM),
        )
