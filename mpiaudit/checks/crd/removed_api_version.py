"""MPA228."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.view import View
from mpiaudit.rule import Confidence, Hit, Severity, rule

REMOVED: Mapping[str, str] = {
    "apiextensions.k8s.io/v1beta1": "1.22",
    "apps/v1beta1": "1.16",
    "apps/v1beta2": "1.16",
}
"""The Kubernetes release that no longer serves a version of an API."""


@rule(
    "MPA228",
    Severity.HIGH,
    confidence=Confidence.LIKELY,
    remedy="Take the manifests of mpi-operator 0.4 or later, which are written in the v1 APIs.",
)
def removed_api_version(
    crds: tuple[Crd, ...], controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """The manifest is written in a version of a Kubernetes API that was removed years ago.

    ``kubectl apply`` ends in ``no matches for kind "CustomResourceDefinition" in version
    "apiextensions.k8s.io/v1beta1"``: without the definition there is no MPIJob. Changing the
    version alone does not help, for a v1 definition needs a structural schema in every version.

    Detected by the ``apiVersion`` of manifests of the CRD and of the controllers' Deployments.

    Wrong when: they are kept for a cluster older than that (likely, not certain). What was read
    from a cluster names the version that was asked for (not reported).

    Source: kubernetes/website content/en/docs/reference/using-api/deprecation-guide.md;
    kubernetes/kubernetes v1.22.0 CHANGELOG/CHANGELOG-1.22.md.
    """
    views: tuple[View, ...] = (*crds, *controllers)
    for view in views:
        version = view.ref.api_version
        if version in REMOVED and not view.identity.exported:
            yield Hit(
                view.at("apiVersion"),
                f"Kubernetes {REMOVED[version]} and later do not serve {version}",
                effect=f"the API server does not know this {view.ref.kind}, and it is not applied",
            )
