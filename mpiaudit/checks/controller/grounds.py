"""What several rules about controllers weigh in the same way."""

from __future__ import annotations

from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.view import View
from mpiaudit.rule import Confidence, Severity

FLOATING = frozenset({"", "latest", "master"})
"""Tags that move with every build of the main branch; empty stands for ``latest``."""


def floating(controller: Controller) -> bool:
    """Return whether the image's tag moves from release to release, with no digest to hold it."""
    tag = controller.image.tag
    return not controller.image.digest and (tag in FLOATING or tag.startswith("release-"))


def base(controller: Controller) -> bool:
    """Return whether it is a manifest without a namespace.

    A kustomization that adds the namespace may set the image's tag as well.
    """
    return not controller.identity.exported and not controller.namespace


def sureness(controller: Controller) -> Confidence:
    """Return how sure a claim is that rests on the program behind the image.

    CERTAIN for a release of upstream's own image, LIKELY for somebody else's image that bears a
    release's tag and for upstream's under a tag that names none, POSSIBLE for the rest.
    """
    if controller.upstream:
        return Confidence.CERTAIN if controller.release else Confidence.LIKELY
    return Confidence.LIKELY if controller.release else Confidence.POSSIBLE


def softened(controller: Controller, usual: Severity) -> Severity:
    """Return *usual*, or LOW for a controller that is scaled to 0 and so harms nobody yet."""
    return usual if controller.replicas else Severity.LOW


def one_object(one: View, other: View) -> bool:
    """Return whether two manifests may describe one object, as overlays and versions do."""
    if one.ref.kind != other.ref.kind or one.name != other.name:
        return False
    return one.namespace == other.namespace or "" in {one.namespace, other.namespace}


def together(one: View, other: View) -> bool:
    """Return whether both are in one cluster: exported from it, or applied from one file."""
    if one.identity.exported and other.identity.exported:
        return True
    if one.identity.exported or other.identity.exported:
        return False
    return one.ref.source == other.ref.source
