"""MPA051."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mpiaudit.checks.evidence import listing
from mpiaudit.facts.releases import MPI_OPERATOR, TRAINING_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.job import GROUP
from mpiaudit.inventory.rbac import Access, Binding, Role
from mpiaudit.rule import Confidence, Disposition, Fix, Hit, Severity, rule

WATCHES = Access("watch", GROUP, "mpijobs")


@rule(
    "MPA051",
    Severity.LOW,
    confidence=Confidence.LIKELY,
    remedy="Delete the binding and its ClusterRole, where the controller does not come back.",
)
def rights_left_behind(
    controllers: tuple[Controller, ...],
    roles: tuple[Role, ...],
    bindings: tuple[Binding, ...],
    listed: frozenset[str],
) -> Iterator[Hit]:
    """A controller is gone, and its ServiceAccount may still do all that it did.

    mpi-operator and training-operator write pods, Services and Secrets or roles in every
    namespace. Whoever may create a pod in the controller's old namespace has these rights through
    its ServiceAccount. A later install of the same product takes the binding over.

    Detected by a ClusterRoleBinding with the product's own name, to a ClusterRole that reaches
    MPIJobs, where all Deployments were listed and none of them is that product's.

    Wrong when: the controller is a build that cannot be told from others, or the binding waits
    for it in the midst of an upgrade (so it is never certain); it is scaled to 0 (not reported);
    roles and bindings were not read as whole lists (not judged).

    Source: kubeflow/mpi-operator v0.8.0 manifests/base/cluster-role-binding.yaml and
    cluster-role.yaml; kubeflow/trainer v1.9.4 manifests/base/rbac/role.yaml and
    role-binding.yaml.
    """
    if "Deployment" not in listed:
        return
    for binding in bindings:
        if binding.ref.kind != "ClusterRoleBinding" or not binding.identity.exported:
            continue
        gone = binding.name in {MPI_OPERATOR, TRAINING_OPERATOR} and not any(
            _belongs(binding, c) for c in controllers
        )
        role = _role(binding, roles)
        if not gone or role is None or not binding.subjects:
            continue
        yield Hit(
            binding.at("subjects"),
            f"{listing([str(s) for s in binding.subjects])} has {role.ref}; "
            f"there is no {binding.name}",
            also=(role.at("rules"),),
            effect="who may create pods in that namespace has these rights everywhere",
            fix=Fix(
                f"takes the rights away; {role.name} must be installed anew to come back",
                f"kubectl delete clusterrolebinding {binding.name}\n"
                f"kubectl delete clusterrole {role.name}",
                Disposition.DESTROYS,
            ),
        )


def _belongs(binding: Binding, controller: Controller) -> bool:
    """Return whether *controller* is of the product that made *binding*, or lives by it."""
    account = controller.service_account or "default"
    return controller.product == binding.name or any(
        s.includes(controller.namespace, account) for s in binding.subjects
    )


def _role(binding: Binding, roles: Iterable[Role]) -> Role | None:
    """Return the ClusterRole that it binds, where that reaches MPIJobs."""
    for role in roles:
        if (role.ref.kind, role.name) == (binding.role_kind, binding.role_name):
            reaches = any(grant.allows(WATCHES) for grant in role.grants)
            return role if reaches and role.ref.kind == "ClusterRole" else None
    return None
