"""MPA042."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from mpiaudit.checks.controller import grounds, repairs
from mpiaudit.facts.releases import MPI_OPERATOR, TRAINING_OPERATOR
from mpiaudit.inventory.controller import GANG_FLAGS, Controller
from mpiaudit.rule import Hit, Severity, rule

SWITCHES = frozenset({"none", "off", "no", "false", "disabled", "on", "yes", "true", "enabled"})
"""Words that are meant to turn gang scheduling on or off, and name no scheduler."""

FIRST = {MPI_OPERATOR: Version("0.4"), TRAINING_OPERATOR: Version("1.7")}
"""The first releases in which every word names a scheduler.

kubeflow/training-operator v1.6.0 cmd/training-operator.v1/main.go has the default ``none``.
"""


@rule(
    "MPA042",
    Severity.CRITICAL,
    remedy="Drop the flag to turn gang scheduling off; to turn it on, name the scheduler.",
    symptom_of=("MPA043",),
)
def word_taken_for_scheduler(controllers: tuple[Controller, ...]) -> Iterator[Hit]:
    """The flag for gang scheduling takes none, true or false for a scheduler's name.

    ``--gang-scheduling`` of mpi-operator and ``--gang-scheduler-name`` of training-operator turn it
    on with any word, and that word becomes ``schedulerName`` of the pods. No scheduler is called
    ``none``, so that the pods of every job stay Pending without a word. In training-operator 1.6
    ``none`` was the default and meant off; it is carried on from there.

    Detected by a value that is a switch: none, off, no, false, disabled, on, yes, true, enabled.

    Wrong when: somebody runs a scheduler of that name; an mpi-operator before 0.4, a
    training-operator before 1.7, or one of unknown release with ``none`` (not reported). A pod
    template of a v1 job that names another scheduler itself goes there.

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/podgroup.go:295-298 and
    pkg/controller/mpi_job_controller.go:319-323; kubeflow/training-operator v1.9.4
    cmd/training-operator.v1/main.go:190-202 and
    pkg/controller.v1/control/podgroup_control.go:128-148; seen with mpi-operator 0.8.0 on
    Kubernetes 1.34, whose launcher and workers had schedulerName ``none``.
    """
    for controller in controllers:
        word = controller.gang
        if word.lower() not in SWITCHES or controller.mpi_enabled is False:
            continue
        if not _names(controller):
            continue
        flag = GANG_FLAGS[controller.product]
        yield Hit(
            controller.at_flag(flag),
            f'{controller.title} has --{flag}={word}, and gives its pods schedulerName "{word}"',
            effect="the pods of its jobs wait for a scheduler that is not there",
            fix=repairs.drop_flags(controller, flag),
            severity=grounds.softened(controller, Severity.CRITICAL),
            confidence=grounds.sureness(controller),
        )


def _names(controller: Controller) -> bool:
    """Return whether its release takes every word for a name, as far as is known."""
    if controller.product == MPI_OPERATOR and controller.reads != "v2beta1":
        return False
    if controller.release is None:
        return controller.product == MPI_OPERATOR or controller.gang.lower() != "none"
    return controller.release >= FIRST[controller.product]
