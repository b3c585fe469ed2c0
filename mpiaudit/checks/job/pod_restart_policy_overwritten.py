"""MPA235."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import fixes
from mpiaudit.checks.semantics import held_to_v2beta1
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job, Replica
from mpiaudit.rule import Fix, Hit, Severity, rule

DEFAULTS = {"Launcher": "OnFailure", "Worker": "Never"}
"""What counts where the replica sets no restartPolicy."""

THEN = {
    "OnFailure": "a container that fails is started again in its pod",
    "Never": "a container that fails is not started again in its pod",
}


@rule(
    "MPA235",
    Severity.LOW,
    remedy="Set restartPolicy beside the replica's template, and not in it.",
    symptom_of=("MPA143",),
    by_sort=True,
)
def pod_restart_policy_overwritten(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """The pod template's restartPolicy is overwritten by mpi-operator.

    A launcher that was to run once is started again when it fails. What counts is
    ``restartPolicy`` of the replica, beside ``template``, and where that is not set its default:
    OnFailure for the Launcher, Never for the Worker. Of a launcher's template ``kubectl
    describe`` shows a Warning Event of reason ``SetPodTemplateRestartPolicy``; of a worker's
    nothing says so.

    Detected where the template asks for another policy than the one that counts.

    Wrong when: both are the same (not reported, though the Event is there), the replica's is
    ExitCode or Always, which is refused, or the manifest may be a patch of one that sets the
    replica's, or the job has ended (none of them reported).

    Source: kubeflow/mpi-operator v0.8.0 pkg/apis/kubeflow/v2beta1/default.go:27-51, constants.go
    (the defaults, the same since v0.4.0), pkg/controller/mpi_job_controller.go:1500,1609-1616,
    1693-1699.
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        if job.finished or job.multikueue:
            continue
        for replica in (job.launcher, job.worker):
            counts = _counting(job, replica) if replica else ""
            wanted = replica.template.restart_policy if replica else ""
            if replica is None or not counts or wanted not in {*THEN, "Always"} - {counts}:
                continue
            own = "" if replica.restart_policy else ", the default"
            yield Hit(
                job.in_pod(replica.type, "restartPolicy"),
                f"restartPolicy is {wanted} in the template of {replica.type}; what counts is "
                f"{replica.type}.restartPolicy, {counts}{own}",
                also=(job.in_replica(replica.type, "restartPolicy"),),
                effect=THEN[counts],
                fix=_set(job, replica, wanted, crd) if own and wanted in THEN else None,
            )


def _counting(job: Job, replica: Replica) -> str:
    """Return the policy of the replica's pods; empty where it is refused, or may be elsewhere."""
    given = replica.restart_policy
    if given is None:
        return DEFAULTS[replica.type] if job.whole else ""
    return given if given in THEN else ""


def _set(job: Job, replica: Replica, wanted: str, crd: Crd | None) -> Fix:
    path = ("spec", "mpiReplicaSpecs", replica.type, "restartPolicy")
    return fixes.set_field(job, path, wanted, "for pods that are made from now on", crd)
