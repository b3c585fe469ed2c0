"""MPA035."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from mpiaudit.checks.rbac import locks, rights
from mpiaudit.facts.releases import MPI_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.rbac import Access, Binding, Role
from mpiaudit.rule import Confidence, Hit, Severity, rule

SINCE = Version("0.5")

WANTED = tuple(Access(verb, "scheduling.k8s.io", "priorityclasses") for verb in ("list", "watch"))


@rule(
    "MPA035",
    Severity.CRITICAL,
    remedy="Let mpi-operator list and watch priorityclasses by a ClusterRole.",
    symptom_of=("MPA054",),
)
def priority_classes_forbidden(
    controllers: tuple[Controller, ...],
    roles: tuple[Role, ...],
    bindings: tuple[Binding, ...],
) -> Iterator[Hit]:
    """mpi-operator may not read PriorityClasses, and exits whenever it starts.

    Since 0.5 it watches them, with gang scheduling or without; the ClusterRole of an older
    install, kept over the upgrade, does not allow it, and no Role in a namespace can. The log
    ends in "Unable to sync cache for informer priorityClassInformer ... Requesting controller to
    exit", exit code 255.

    Detected by the release and the rights of its ServiceAccount: list and watch on
    priorityclasses in all namespaces.

    Wrong when: roles and bindings were not read as whole lists (not judged), the release is
    unknown (not judged), another authorizer than RBAC grants the rights. An operator that is
    Ready and never restarted started before it lost them: likely, not certain.

    Source: kubeflow/mpi-operator v0.8.0 cmd/mpi-operator/app/server.go:155,
    pkg/controller/mpi_job_controller.go:374-381; seen with mpi-operator 0.8.0 on Kubernetes 1.34:
    exit code 255 after 0.1 s.
    """
    for controller in controllers:
        if controller.product != MPI_OPERATOR or not rights.judged(controller):
            continue
        if controller.reads != "v2beta1" or not controller.release or controller.release < SINCE:
            continue
        lacks = rights.missing(controller, WANTED, "", roles, bindings)
        if not lacks:
            continue
        healthy = bool(controller.ready) and controller.restarts == 0
        yield Hit(
            controller.at("spec", "template", "spec", "serviceAccountName"),
            f"ServiceAccount {controller.namespace}/{rights.account(controller)} of "
            f"{controller.title} may not {locks.verbs(lacks)} priorityclasses",
            also=rights.places(controller, "", roles, bindings),
            effect="exits with code 255 at every start; one that still runs dies at its next",
            fix=rights.grant(controller, WANTED, ""),
            confidence=Confidence.LIKELY if healthy or not controller.upstream else None,
        )
