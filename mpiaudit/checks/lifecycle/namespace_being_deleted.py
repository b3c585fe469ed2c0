"""MPA231."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.facts.releases import TRAINER
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.neighbour import Namespace
from mpiaudit.rule import Hit, Severity, rule

SHOWN = 8
"""How many of its jobs are pointed at; all of them are counted."""


@rule(
    "MPA231",
    Severity.MEDIUM,
    remedy="Make the jobs, or the controller, in a namespace that stays.",
)
def namespace_being_deleted(
    namespaces: tuple[Namespace, ...],
    jobs: tuple[Job, ...],
    controllers: tuple[Controller, ...] = (),
) -> Iterator[Hit]:
    """The namespace is being deleted: its MPIJobs get no more pods, and go.

    Nothing can be made in a namespace that is being deleted: a launcher or worker that ends is
    not replaced, and a job that waits never starts. What is in it still looks as if it ran, for
    as long as a finalizer of any object in it holds it. The deletion cannot be taken back.

    Detected by ``metadata.deletionTimestamp`` of a Namespace that holds MPIJobs or a controller.

    Wrong when: it is meant, and over in a minute.

    Source: kubernetes/kubernetes v1.34.0
    staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go
    ("because it is being terminated"); seen on Kubernetes 1.34.
    """
    for namespace in namespaces:
        if not namespace.identity.deleting:
            continue
        held = [j for j in jobs if j.namespace == namespace.name]
        homes = [c for c in controllers if c.namespace == namespace.name and c.product != TRAINER]
        words = [f"{len(held)} MPIJobs" if len(held) > 1 else "an MPIJob"] if held else []
        words += [c.title for c in homes]
        if words:
            yield Hit(
                namespace.at("metadata", "deletionTimestamp"),
                f"namespace {namespace.name} is marked for deletion and holds "
                + " and ".join(words),
                also=tuple(view.at("metadata") for view in (*held[:SHOWN], *homes)),
            )
