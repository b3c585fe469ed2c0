"""MPA055."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mpiaudit.checks.controller import grounds
from mpiaudit.checks.evidence import listing
from mpiaudit.facts.releases import TRAINING_OPERATOR
from mpiaudit.inventory import definitions
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.rule import Confidence, Hit, Severity, rule


@rule(
    "MPA055",
    Severity.HIGH,
    confidence=Confidence.LIKELY,
    remedy="Leave out the CRD of the controller that is not to own MPIJob; where that is "
    "training-operator, let it list every kind but MPIJob with --enable-scheme.",
)
def definitions_contradict(
    crds: tuple[Crd, ...], controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """Two manifests define MPIJob, and serve different versions.

    mpi-operator and training-operator each ship a CRD of the one name. A cluster has room for
    one: the API server refuses the second with ``status.storedVersions[0]: Invalid value``, or
    it takes the place of the first. The rest of both manifests goes in, so that one of the two
    controllers is left with a CRD that does not serve its version.

    Found where both are in one file, or where each is of another product, the controllers of
    both are given as well, and one of them reads a version that only one of the two serves.

    Wrong when: the files are not meant for one cluster (likely, not certain). Several definitions
    of one product are alternatives, and a patch defines nothing (not reported). A kustomization
    beside one of them may leave it out (possible).

    Source: kubernetes/kubernetes v1.34.0
    staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go
    (``ValidateCustomResourceDefinitionStoredVersions``); kubeflow/trainer v1.9.4
    manifests/base/crds/kubeflow.org_mpijobs.yaml (v1) and kubeflow/mpi-operator v0.8.0
    manifests/base/kubeflow.org_mpijobs.yaml (v2beta1); kubeflow/trainer issues 1777 and 1930.
    """
    given = sorted((c for c in crds if not c.installed), key=lambda c: _training(c, controllers))
    one_each = definitions.one_each(given, controllers)
    for index, crd in enumerate(given):
        rivals = [
            other
            for other in given[:index]
            if set(other.served) != set(crd.served)
            and (grounds.together(other, crd) or (one_each and _cut_off(other, crd, controllers)))
        ]
        if not rivals:
            continue
        yield Hit(
            crd.at("spec", "versions"),
            f"serves {listing(crd.served)}; the definition in {rivals[0].ref.source} serves "
            f"{listing(rivals[0].served)}",
            also=tuple(r.at("spec", "versions") for r in rivals),
            effect="whichever is applied second is refused, or replaces the first; a controller "
            "that reads what is then not served cannot start",
            confidence=Confidence.POSSIBLE if any(c.kustomized for c in (crd, *rivals)) else None,
        )


def _cut_off(one: Crd, other: Crd, controllers: Iterable[Controller]) -> bool:
    """Return whether both have their controller here, and one reads what only one CRD serves."""
    owners = {definitions.owner(crd, controllers) for crd in (one, other)}
    own = [c for c in controllers if c.product in owners]
    apart = set(one.served) ^ set(other.served)
    return {c.product for c in own} == owners and any(c.reads in apart for c in own)


def _training(crd: Crd, controllers: Iterable[Controller]) -> bool:
    return definitions.owner(crd, controllers) == TRAINING_OPERATOR
