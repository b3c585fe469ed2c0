"""MPA036."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from mpiaudit.checks.rbac import rights
from mpiaudit.facts.releases import MPI_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.rbac import Access, Binding, Role
from mpiaudit.rule import Confidence, Hit, Severity, rule

SINCE = Version("0.8")

WANTED = (Access("update", "batch", "jobs/status"),)

QUEUE = "kueue.x-k8s.io/queue-name"
"""The label of a job that Kueue queues.

kubernetes-sigs/kueue v0.10.0 pkg/controller/constants/constants.go.
"""


@rule(
    "MPA036",
    Severity.LOW,
    remedy="Let mpi-operator update jobs/status, and restart it.",
    symptom_of=("MPA054",),
)
def job_status_forbidden(
    controllers: tuple[Controller, ...],
    roles: tuple[Role, ...],
    bindings: tuple[Binding, ...],
    jobs: tuple[Job, ...] = (),
) -> Iterator[Hit]:
    """mpi-operator may not update jobs/status, which resuming a job takes.

    Since 0.8.0 it clears the start time of a suspended launcher Job before it resumes it; the
    ClusterRole that it ships does not allow that. Resumed as it was, a job starts after one or
    two refused tries. That takes two seconds as a rule, and many jobs come one after the other;
    but every event of the job's pods counts as one more failure, and each failure doubles the
    wait for the next try, from 5 ms up to 17 minutes. Resumed with another launcher template, as
    Kueue does when it admits a job on other nodes than before, the launcher stays suspended for
    good while the workers run and hold their GPUs, and nothing says so.

    Detected by the release and the rights of its ServiceAccount, as Kubernetes evaluates them:
    ``jobs/*`` is no pattern and grants nothing. Worse where jobs are suspended, and much worse
    where Kueue queues them.

    Wrong when: roles and bindings were not read as whole lists (not judged), the release is
    unknown (not judged), or another authorizer than RBAC grants the right.

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:123-124, 690-712
    and 1228, manifests/base/cluster-role.yaml:53-61; seen with mpi-operator 0.8.0 on Kubernetes
    1.34: most jobs of two workers came back within three seconds, six at once within 14 s; of 25
    resumes of one job in short succession three took 6 to 12 s and two more than 40. A right
    that is granted later helps a job with another template only after a restart.
    """
    for controller in controllers:
        if controller.product != MPI_OPERATOR or not rights.judged(controller):
            continue
        if controller.reads != "v2beta1" or not controller.release or controller.release < SINCE:
            continue
        scope = controller.watches
        if scope is None or not rights.missing(controller, WANTED, scope, roles, bindings):
            continue
        severity, why = _weight(jobs)
        yield Hit(
            controller.at("spec", "template", "spec", "serviceAccountName"),
            f"ServiceAccount {controller.namespace}/{rights.account(controller)} of "
            f"{controller.title} may not update jobs/status{why}",
            also=rights.places(controller, scope, roles, bindings),
            effect="a job that is resumed with another launcher template never starts again, "
            "while its workers run",
            fix=rights.grant(controller, WANTED, scope),
            severity=severity,
            confidence=None if controller.upstream else Confidence.LIKELY,
        )


def _weight(jobs: tuple[Job, ...]) -> tuple[Severity | None, str]:
    """Return what it costs by who suspends jobs here, and the words that prove it."""
    waiting = [j for j in jobs if not j.finished]
    if queued := [j for j in waiting if j.identity.labels.get(QUEUE)]:
        return Severity.HIGH, f"; Kueue queues {queued[0].key}{_more(queued)}"
    if suspended := [j for j in waiting if j.suspended]:
        return Severity.MEDIUM, f"; {suspended[0].key}{_more(suspended)} is suspended"
    return None, ""


def _more(jobs: list[Job]) -> str:
    return f" and {len(jobs) - 1} more" if len(jobs) > 1 else ""
