"""MPA022."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.controller import grounds, repairs
from mpiaudit.facts import releases
from mpiaudit.facts.releases import MPI_OPERATOR, Release
from mpiaudit.inventory import program
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.rule import Fix, Hit, Severity, rule


@rule(
    "MPA022",
    Severity.CRITICAL,
    remedy="Drop the container's command, or pin the last release that has the binary.",
)
def mpi_operator_binary_missing(
    controllers: tuple[Controller, ...], crd: Crd | None = None
) -> Iterator[Hit]:
    """mpi-operator's command names a binary that its image does not have.

    The container never starts: ``RunContainerError``, "no such file or directory". Up to 0.3.0 an
    image held one binary for each version of MPIJob; from 0.4.0 there is only that of v2beta1, so
    a ``command: [/opt/mpi-operator.v1]`` left over from an older manifest stops the operator.

    Detected by the binaries of each release; ``latest`` and ``master`` are taken for the newest.

    Wrong when: the image is somebody's own build and holds the binary (reported with less
    confidence), or a node still runs an old ``latest`` (reported as a fault of the next pull).
    An image by digest or under a private tag is not judged, nor is ``latest`` in a Deployment
    without a namespace, the base of a kustomization that may set the tag.

    Source: kubeflow/mpi-operator Dockerfile at v0.2.3, v0.3.0, v0.4.0 and v0.8.0.
    """
    for controller in controllers:
        if controller.product != MPI_OPERATOR or not controller.command or not controller.argv:
            continue
        binary = controller.argv[0]
        release = _release(controller)
        if not release or not program.SHIPPED.fullmatch(binary) or release.read_by(binary):
            continue
        floats = controller.release is None
        tag = f":{controller.image.tag or 'latest'}" if floats else ""
        runs = floats and bool(controller.ready)
        yield Hit(
            controller.in_container("command"),
            f"{controller.title}{tag} has no {binary}, "
            f"only {' and '.join(name for name, _ in release.binaries)}",
            also=(controller.in_container("image"),),
            effect='the container cannot start: "no such file or directory"',
            fix=_fix(controller, release, crd),
            severity=grounds.softened(controller, Severity.MEDIUM if runs else Severity.CRITICAL),
            confidence=grounds.sureness(controller),
        )


def _fix(controller: Controller, release: Release, crd: Crd | None) -> Fix | None:
    """Return what gives the container a program that reads what *crd* serves."""
    if crd is not None and (release.reads or "") not in crd.served:
        return repairs.with_program(controller, crd)
    return repairs.drop_command(controller, release.version)


def _release(controller: Controller) -> Release | None:
    """Return the release whose binaries count: the newest behind a floating upstream tag."""
    if controller.release:
        return releases.nearest(MPI_OPERATOR, controller.release)
    if grounds.floating(controller) and controller.upstream and not grounds.base(controller):
        return releases.releases(MPI_OPERATOR)[-1]
    return None
