"""What a namespace allows its pods: ResourceQuotas and LimitRanges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from mpiaudit.inventory.view import View, identity, mapping, mappings
from mpiaudit.model import Resource
from mpiaudit.policy.limit_range import Limit
from mpiaudit.policy.quota import Quota


@dataclass(frozen=True, slots=True)
class ResourceQuota(View):
    """A ResourceQuota."""

    quota: Quota

    @classmethod
    def parse(cls, resource: Resource) -> Self | None:
        """Return the quota."""
        spec, status = mapping(resource.get("spec")), mapping(resource.get("status"))
        return cls(identity(resource), Quota.parse(spec, status))


@dataclass(frozen=True, slots=True)
class LimitRange(View):
    """A LimitRange."""

    limits: tuple[Limit, ...]

    @classmethod
    def parse(cls, resource: Resource) -> Self | None:
        """Return the limit range."""
        entries = enumerate(mappings(resource.get("spec", "limits")))
        return cls(identity(resource), tuple(Limit.parse(i, entry) for i, entry in entries))
