"""MPA052."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from mpiaudit.checks.controller import grounds, repairs
from mpiaudit.facts.releases import MPI_OPERATOR, TRAINING_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule

OLDEST = {MPI_OPERATOR: Version("0.6"), TRAINING_OPERATOR: Version("1.9")}
"""The oldest release of each that knows ``managedBy`` and so can share a cluster."""


@rule("MPA052", Severity.MEDIUM, remedy="Upgrade to the newest release, with its CRD.")
def end_of_life(controllers: tuple[Controller, ...]) -> Iterator[Hit]:
    """The controller is of a release that gets no fixes any more.

    mpi-operator before 0.6 and training-operator before 1.9 do not know ``managedBy``: they
    act on jobs that are fenced off for another controller, and training-operator's status write
    removes the fence. mpi-operator up to 0.4 mixes up jobs of one name in two namespaces.

    Detected by the image tag.

    Wrong when: a vendor puts fixes into an old release (an image that is not upstream's: likely,
    not certain), or a kustomization sets the tag of a base (a Deployment without a namespace is
    reported as possible). One that is scaled to 0 is only noted.

    Source: kubeflow/mpi-operator v0.6.0 pkg/apis/kubeflow/v2beta1/types.go and
    kubeflow/trainer v1.9.0 pkg/apis/kubeflow.org/v1/common_types.go (the first with managedBy);
    seen with training-operator 1.7.0 and mpi-operator 0.4.0 on Kubernetes 1.34.
    """
    for controller in controllers:
        oldest = OLDEST.get(controller.product)
        release = controller.release
        if oldest is None or release is None or Version(release.base_version) >= oldest:
            continue
        if controller.mpi_enabled is False:
            continue
        yield Hit(
            controller.in_container("image"),
            f"{controller.title} is older than {oldest}",
            effect="it ignores runPolicy.managedBy and gets no fixes",
            fix=_upgrade(controller),
            severity=grounds.softened(controller, Severity.MEDIUM),
            confidence=_confidence(controller),
        )


def _upgrade(controller: Controller) -> Fix | None:
    """Return the upgrade of mpi-operator; from v1, jobs must be migrated first."""
    if controller.product != MPI_OPERATOR or controller.reads != "v2beta1":
        return None
    return repairs.upgrade(controller)


def _confidence(controller: Controller) -> Confidence | None:
    if grounds.base(controller):
        return Confidence.POSSIBLE
    return None if controller.upstream else Confidence.LIKELY
