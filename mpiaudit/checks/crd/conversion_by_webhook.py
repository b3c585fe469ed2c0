"""MPA013."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import evidence
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.rule import Confidence, Hit, Severity, rule


@rule(
    "MPA013",
    Severity.MEDIUM,
    confidence=Confidence.LIKELY,
    remedy="Find out who answers the webhook, and that it is up; where nobody does, set "
    "spec.conversion to {strategy: None}, with no webhook in it, and serve one version.",
)
def conversion_by_webhook(
    crds: tuple[Crd, ...], controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """The CRD converts MPIJobs by a webhook, which no upstream controller serves.

    Whenever a job is read or written in another version than the stored one, the API server asks
    the webhook. While that is down, such a read ends with "conversion webhook for
    kubeflow.org/v2beta1, Kind=MPIJob failed": ``kubectl get mpijobs``, which asks for v1 where
    that is served, and the controller that reconciles that version. No release of mpi-operator
    or training-operator has such a webhook.

    Detected by ``spec.conversion.strategy`` of a CRD that serves or has stored more than one
    version.

    Wrong when: a vendor's build really converts (only possible where a controller here is not
    upstream's image, or none was seen), or one version is all that was ever served and stored, so
    that nothing is converted (not reported).

    Source: kubernetes/kubernetes v1.34.0
    staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/conversion/webhook_converter.go;
    kubeflow/mpi-operator v0.3.0 manifests/base/crd.yaml and kubeflow/trainer v1.9.4
    manifests/base/crds/kubeflow.org_mpijobs.yaml (neither has ``spec.conversion``); seen with a
    webhook whose Service is missing on Kubernetes 1.34.
    """
    active = [c for c in controllers if c.active]
    ours = bool(active) and all(c.upstream for c in active)
    for crd in crds:
        involved = sorted({*crd.served, *crd.stored})
        if crd.conversion != "Webhook" or len(involved) < len({"one", "another"}):
            continue
        yield Hit(
            crd.at("spec", "conversion", "strategy"),
            f"a webhook converts between {evidence.listing(involved)}; upstream ships none"
            + (f", and {evidence.listing([c.title for c in active])} serves none" if ours else ""),
            effect="while it does not answer, MPIJobs can be read in the stored version alone",
            confidence=None if ours else Confidence.POSSIBLE,
        )
