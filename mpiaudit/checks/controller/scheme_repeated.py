"""MPA026."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from mpiaudit.checks.controller import grounds, repairs
from mpiaudit.facts.releases import TRAINING_OPERATOR
from mpiaudit.inventory import program
from mpiaudit.inventory.controller import Controller
from mpiaudit.rule import Hit, Severity, rule

UNIQUE_SINCE = Version("1.9.0")
"""Since then controllers must have names of their own.

kubernetes-sigs/controller-runtime v0.19.1 pkg/controller/name.go:37, which
kubeflow/training-operator v1.9.0 go.mod requires.
"""


@rule("MPA026", Severity.HIGH, remedy="Name each kind once.")
def scheme_repeated(controllers: tuple[Controller, ...]) -> Iterator[Hit]:
    """training-operator's --enable-scheme names a kind twice.

    From 1.9.0 on it exits with code 1 a few seconds after start, and no kind is served. The log
    says "unable to create controller" and leaves the reason out. Older releases start two
    controllers for the kind and do not mind.

    Detected by two values that are equal, letter case aside.

    Wrong when: the release is older than 1.9, or not known (not reported).

    Source: kubernetes-sigs/controller-runtime v0.19.1 pkg/controller/name.go:37,
    kubeflow/trainer v1.9.4 cmd/training-operator.v1/main.go:206-219; seen with training-operator
    1.9.0 on Kubernetes 1.34 (exit code 1 after 1.7 s), and not with 1.7.0.
    """
    for controller in controllers:
        if controller.product != TRAINING_OPERATOR or not controller.schemes:
            continue
        if controller.release is None or controller.release < UNIQUE_SINCE:
            continue
        kinds = [scheme.lower() for scheme in controller.schemes]
        for occurrence, kind in enumerate(kinds):
            first = kinds.index(kind)
            if first == occurrence or program.unrendered(kind):
                continue
            yield Hit(
                controller.at_flag("enable-scheme", occurrence),
                f"--enable-scheme={controller.schemes[occurrence]} is given again to "
                f"{controller.title}",
                also=(controller.at_flag("enable-scheme", first),),
                effect='exits with code 1 a few seconds after start: "unable to create controller"',
                fix=repairs.set_schemes(controller, list(dict.fromkeys(kinds))),
                severity=grounds.softened(controller, Severity.HIGH),
                confidence=grounds.sureness(controller),
            )
