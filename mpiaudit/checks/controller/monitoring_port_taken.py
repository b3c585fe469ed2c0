"""MPA037."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from mpiaudit.checks import fixes
from mpiaudit.checks.controller import grounds, repairs
from mpiaudit.facts.releases import MPI_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.rule import Fix, Hit, Severity, rule

FLAG = "monitoring-port"

HEALTH = "8080"
"""The port of ``/healthz``, which no flag moves.

kubeflow/mpi-operator v0.3.0 cmd/mpi-operator.v1/app/server.go:66 and
v2/cmd/mpi-operator/app/server.go, v0.8.0 cmd/mpi-operator/app/server.go:65.
"""

FREE = "8081"

FIRST = Version("0.3")
"""The first release whose programs are all known to have that port."""


@rule("MPA037", Severity.CRITICAL, remedy="Give --monitoring-port another port than 8080.")
def monitoring_port_taken(controllers: tuple[Controller, ...]) -> Iterator[Hit]:
    """mpi-operator is to serve metrics on the port of its own health check, and exits.

    It always answers on ``/healthz`` at port 8080, which no flag moves. The metrics take the port
    first, and the program ends with "Error starting server for health check: listen tcp :8080:
    bind: address already in use", 0.1 s after every start. No MPIJob is reconciled.

    Detected by ``--monitoring-port=8080``.

    Wrong when: a fork has moved the port of the health check (likely, not certain). Programs
    before 0.3 are not judged.

    Source: kubeflow/mpi-operator v0.8.0 cmd/mpi-operator/app/server.go:65,193-205 and
    cmd/mpi-operator/main.go:29-49; seen with mpi-operator 0.8.0 on Kubernetes 1.34 (exit code
    255).
    """
    for controller in controllers:
        if controller.product != MPI_OPERATOR or controller.value(FLAG) != HEALTH:
            continue
        old = controller.release is not None and controller.release < FIRST
        if old or controller.reads not in {"v1", "v2beta1"}:
            continue
        yield Hit(
            controller.at_flag(FLAG),
            f"{controller.title} has --{FLAG}={HEALTH}, where its /healthz listens",
            effect="it exits at every start, and no MPIJob is reconciled",
            fix=_move(controller),
            severity=grounds.softened(controller, Severity.CRITICAL),
            confidence=grounds.sureness(controller),
        )


def _move(controller: Controller) -> Fix | None:
    """Return the patch that moves the metrics; None where the flag is not among the ``args``."""
    kept = repairs.without(controller.product, controller.args, FLAG)
    if kept == list(controller.args):
        return None
    return fixes.patch_container(
        controller,
        "args",
        [*kept, f"--{FLAG}={FREE}"],
        f"restarts {controller.ref}; whatever scrapes its metrics must ask port {FREE}",
    )
