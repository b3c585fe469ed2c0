"""MPA224."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import fixes
from mpiaudit.checks.evidence import listing, surety
from mpiaudit.checks.semantics import V2BETA1
from mpiaudit.facts.releases import MPI_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule

ONLY_V1 = ("cleanPodPolicy", "mainContainer")
"""Fields below ``spec`` that only the schemas of v1 and before have."""

ALWAYS = ("mpiImplementation", "sshAuthMountPath")
"""Fields below ``spec`` that v2beta1 has in every release.

kubeflow/mpi-operator v0.3.0 manifests/base/crd.yaml; v0.8.0
manifests/base/kubeflow.org_mpijobs.yaml.
"""


@rule(
    "MPA224",
    Severity.MEDIUM,
    remedy="Apply the CRD of mpi-operator's own release, server-side.",
)
def v1_schema_as_v2beta1(
    crds: tuple[Crd, ...], controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """The CRD has the schema of v1 under the name v2beta1.

    Somebody renamed the version by hand, after which mpi-operator starts and plain jobs run. The
    API server drops what only v2beta1 declares: a job for Intel MPI is run as Open MPI, and one
    whose image is not root's gets its SSH key in ``/root/.ssh``. ``kubectl apply`` of a job only
    warns of it.

    Detected by the fields of ``spec`` in the version named v2beta1.

    Wrong when: the schema is missing or keeps unknown fields (not reported); a fork that declares
    less than upstream has no field of v1 either (likely, not certain).

    Source: kubeflow/mpi-operator v0.8.0 manifests/base/kubeflow.org_mpijobs.yaml;
    kubeflow/trainer v1.9.4 manifests/base/crds/kubeflow.org_mpijobs.yaml;
    GoogleCloudPlatform/kubeflow-distribution issue 424; seen with mpi-operator 0.8.0 on
    Kubernetes 1.34.
    """
    for crd in crds:
        version = crd.version(V2BETA1)
        if version is None or not version.served or version.keeps_unknown:
            continue
        foreign = [f"spec.{name}" for name in ONLY_V1 if name in version.properties]
        lost = [f"spec.{name}" for name in ALWAYS if name not in version.properties]
        if lost and version.properties:
            words = f", and declares {listing(foreign)} of v1" if foreign else ""
            yield Hit(
                crd.at("spec", "versions", version.index),
                f"{V2BETA1} lacks {listing(lost)}, which every release has{words}",
                effect="these fields are dropped when a job is written",
                fix=_fix(crd, controllers),
                confidence=None if foreign else Confidence.LIKELY,
            )


def _fix(crd: Crd, controllers: tuple[Controller, ...]) -> Fix | None:
    """Return what puts the right CRD in place, where one mpi-operator says which that is."""
    able = [c for c in controllers if c.active and c.product == MPI_OPERATOR]
    if len(able) != 1 or surety(crd, able[0]):
        return None
    applied = fixes.install_crd(able[0]).text
    return Fix(
        "puts mpi-operator's own CRD in place and restarts it: until then it sees jobs in the "
        "schema it began with",
        f"{applied}\n{fixes.restart(able[0])}",
    )
