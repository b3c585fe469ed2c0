"""Whether the API server knows PodGroups, which gang scheduling is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from mpiaudit.inventory.view import View, identity, text
from mpiaudit.model import Resource

VOLCANO = "scheduling.volcano.sh"
SCHEDULER_PLUGINS = "scheduling.x-k8s.io"

DEFINITIONS = tuple(f"podgroups.{group}" for group in (VOLCANO, SCHEDULER_PLUGINS))
"""The names of the CRDs."""


@dataclass(frozen=True, slots=True)
class PodGroupKind(View):
    """A definition of PodGroup, or a PodGroup, which proves that there is one."""

    group: str
    """The API group: ``scheduling.volcano.sh`` or ``scheduling.x-k8s.io``."""

    @classmethod
    def defined(cls, resource: Resource) -> Self | None:
        """Return the definition, or None for another CRD."""
        if resource.get("metadata", "name") not in DEFINITIONS:
            return None
        group = text(resource.get("metadata", "name")).partition(".")[2]
        return cls(identity(resource), group=group)

    @classmethod
    def used(cls, resource: Resource) -> Self | None:
        """Return what a PodGroup tells, or None where it is only a manifest."""
        if not resource.get("metadata", "uid"):
            return None
        return cls(identity(resource), group=resource.api_version.rpartition("/")[0])
