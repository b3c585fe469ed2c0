"""MPA054."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mpiaudit.checks import evidence
from mpiaudit.checks.rbac import rights
from mpiaudit.facts.releases import PRODUCTS, TRAINER
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.job import GROUP
from mpiaudit.inventory.rbac import Access, Binding, Role
from mpiaudit.rule import Fix, Hit, Severity, rule

WANTED = tuple(Access(verb, GROUP, "mpijobs") for verb in ("list", "watch"))


@rule(
    "MPA054",
    Severity.CRITICAL,
    remedy="Give each install a ClusterRoleBinding of its own name; better, keep one install.",
)
def no_rights_on_mpijobs(
    controllers: tuple[Controller, ...],
    roles: tuple[Role, ...],
    bindings: tuple[Binding, ...],
) -> Iterator[Hit]:
    """A controller may not read MPIJobs: usually a second install took its binding.

    ClusterRole and ClusterRoleBinding are called ``mpi-operator`` in every install of
    mpi-operator, whatever its namespace. ``kubectl apply`` of a second one puts its own
    ServiceAccount into the binding, and the first operator logs "mpijobs.kubeflow.org is
    forbidden" and then "Leader election stopped". The same happens to training-operator.

    Detected by the rights of the ServiceAccount of each running controller, over all roles and
    bindings: list and watch on mpijobs, in the namespace that it watches or in all.

    Wrong when: roles and bindings were not read as whole lists (not judged: a whole list has
    ``cluster-admin``), the controller's namespace or scope is unknown (not judged), or another
    authorizer than RBAC grants the rights (a webhook; it cannot be seen).

    Source: kubeflow/mpi-operator v0.8.0 manifests/base/cluster-role-binding.yaml; seen with
    mpi-operator 0.3.0 and 0.8.0 on Kubernetes 1.34.
    """
    for controller in controllers:
        if controller.product == TRAINER or not rights.judged(controller):
            continue
        scope = controller.watches
        if scope is None or not (
            lacks := rights.missing(controller, WANTED, scope, roles, bindings)
        ):
            continue
        takers = _namesakes(controller, bindings)
        taken = "".join(
            f"; {b.ref} is for {evidence.listing([str(s) for s in b.subjects])}" for b in takers
        )
        yield Hit(
            controller.at("spec", "template", "spec", "serviceAccountName"),
            f"ServiceAccount {controller.namespace}/{rights.account(controller)} of "
            f"{controller.title} may not {_verbs(lacks)} mpijobs "
            f"{f'in {scope}' if scope else 'of all namespaces'}{taken}",
            also=tuple(b.at("subjects") for b in takers),
            effect="it sees no MPIJob, and ends or waits for ever",
            fix=_bind(controller, roles) if not scope else None,
        )


def _verbs(lacks: Iterable[Access]) -> str:
    return " or ".join(a.verb for a in lacks)


def _namesakes(controller: Controller, bindings: Iterable[Binding]) -> list[Binding]:
    """Return the bindings that every install of the product makes under one name."""
    names = {controller.product, controller.name} & {*PRODUCTS, controller.name}
    return [b for b in bindings if b.ref.kind == "ClusterRoleBinding" and b.name in names]


def _bind(controller: Controller, roles: Iterable[Role]) -> Fix | None:
    """Return the command that binds the product's own ClusterRole once more."""
    for role in roles:
        fits = all(any(g.allows(a) for g in role.grants) for a in WANTED)
        if role.ref.kind == "ClusterRole" and role.name == controller.product and fits:
            name = f"{role.name}-{controller.namespace}"
            return Fix(
                f"gives {controller.ref} its rights back; both installs then act on MPIJobs",
                f"kubectl create clusterrolebinding {name} --clusterrole={role.name} "
                f"--serviceaccount={controller.namespace}:{rights.account(controller)}",
            )
    return None
