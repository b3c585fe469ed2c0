"""MPA045."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.controller import grounds
from mpiaudit.facts import flags as flag_facts
from mpiaudit.facts.releases import MPI_OPERATOR, TRAINING_OPERATOR
from mpiaudit.inventory import image, program
from mpiaudit.inventory.controller import Controller
from mpiaudit.rule import Confidence, Hit, Severity, rule

FLAGS = {
    MPI_OPERATOR: "kubectl-delivery-image",
    TRAINING_OPERATOR: "mpi-kubectl-delivery-image",
}
"""The flag that names the image, by product; mpi-operator has had none since v2beta1."""


@rule(
    "MPA045",
    Severity.LOW,
    remedy="Name the image of kubectl-delivery by a tag that stays, in a registry you pull from.",
    symptom_of=("MPA020", "MPA046", "MPA052"),
)
def kubectl_delivery_floating(controllers: tuple[Controller, ...]) -> Iterator[Hit]:
    """Launchers of v1 begin with an image whose tag moves.

    An init container, kubectl-delivery, brings the launcher the kubectl by which it starts the
    ranks. Each node keeps the copy that it pulled first, so that two launchers may run two
    builds, and a new node pulls whatever is there by then. Where it cannot be pulled every
    launcher on that node stays in "Init:ImagePullBackOff".

    Detected by the flag that names the image, or by the release's own default, which was a moving
    tag on Docker Hub up to training-operator 1.9.0: likely, not certain.

    Wrong when: the nodes' runtime has a mirror in which the tag stays. Not reported: the default
    of training-operator 1.9.1 and later, which moves with the builds of that one release line
    alone; an unknown release without the flag; an image from a variable, or with a digest; a
    controller that reconciles no MPIJob.

    Source: kubeflow/trainer v1.9.4 pkg/config/config.go (the default; v1.9.0 and v1.7.0 the
    same) and pkg/controller.v1/mpi/mpijob_controller.go:1042-1044 (pulled only where there is no
    copy); kubeflow/mpi-operator v0.3.0 cmd/mpi-operator.v1/app/options/options.go:54.
    """
    for controller in controllers:
        flag = FLAGS.get(controller.product, "")
        given = controller.value(flag)
        named = given or _default(controller, flag)
        if not controller.active or not named or program.unrendered(named):
            continue
        pulled = image.parse(named)
        if pulled.digest or pulled.tag not in grounds.FLOATING:
            continue
        yield Hit(
            controller.at_flag(flag),
            f"{controller.title} gives its launchers {named}"
            + ("" if given else f", for --{flag} is not given"),
            effect="launchers on two nodes may run two builds of it",
            confidence=_confidence(controller, given),
        )


def _default(controller: Controller, flag: str) -> str:
    """Return the image that its release takes, where that is a moving tag on Docker Hub."""
    if controller.release is None or controller.flags is None:
        return ""
    known = flag_facts.flags(controller.product, controller.release).get(flag)
    named = known.default if known else ""
    return named if named and image.parse(named).registry == image.DEFAULT_REGISTRY else ""


def _confidence(controller: Controller, given: str | None) -> Confidence | None:
    if grounds.base(controller):
        return Confidence.POSSIBLE
    return None if given else Confidence.LIKELY
