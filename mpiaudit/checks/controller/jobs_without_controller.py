"""MPA029."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.evidence import listing
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.rule import Confidence, Hit, Severity, rule


@rule(
    "MPA029",
    Severity.HIGH,
    confidence=Confidence.LIKELY,
    remedy="Install mpi-operator for v2beta1, or start the controller that was scaled to 0.",
    symptom_of=("MPA001", "MPA002", "MPA003"),
)
def jobs_without_controller(
    crd: Crd | None,
    controllers: tuple[Controller, ...],
    jobs: tuple[Job, ...],
    listed: frozenset[str],
) -> Iterator[Hit]:
    """No controller reconciles the MPIJobs that the API server accepts.

    Jobs are stored, and nothing else happens: no status, no pods, no Event. It is what is left
    when training-operator has given up MPIJob, or was replaced by Trainer 2, before mpi-operator
    was there, and when an operator is scaled to 0.

    Judged where Deployments were listed whole, live or exported: what is not among them is not
    there. One finding for the cluster, at its CRD, with the jobs that wait.

    Wrong when: the controller runs outside of the cluster, or under a name and an image that
    tell nothing (so it is never certain); a controller's kinds cannot be told (not
    reported); the CRD is being deleted and its jobs with it (another finding); the jobs have
    finished, are suspended, or run on another cluster (not counted).

    Source: kubeflow/trainer v2.0.0 cmd/trainer-controller-manager/main.go (no kubeflow.org
    types), v1.9.4 pkg/controller.v1/register_controller.go:58-83.
    """
    if crd is None or not crd.installed or "Deployment" not in listed or crd.identity.deleting:
        return
    present = [c for c in controllers if c.replicas > 0]
    if any(c.mpi_enabled is None or (c.active and c.reads in crd.served) for c in present):
        return
    waiting = [j for j in jobs if not (j.finished or j.suspended or j.multikueue)]
    if not waiting:
        return
    others = f" ({listing(sorted(c.title for c in present))} does not)" if present else ""
    yield Hit(
        crd.at("spec", "versions"),
        f"the CRD serves {listing(crd.served)} and nothing here reconciles it{others}; "
        f"MPIJobs that wait: {len(waiting)}",
        also=tuple(j.at("metadata", "name") for j in waiting),
        effect="jobs are accepted and never run",
    )
