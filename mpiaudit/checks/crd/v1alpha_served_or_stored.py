"""MPA008."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mpiaudit.checks import fixes
from mpiaudit.checks.evidence import listing
from mpiaudit.inventory.crd import Crd, CrdVersion
from mpiaudit.rule import Disposition, Fix, Hit, Severity, rule

ALPHA = ("v1alpha1", "v1alpha2")

LOST = (
    "cleanPodPolicy",
    "backoffLimit",
    "activeDeadlineSeconds",
    "mpiDistribution",
    "mainContainer",
)
"""Fields below ``spec`` of v1alpha2 that v2beta1 lacks.

kubeflow/mpi-operator v0.3.0 pkg/apis/kubeflow/v1alpha2/types.go:40-82,
v0.8.0 pkg/apis/kubeflow/v2beta1/types.go.
"""


@rule(
    "MPA008",
    Severity.HIGH,
    remedy="Rewrite the jobs as v2beta1, stop serving v1alpha1 and v1alpha2, and migrate what is "
    "stored.",
    symptom_of=("MPA228",),
)
def v1alpha_served_or_stored(crds: tuple[Crd, ...]) -> Iterator[Hit]:
    """The CRD still serves or stores MPIJob v1alpha1 or v1alpha2.

    A job written so is accepted. Where another version is stored, the fields that it does not
    declare are dropped on the way: most of v1alpha1, and of v1alpha2 ``cleanPodPolicy``,
    ``backoffLimit`` and other fields beside ``mpiReplicaSpecs``. Where jobs have been stored so,
    every CRD without the version is refused: no upgrade goes in before they are rewritten.

    Found in the versions that the CRD serves and in ``status.storedVersions``. One that is
    served and was never stored costs less: it only misleads whoever still writes it.

    Wrong when: the version is listed, but neither served nor stored (not reported).

    Source: kubeflow/mpi-operator v0.3.0 manifests/base/crd.yaml:16-92 (v1alpha2 served),
    pkg/apis/kubeflow/v1alpha2/types.go, v0.2.3 deploy/v1alpha2/mpi-operator.yaml, 0.1.0
    deploy/0-crd.yaml; kubeflow/trainer issue 2007 (an upgrade refused because of v1alpha1).
    """
    for crd in crds:
        for version in crd.versions:
            stored = version.storage or version.name in crd.stored
            if version.name not in ALPHA or not (version.served or stored):
                continue
            states = ["served"] * version.served + ["stored"] * stored
            yield Hit(
                crd.at("spec", "versions", version.index),
                f"{version.name} is {' and '.join(states)}; the CRD stores "
                f"{crd.storage or 'none'} now",
                effect="a CRD without it is refused"
                if stored
                else f"jobs written so are accepted{_losses(crd, version)}",
                fix=_fix(crd, version, stored=stored),
                severity=None if stored else Severity.MEDIUM,
            )


def _losses(crd: Crd, version: CrdVersion) -> str:
    """Return what is dropped when a job is stored, in words; empty where nothing is."""
    stored = crd.version(crd.storage)
    if stored is None or stored.keeps_unknown:
        return ", and no mpi-operator since 0.4 knows the version"
    lost = [name for name in LOST if name not in stored.properties]
    return (
        " and lose most of their spec" if version.name == ALPHA[0] else f" and lose {listing(lost)}"
    )


def _fix(crd: Crd, version: CrdVersion, *, stored: bool) -> Fix | None:
    if not stored:
        return replace(fixes.unserve(crd, version.index), disposition=Disposition.INTERRUPTS)
    return None if version.storage or crd.storage not in crd.served else fixes.rewrite_stored(crd)
