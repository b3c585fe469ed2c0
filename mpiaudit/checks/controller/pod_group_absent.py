"""MPA043."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from mpiaudit.checks.controller import repairs
from mpiaudit.facts.releases import MPI_OPERATOR, TRAINING_OPERATOR
from mpiaudit.inventory import program
from mpiaudit.inventory.controller import GANG_FLAGS, Controller
from mpiaudit.inventory.podgroup import SCHEDULER_PLUGINS, VOLCANO, PodGroupKind
from mpiaudit.rule import Confidence, Hit, Severity, rule

FIRST = {MPI_OPERATOR: Version("0.4"), TRAINING_OPERATOR: Version("1.7")}
"""The first releases in which every word turns it on.

kubeflow/training-operator v1.6.0 cmd/training-operator.v1/main.go:76 has the default ``none``.
"""


@rule(
    "MPA043",
    Severity.CRITICAL,
    remedy="Install the gang scheduler with its CRDs, or drop the flag.",
)
def pod_group_absent(
    controllers: tuple[Controller, ...],
    pod_groups: tuple[PodGroupKind, ...],
    listed: frozenset[str],
) -> Iterator[Hit]:
    """Gang scheduling is on and its PodGroup CRD is missing: no MPIJob is reconciled.

    mpi-operator leads and is Ready, and its caches never sync: every MPIJob of the cluster stays
    without status, pods or events, whether it asks for gang scheduling or not. The log repeats
    "failed to list *v1beta1.PodGroup: the server could not find the requested resource".
    training-operator exits, and all its kinds with it.

    Detected by the flag: ``volcano`` takes podgroups.scheduling.volcano.sh, any other word takes
    podgroups.scheduling.x-k8s.io. ``none`` is such a word and turns nothing off.

    Wrong when: the CRDs were not read, the flag's value comes from a variable, or the release is
    older than mpi-operator 0.4 or training-operator 1.7, where the words mean something else
    (none of them judged). An export may hold only some of the cluster's CRDs: likely, not certain.

    Source: kubeflow/mpi-operator v0.8.0 cmd/mpi-operator/app/server.go (``createClientSets``),
    kubeflow/trainer v1.9.4 cmd/training-operator.v1/main.go:260-270; seen with mpi-operator
    0.8.0 (``volcano``, ``scheduler-plugins`` and ``none``) and training-operator 1.9.0 (``none``,
    exit code 1 after 2 s) on Kubernetes 1.34.
    """
    if "CustomResourceDefinition" not in listed:
        return
    present = {kind.group for kind in pod_groups}
    for controller in controllers:
        word = controller.gang
        group = VOLCANO if word == "volcano" else SCHEDULER_PLUGINS
        if not word or program.unrendered(word) or not controller.active or group in present:
            continue
        if not _means_on(controller):
            continue
        flag = GANG_FLAGS[controller.product]
        works = controller.product == MPI_OPERATOR
        yield Hit(
            controller.at_flag(flag),
            f"{controller.title} has --{flag}={word}; there is no CRD podgroups.{group}",
            effect="it leads and is Ready, but its caches never sync: no MPIJob is reconciled"
            if works
            else "it exits at every start, and none of its kinds is reconciled",
            fix=repairs.drop_flags(controller, flag),
            confidence=None if controller.ref.live else Confidence.LIKELY,
        )


def _means_on(controller: Controller) -> bool:
    """Return whether any word turns gang scheduling on in its release, as far as is known."""
    if controller.product == MPI_OPERATOR and controller.reads != "v2beta1":
        return False
    if controller.release is None:
        return controller.gang != "none" or controller.product == MPI_OPERATOR
    return controller.release >= FIRST[controller.product]
