"""MPA087."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import fixes
from mpiaudit.checks.semantics import REFUSED, held_to_v2beta1, placeholder, weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.rule import Hit, Severity, rule

ALLOWED = ("Never", "OnFailure")


@rule(
    "MPA087",
    Severity.HIGH,
    remedy="Set restartPolicy of the replica to Never or OnFailure.",
    by_sort=True,
)
def restart_policy_refused(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """A replica's restartPolicy is one that mpi-operator refuses.

    The job is accepted and never starts; the only trace is the event ``Unsupported value:
    "Always"``. v1 also took ``Always`` and ``ExitCode``; v2beta1 takes ``Never`` and
    ``OnFailure`` only.

    Wrong when: the job runs as v1 (not reported), or the policy stands in the pod template, where
    the replica's own overrides it (not looked at). Finished jobs are only noted.

    Source: kubeflow/mpi-operator v0.8.0 pkg/apis/kubeflow/validation/validation.go:40-42,153-155;
    seen with mpi-operator 0.8.0 on Kubernetes 1.34.
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        for key in ("Launcher", "Worker"):
            replica = job.replicas.get(key)
            policy = replica.restart_policy if replica else None
            if policy is None or policy in ALLOWED or placeholder(policy):
                continue
            meant = next((p for p in ALLOWED if p.lower() == policy.lower()), "OnFailure")
            yield Hit(
                job.in_replica(key, "restartPolicy"),
                f"{key}.restartPolicy is {policy}",
                effect=REFUSED,
                fix=fixes.set_field(
                    job,
                    ("spec", "mpiReplicaSpecs", key, "restartPolicy"),
                    meant,
                    "starts the job; a container that fails runs again"
                    if meant == "OnFailure"
                    else "starts the job; a container that fails stays down",
                    crd,
                ),
                severity=weight(job, Severity.HIGH),
            )
