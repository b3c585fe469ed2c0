"""MPA025."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.controller import grounds, repairs
from mpiaudit.facts import releases
from mpiaudit.facts.releases import TRAINING_OPERATOR, newer_than_known
from mpiaudit.inventory import program
from mpiaudit.inventory.controller import Controller
from mpiaudit.rule import Confidence, Hit, Severity, rule


@rule(
    "MPA025",
    Severity.CRITICAL,
    remedy="Give --enable-scheme once for each kind, with nothing around the kind's name.",
)
def scheme_unsupported(controllers: tuple[Controller, ...]) -> Iterator[Hit]:
    """training-operator's --enable-scheme names a kind that its release does not support.

    It exits with code 2 at start and no kind is served at all. The value is compared as a whole,
    letter case aside: no list with commas, no spaces. ``mxjob`` ended with 1.8, ``jaxjob`` came
    with 1.9, ``paddlejob`` with 1.6, ``mpijob`` with 1.4. The message stands above forty lines
    of usage, far from the end of the log.

    Detected by the kinds of each release; without a release by those of all.

    Wrong when: the value is a variable or a template that is filled in later (not judged), or a
    fork supports more kinds (reported with less confidence).

    Source: kubeflow/trainer v1.9.4 pkg/controller.v1/register_controller.go:58-83; exit code 2 with
    "is not supported yet" seen with training-operator 1.9.0 on Kubernetes 1.34.
    """
    for controller in controllers:
        if controller.product != TRAINING_OPERATOR or not controller.schemes:
            continue
        kinds = _kinds(controller)
        for occurrence, scheme in enumerate(controller.schemes):
            separated = any(mark in scheme for mark in ", ;") or not scheme
            if scheme.lower() in kinds or program.unrendered(scheme):
                continue
            if not separated and newer_than_known(controller.product, controller.release):
                continue
            yield Hit(
                controller.at_flag("enable-scheme", occurrence),
                f'{controller.title} does not support "{scheme}"; '
                f"it knows {', '.join(sorted(kinds))}",
                effect=f'exits with code 2 at start: "scheme {scheme} is not supported yet"',
                fix=repairs.set_schemes(controller, _repaired(controller, kinds)),
                severity=grounds.softened(controller, Severity.CRITICAL),
                confidence=Confidence.CERTAIN if separated else grounds.sureness(controller),
            )


def _kinds(controller: Controller) -> frozenset[str]:
    """Return what the release supports; what any release did where the release is not known."""
    known = controller.release and releases.nearest(TRAINING_OPERATOR, controller.release)
    found = [known] if known else releases.releases(TRAINING_OPERATOR)
    return frozenset(kind for release in found for kind in release.kinds)


def _repaired(controller: Controller, kinds: frozenset[str]) -> list[str]:
    """Return the kinds that were meant, one each."""
    meant = ",".join(controller.schemes or ()).replace(";", ",").replace(" ", ",").lower()
    return [kind for kind in dict.fromkeys(meant.split(",")) if kind in kinds]
