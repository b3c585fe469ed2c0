"""What a controller's ServiceAccount may do, evaluated as Kubernetes does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.rbac import Access, Binding, Role
from mpiaudit.model import Location
from mpiaudit.rule import Fix

BUILT_IN = "kubernetes.io/bootstrapping"
"""The label of the roles that every API server makes, which all ServiceAccounts have some of.

kubernetes/kubernetes v1.34.4 plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go.
"""


def judged(controller: Controller) -> bool:
    """Return whether it runs in the cluster whose roles were read, and where is known."""
    return controller.active and controller.identity.exported and bool(controller.namespace)


def account(controller: Controller) -> str:
    """Return the name of the ServiceAccount that it runs as."""
    return controller.service_account or "default"


def bound(controller: Controller, bindings: Iterable[Binding]) -> Iterator[Binding]:
    """Yield the bindings that give a controller something."""
    for binding in bindings:
        if any(s.includes(controller.namespace, account(controller)) for s in binding.subjects):
            yield binding


def missing(
    controller: Controller,
    wanted: Iterable[Access],
    namespace: str,
    roles: Iterable[Role],
    bindings: Iterable[Binding],
) -> list[Access]:
    """Return what of *wanted* it may not do in *namespace*; empty stands for all namespaces."""
    grants = [g for role in given(controller, namespace, roles, bindings) for g in role.grants]
    return [access for access in wanted if not any(g.allows(access) for g in grants)]


def given(
    controller: Controller, namespace: str, roles: Iterable[Role], bindings: Iterable[Binding]
) -> Iterator[Role]:
    """Yield the roles that a controller has in *namespace*; empty stands for all namespaces."""
    known = tuple(roles)
    for binding in bound(controller, bindings):
        if binding.namespace not in {"", namespace}:
            continue
        home = binding.namespace if binding.role_kind == "Role" else ""
        for role in known:
            if (role.ref.kind, role.name) == (binding.role_kind, binding.role_name):
                yield from (role,) if role.namespace == home else ()


def grant(controller: Controller, wanted: Iterable[Access], namespace: str) -> Fix:
    """Return the commands that make a role of *wanted* and bind it, in *namespace* or for all.

    All of *wanted* is about one resource.
    """
    accesses = tuple(wanted)
    resource, _, subresource = accesses[0].resource.partition("/")
    kind = "role" if namespace else "clusterrole"
    where = f"kubectl -n {namespace}" if namespace else "kubectl"
    name = f"{controller.name}-{resource}"
    verbs = ",".join(a.verb for a in accesses)
    target = f"{resource}.{accesses[0].group}" + (f"/{subresource}" if subresource else "")
    who = f"{controller.namespace}:{account(controller)}"
    workload = f"{controller.ref.kind.lower()}/{controller.name}"
    commands = [
        f"{where} create {kind} {name} --verb={verbs} --resource={target}",
        f"{where} create {kind}binding {name} --{kind}={name} --serviceaccount={who}",
        f"kubectl -n {controller.namespace} rollout restart {workload}",
    ]
    return Fix(
        f"adds a {kind} beside what {controller.name} has, and restarts it; jobs go on",
        "\n".join(commands),
    )


def places(
    controller: Controller, namespace: str, roles: Iterable[Role], bindings: Iterable[Binding]
) -> tuple[Location, ...]:
    """Return the roles that lack a rule: those that the controller has, but for built-in ones."""
    return tuple(
        role.at("rules")
        for role in given(controller, namespace, roles, bindings)
        if BUILT_IN not in role.identity.labels
    )
