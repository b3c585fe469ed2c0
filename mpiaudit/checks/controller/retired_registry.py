"""MPA046."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from mpiaudit.checks import fixes
from mpiaudit.checks.controller import grounds
from mpiaudit.facts import releases
from mpiaudit.facts.releases import TRAINING_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule

HOME = "ghcr.io/kubeflow/training-v1/training-operator"
"""Where the manifests of training-operator 1.9.1 and later pull it from.

kubeflow/trainer v1.9.1 manifests/overlays/kubeflow/kustomization.yaml.
"""

LEFT = {
    ("public.ecr.aws", "j1r0q0g6/training/training-operator"): "1.5",
    ("docker.io", "kubeflow/training-operator"): "1.9.1",
}
"""Registries and repositories of former releases, with the release that left them.

kubeflow/training-operator manifests/overlays/kubeflow/kustomization.yaml at v1.4.0 and v1.5.0.
"""

SAME_SCHEMA = Version("1.9")
"""Since then all releases share one CRD, so that the image alone can be upgraded."""


@rule(
    "MPA046",
    Severity.LOW,
    remedy=f"Pull it from {HOME}, or from a mirror of your own.",
    symptom_of=("MPA052",),
)
def retired_registry(controllers: tuple[Controller, ...]) -> Iterator[Hit]:
    """training-operator is pulled from a registry that its releases have left.

    Until 1.4 it was Amazon's public registry, until 1.9.0 Docker Hub, which limits the pulls of
    whoever does not log in: on the next node that has no copy of the image the operator does not
    start, with "toomanyrequests". Since 1.9.1 its manifests name GitHub's registry.

    Detected by the registry and the repository in the image's name.

    Wrong when: a mirror or a pull-through cache is set up in the nodes' container runtime, or
    they log in. A mirror that the image names, and an operator that leaves MPIJob alone, are not
    reported. A Deployment without a namespace may get another image from a kustomization
    (possible only).

    Source: kubeflow/trainer v1.9.1 manifests/overlays/kubeflow/kustomization.yaml, issue 2446;
    kubeflow/training-operator v1.4.0 and v1.9.0, the same file.
    """
    for controller in controllers:
        pulled = controller.image
        left = LEFT.get((pulled.registry, pulled.repository))
        if left is None or controller.mpi_enabled is False:
            continue
        yield Hit(
            controller.in_container("image"),
            f"{controller.ref} is pulled from {pulled.registry}/{pulled.repository}, which "
            f"{TRAINING_OPERATOR} {left} left",
            effect="on a node without a copy it does not start once the pull is refused",
            fix=_move(controller),
            confidence=Confidence.POSSIBLE if grounds.base(controller) else None,
        )


def _move(controller: Controller) -> Fix | None:
    """Return the patch to the newest release; None where its CRD would have to go with it."""
    if controller.release is None or controller.release < SAME_SCHEMA:
        return None
    newest = releases.releases(TRAINING_OPERATOR)[-1]
    return fixes.patch_container(
        controller,
        "image",
        f"{HOME}:{newest.tags[0]}",
        f"restarts {controller.ref} as {newest.version}, on the CRD that is there; jobs go on",
    )
