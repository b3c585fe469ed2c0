"""MPA001."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import evidence, fixes
from mpiaudit.facts.releases import TRAINING_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.rule import Fix, Hit, Severity, rule


@rule(
    "MPA001",
    Severity.HIGH,
    remedy="Apply the CRD of the controller that is to own MPIJob, server-side; or let "
    "training-operator list every kind but MPIJob.",
)
def crd_absent(
    crd: Crd | None, controllers: tuple[Controller, ...], listed: frozenset[str]
) -> Iterator[Hit]:
    """A controller waits for MPIJob, and its CRD is not installed.

    ``kubectl`` answers that the server has no resource type mpijobs. mpi-operator exits at once
    with "CRD doesn't exist. Exiting"; training-operator gives up after two minutes and takes
    its other kinds with it, so that they are only served in between.

    Found where every CRD of the cluster was listed and ``mpijobs.kubeflow.org`` is not among
    them, while a controller that reconciles MPIJobs is not scaled to 0.

    Wrong when: CRDs were not listed (not judged: manifests without the CRD prove nothing), or
    nobody here wants MPIJob, as in Kubeflow 1.11, which ships none by design (not reported).

    Source: kubeflow/mpi-operator v0.8.0 cmd/mpi-operator/app/server.go:121-124,
    kubernetes-sigs/controller-runtime v0.19.1 pkg/internal/source/kind.go; seen with
    mpi-operator 0.8.0 (exit code 1 after 0.1 s) and training-operator 1.9.0 (exit code 1 after
    122 s) on Kubernetes 1.34.
    """
    waiting = [c for c in controllers if c.active]
    if crd is not None or "CustomResourceDefinition" not in listed or not waiting:
        return
    training = [c for c in waiting if c.product == TRAINING_OPERATOR]
    first = (training or waiting)[0]
    names = " and ".join(f"{c.title} ({c.reads})" for c in waiting)
    yield Hit(
        first.in_container(),
        f"{names} {'waits' if len(waiting) == 1 else 'wait'} for mpijobs.kubeflow.org, "
        "which is not among the CRDs",
        also=tuple(c.in_container() for c in waiting if c is not first),
        effect="exits after 120 s, again and again; its other kinds are only served in between"
        if training
        else "exits at once, again and again",
        fix=_fix(first, waiting),
        severity=Severity.CRITICAL if training else None,
        confidence=evidence.surety(*waiting),
    )


def _fix(first: Controller, waiting: list[Controller]) -> Fix | None:
    """Return the installation of mpi-operator's CRD, or the end of training-operator's wait."""
    operator = next((c for c in waiting if c.reads == "v2beta1"), None)
    if operator:
        return fixes.install_crd(operator)
    return fixes.disable_mpijob(first) if first.product == TRAINING_OPERATOR else None
