"""MPA007."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import evidence
from mpiaudit.inventory.crd import Crd
from mpiaudit.rule import Hit, Severity, rule


@rule(
    "MPA007",
    Severity.MEDIUM,
    remedy="Plan the move to mpi-operator and v2beta1 before training-operator is upgraded to "
    "Trainer 2.",
    symptom_of=("MPA004",),
)
def v1_served(crds: tuple[Crd, ...]) -> Iterator[Hit]:
    """The CRD serves MPIJob v1, which no later release than training-operator 1.9 reconciles.

    Nothing is broken today. Trainer 2 has no MPIJob: after that upgrade v1 jobs are still
    accepted and nobody runs them. mpi-operator since 0.4 reads v2beta1 only.

    Found in the versions that the CRD serves.

    Wrong when: v1 is listed but not served (not reported). The CRD does not mark v1 as
    deprecated, and neither does this rule; it names the last release that works on it.

    Source: kubeflow/trainer v1.9.4 manifests/base/crds/kubeflow.org_mpijobs.yaml (v1 only) and
    v2.0.0 manifests/base/crds (no MPIJob), kubeflow/mpi-operator v0.4.0
    manifests/base/kubeflow.org_mpijobs.yaml (v2beta1 only).
    """
    for crd in crds:
        version = crd.version("v1")
        if version and version.served:
            yield Hit(
                crd.at("spec", "versions", version.index),
                f"{evidence.listing(crd.served)} are served; training-operator 1.9 is the last "
                "release line that reconciles v1"
                if len(crd.served) > 1
                else "only v1 is served; training-operator 1.9 is the last release line that "
                "reconciles it",
                effect="after an upgrade to Trainer 2 nobody runs these jobs",
            )
