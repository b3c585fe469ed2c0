"""MPA020."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.controller import grounds, repairs
from mpiaudit.facts.releases import MPI_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.rule import Confidence, Hit, Severity, rule


@rule(
    "MPA020",
    Severity.MEDIUM,
    remedy="Pin mpi-operator to a release, and install the CRD of the same release.",
    symptom_of=("MPA002", "MPA022"),
)
def mpi_operator_floating_tag(
    controllers: tuple[Controller, ...], crd: Crd | None = None
) -> Iterator[Hit]:
    """mpi-operator's image tag moves from release to release.

    Behind ``latest``, ``master``, ``release-*`` or no tag at all is whatever was built last, so
    the next pull may bring another release, which may read another version of MPIJob. That has
    happened: Kubeflow 1.1 to 1.3 shipped ``latest``, which turned from v1alpha2 into v2beta1,
    on a CRD without v2beta1. The operator then exits with "CRD doesn't exist. Exiting".

    Detected by the tag alone; worse where the CRD in the cluster, or in the same file, does not
    serve v2beta1, the container names no binary, and so the next pull stops the operator.

    Wrong when: a digest pins the image (not reported), the pull policy and the nodes' caches keep
    one build, or a kustomization sets the tag of a base (a Deployment without a namespace is
    reported as possible).

    Source: kubeflow/mpi-operator v0.8.0 .github/workflows/mpi-operator-docker-image-publish.yml
    (the tags), Dockerfile (v2beta1 alone), cmd/mpi-operator/app/server.go:121-124 (the exit);
    kubeflow/manifests v1.1.0 mpi-job/mpi-operator/base/deployment.yaml.
    """
    for controller in controllers:
        if controller.product != MPI_OPERATOR or not controller.image.repository:
            continue
        if not grounds.floating(controller):
            continue
        broken = crd is not None and _stops(crd, controller)
        tag = controller.image.tag
        yield Hit(
            controller.in_container("image"),
            f"mpi-operator runs {controller.image.name}{f':{tag}' if tag else ' without a tag'}",
            also=(crd.at("spec", "versions"),) if crd and broken else (),
            effect="a pull brings an mpi-operator that exits, for the CRD does not serve v2beta1"
            if broken
            else "the next pull may bring another release, on a CRD that is not its own",
            fix=None if broken else repairs.pin(controller, crd),
            severity=grounds.softened(controller, Severity.HIGH if broken else Severity.MEDIUM),
            confidence=Confidence.POSSIBLE if grounds.base(controller) else None,
        )


def _stops(crd: Crd, controller: Controller) -> bool:
    """Return whether what the tag stands for today exits at once on this CRD."""
    unserved = "v2beta1" not in crd.served
    return unserved and not controller.command and grounds.together(crd, controller)
