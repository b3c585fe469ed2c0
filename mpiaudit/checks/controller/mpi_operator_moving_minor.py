"""MPA021."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mpiaudit.checks.controller import repairs
from mpiaudit.facts.releases import MPI_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.rule import Hit, Severity, rule

_MINOR = re.compile(r"v?\d+\.\d+")


@rule("MPA021", Severity.LOW, remedy="Pin mpi-operator to a patch release.")
def mpi_operator_moving_minor(controllers: tuple[Controller, ...]) -> Iterator[Hit]:
    """mpi-operator's image tag moves from patch to patch.

    Upstream moves ``0.8`` to every new patch of 0.8, so two nodes, or one node before and after
    a restart, may run different builds of the operator, and no one sees it in the manifest.

    Detected by a tag of two numbers.

    Wrong when: a digest pins the image (not reported), or a private registry never moves the tag.

    Source: kubeflow/mpi-operator v0.8.0 .github/workflows/mpi-operator-docker-image-publish.yml
    (``{{major}}.{{minor}}``); branch release-0.8 manifests/overlays/standalone/kustomization.yaml
    (newTag 0.8).
    """
    for controller in controllers:
        image = controller.image
        if controller.product != MPI_OPERATOR or image.digest or not _MINOR.fullmatch(image.tag):
            continue
        yield Hit(
            controller.in_container("image"),
            f"mpi-operator runs {image.name}:{image.tag}, which is any patch of {image.tag}",
            effect="a restart may bring another patch",
            fix=repairs.pin(controller),
        )
