"""MPA007."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import evidence
from mpiaudit.facts.releases import MPI_OPERATOR, TRAINING_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.rule import Hit, Severity, rule

LAST = {
    MPI_OPERATOR: ("mpi-operator 0.3", "mpi-operator 0.4 or later"),
    TRAINING_OPERATOR: ("training-operator 1.9", "Trainer 2"),
}
"""The last release line of each product that reconciles v1, and what comes after it."""


@rule(
    "MPA007",
    Severity.MEDIUM,
    remedy="Plan the move to mpi-operator 0.4 or later and v2beta1 before the controller of v1 is "
    "upgraded.",
    symptom_of=("MPA004", "MPA055", "MPA228"),
)
def v1_served(
    crds: tuple[Crd, ...], controllers: tuple[Controller, ...] = (), jobs: tuple[Job, ...] = ()
) -> Iterator[Hit]:
    """The CRD serves MPIJob v1, which no later release than training-operator 1.9 reconciles.

    Nothing is broken today. Trainer 2 has no MPIJob: after that upgrade v1 jobs are still
    accepted and nobody runs them. mpi-operator since 0.4 reads v2beta1 only.

    Found in the versions that the CRD serves. Where it serves nothing else the jobs in the cluster
    are named here: as long as that is so, none of them can be written in v2beta1.

    Wrong when: v1 is listed but not served (not reported). The CRD does not mark v1 as
    deprecated, and neither does this rule; it names the last release that works on it.

    Source: kubeflow/trainer v1.9.4 manifests/base/crds/kubeflow.org_mpijobs.yaml (v1 only) and
    v2.0.0 manifests/base/crds (no MPIJob), kubeflow/mpi-operator v0.4.0
    manifests/base/kubeflow.org_mpijobs.yaml (v2beta1 only).
    """
    products = {c.product for c in controllers if c.reads == "v1"}
    last, successor = LAST[MPI_OPERATOR if products == {MPI_OPERATOR} else TRAINING_OPERATOR]
    for crd in crds:
        version = crd.version("v1")
        if version and version.served:
            several = len(crd.served) > 1
            there = [] if several else [j for j in jobs if j.identity.exported]
            yield Hit(
                crd.at("spec", "versions", version.index),
                f"{f'{evidence.listing(crd.served)} are' if several else 'only v1 is'} served; "
                f"{last} is the last release line that reconciles {'v1' if several else 'it'}"
                + (f"; jobs to move: {len(there)}" if there else ""),
                also=tuple(job.at("apiVersion") for job in there),
                effect=f"after an upgrade to {successor} nobody runs these jobs",
            )
