"""MPA009."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import evidence, fixes
from mpiaudit.facts.crds import properties_of
from mpiaudit.facts.releases import MPI_OPERATOR, TRAINING_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule

VERSIONS = {MPI_OPERATOR: "v2beta1", TRAINING_OPERATOR: "v1"}
"""The version whose schema each product ships; the CRD of mpi-operator 0.2 and 0.3 has several."""

DECISIVE = frozenset({"runPolicy.managedBy", "runPolicy.suspend"})
"""Fields whose loss makes a job run that must not."""

TRAINING_CRD = (
    "https://raw.githubusercontent.com/kubeflow/trainer/{tag}/"
    "manifests/base/crds/kubeflow.org_mpijobs.yaml"
)


@rule(
    "MPA009",
    Severity.MEDIUM,
    remedy="Apply the CRD of the controller's release, server-side.",
    symptom_of=("MPA224",),
)
def crd_older_than_controller(
    crd: Crd | None, controllers: tuple[Controller, ...]
) -> Iterator[Hit]:
    """The CRD is older than the controller: fields that it knows are dropped.

    ``kubectl apply`` of a release over an older one fails on the CRD alone (it is too large for a
    client-side apply, or refused) and upgrades everything else. The new operator starts and
    works, and the API server drops each field that the old schema does not declare, with a
    warning at most: a suspended job runs, a job that ``managedBy`` gives to another cluster runs
    here as well.

    Detected by the fields that the release's own CRD declares and the given one does not, in
    the version that the controller reconciles; not by the generator's annotation.

    Wrong when: the release is unknown, or the schema keeps unknown fields or is missing (not
    judged); a fork whose CRD lacks what upstream's has (likely, not certain). A CRD and a
    Deployment in manifests may belong to different clusters: likely, not certain.

    Source: kubeflow/mpi-operator v0.8.0 manifests/base/kubeflow.org_mpijobs.yaml, and the same
    file of every release; seen with mpi-operator 0.8.0 on the CRD of 0.4.0 on Kubernetes 1.34.
    """
    if crd is None:
        return
    for controller in controllers:
        version = VERSIONS.get(controller.product, "")
        if not controller.active or controller.reads != version or controller.release is None:
            continue
        schema = crd.version(version)
        if schema is None or not schema.served or not schema.properties or schema.keeps_unknown:
            continue
        lost = sorted(properties_of(controller.product, controller.release) - schema.properties)
        if not lost:
            continue
        origin = f", of {crd.origin.product} {crd.origin.releases}," if crd.origin else ""
        yield Hit(
            crd.at("spec", "versions", schema.index),
            f"{controller.title} knows {evidence.listing([f'spec.{name}' for name in lost])}; "
            f"{version} of the CRD{origin} does not",
            also=(controller.in_container("image"),),
            effect="these fields are dropped when a job is written; "
            "a job runs as if they had not been set",
            fix=_apply(controller),
            severity=Severity.HIGH if DECISIVE & set(lost) else None,
            confidence=evidence.surety(crd, controller) or _fork(controller),
        )


def _apply(controller: Controller) -> Fix:
    if controller.product == MPI_OPERATOR:
        applied = fixes.install_crd(controller)
        return Fix(
            "replaces the CRD by mpi-operator's own and restarts it: until then it sees jobs in "
            "the schema it began with",
            f"{applied.text}\n{fixes.restart(controller)}",
        )
    crd = TRAINING_CRD.format(tag=f"v{controller.release}")
    return Fix(
        f"puts the CRD of {controller.title} in place; jobs go on",
        f"kubectl apply --server-side -f {crd}",
    )


def _fork(controller: Controller) -> Confidence | None:
    return None if controller.upstream else Confidence.LIKELY
