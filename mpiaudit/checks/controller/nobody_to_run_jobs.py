"""MPA030."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.evidence import listing
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.neighbour import Namespace
from mpiaudit.rule import Confidence, Hit, Severity, rule

KUEUE = "kueue-system"
"""Where Kueue is installed: the manager of a MultiKueue has the CRD and no controller.

kubernetes-sigs/kueue v0.14.0 config/default/kustomization.yaml.
"""


@rule(
    "MPA030",
    Severity.MEDIUM,
    confidence=Confidence.LIKELY,
    remedy="Install mpi-operator, or delete the CRD so that jobs are refused rather than lost.",
)
def nobody_to_run_jobs(
    crd: Crd | None,
    controllers: tuple[Controller, ...],
    jobs: tuple[Job, ...],
    listed: frozenset[str],
    namespaces: tuple[Namespace, ...] = (),
) -> Iterator[Hit]:
    """MPIJobs are accepted here, and no controller would run them.

    No job waits yet. The next one is stored, and gets no status, no pods and no Event. It is
    what an uninstalled controller leaves, since the CRD stays, and what a CRD installed
    ahead of its controller looks like.

    Judged where Deployments were listed whole, live or exported: what is not among them is not
    there. Jobs that do wait are another finding, and so is a controller that wants another
    version than the CRD serves.

    Wrong when: the controller runs outside of the cluster, or under a name and an image that
    tell nothing (so it is never certain); Kueue is here, whose MultiKueue manager needs the CRD
    alone (possible, or not reported where a job shows it); a controller's kinds cannot be told
    (not reported).

    Source: kubeflow/trainer v2.0.0 cmd/trainer-controller-manager/main.go (no kubeflow.org
    types), v1.9.4 pkg/controller.v1/register_controller.go:58-83.
    """
    if crd is None or not crd.installed or "Deployment" not in listed or crd.identity.deleting:
        return
    present = [c for c in controllers if c.replicas > 0]
    if not crd.served or any(c.mpi_enabled is not False for c in present):
        return
    if any(j.multikueue or not (j.finished or j.suspended) for j in jobs):
        return
    others = f"; {listing(sorted(c.title for c in present))} does not" if present else ""
    yield Hit(
        crd.at("spec", "versions"),
        f"the CRD serves {listing(crd.served)} and nothing here reconciles it{others}",
        effect="the next MPIJob is accepted and never runs",
        confidence=Confidence.POSSIBLE if any(n.name == KUEUE for n in namespaces) else None,
    )
