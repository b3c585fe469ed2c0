"""What a namespace lets pods say to each other: NetworkPolicies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from mpiaudit.inventory.view import View, identity
from mpiaudit.model import Resource
from mpiaudit.policy import network_spec
from mpiaudit.policy.network_rule import Policy
from mpiaudit.policy.selector import RefusedError


@dataclass(frozen=True, slots=True)
class NetworkPolicy(View):
    """A NetworkPolicy."""

    policy: Policy | None
    """None for a manifest that the API server would refuse, such as an unrendered template."""

    @classmethod
    def parse(cls, resource: Resource) -> Self | None:
        """Return the policy."""
        who = identity(resource)
        try:
            policy = network_spec.policy(who.namespace, who.name, resource.get("spec"))
        except RefusedError:
            policy = None
        return cls(who, policy)
