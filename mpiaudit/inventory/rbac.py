"""Who may do what: roles, and what binds them to controllers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from mpiaudit.inventory.view import View, identity, mapping, mappings, text, words
from mpiaudit.model import Resource

GROUP = "rbac.authorization.k8s.io"

EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Access:
    """One thing that somebody wants to do."""

    verb: str
    group: str
    """The API group; empty for the core group."""

    resource: str
    """The plural, with the subresource where there is one: ``jobs/status``."""

    name: str = ""
    """The object's name; empty where a request names none, as to create, list or watch."""

    def __str__(self) -> str:
        """Return ``update jobs/status``."""
        return f"{self.verb} {self.resource}"


@dataclass(frozen=True, slots=True)
class Grant:
    """One rule of a role."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...]
    resources: tuple[str, ...]
    names: tuple[str, ...]
    """Object names that it is limited to; empty for all."""

    def allows(self, access: Access) -> bool:
        """Return whether it allows *access*.

        ``jobs/*`` is no pattern: only ``*`` and ``*/status`` are.

        Source: kubernetes/kubernetes v1.34.0 pkg/apis/rbac/v1/evaluation_helpers.go.
        """
        _, _, subresource = access.resource.partition("/")
        resources = {EVERYTHING, access.resource}
        if subresource:
            resources.add(f"*/{subresource}")
        return (
            not {EVERYTHING, access.verb}.isdisjoint(self.verbs)
            and not {EVERYTHING, access.group}.isdisjoint(self.groups)
            and not resources.isdisjoint(self.resources)
            and (not self.names or access.name in self.names)
        )


@dataclass(frozen=True, slots=True)
class Role(View):
    """A Role or a ClusterRole, as its ``kind`` says.

    Of an aggregated ClusterRole it is what the control plane has gathered.
    """

    grants: tuple[Grant, ...]

    @classmethod
    def parse(cls, resource: Resource) -> Self | None:
        """Return the role."""
        return cls(
            identity(resource),
            grants=tuple(
                Grant(
                    verbs=words(rule.get("verbs")),
                    groups=words(rule.get("apiGroups")),
                    resources=words(rule.get("resources")),
                    names=words(rule.get("resourceNames")),
                )
                for rule in mappings(resource.get("rules"))
            ),
        )


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a binding is for."""

    kind: str
    """``ServiceAccount``, ``User`` or ``Group``."""

    namespace: str
    name: str

    def __str__(self) -> str:
        """Return ``ServiceAccount kubeflow/mpi-operator``."""
        key = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {key}"

    def includes(self, namespace: str, account: str) -> bool:
        """Return whether a ServiceAccount is meant: itself, its user name, or its groups.

        Source: kubernetes/kubernetes v1.34.0
        staging/src/k8s.io/apiserver/pkg/authentication/serviceaccount/util.go.
        """
        match self.kind:
            case "ServiceAccount":
                return (self.namespace, self.name) == (namespace, account)
            case "User":
                return self.name == f"system:serviceaccount:{namespace}:{account}"
            case "Group":
                accounts = "system:serviceaccounts"
                return self.name in {
                    accounts,
                    f"{accounts}:{namespace}",
                    "system:authenticated",
                }
            case _:
                return False


@dataclass(frozen=True, slots=True)
class Binding(View):
    """A RoleBinding or a ClusterRoleBinding, as its ``kind`` says."""

    role_kind: str
    role_name: str
    subjects: tuple[Subject, ...]

    @classmethod
    def parse(cls, resource: Resource) -> Self | None:
        """Return the binding."""
        role = mapping(resource.get("roleRef"))
        return cls(
            identity(resource),
            role_kind=text(role.get("kind")),
            role_name=text(role.get("name")),
            subjects=tuple(_subjects(resource.get("subjects"))),
        )


def _subjects(value: Any) -> Iterable[Subject]:  # noqa: ANN401 - manifests are untyped
    return (
        Subject(text(s.get("kind")), text(s.get("namespace")), text(s.get("name")))
        for s in mappings(value)
    )
