"""The conditions of an MPIJob's status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mpiaudit.inventory.view import mappings, text, timestamp


@dataclass(frozen=True, slots=True)
class Condition:
    """One entry of ``status.conditions`` that is True."""

    type: str
    reason: str
    message: str
    since: datetime | None


def conditions(status: Mapping[str, Any]) -> list[Condition]:
    """Return the conditions of a status that are True, in their order."""
    return [
        Condition(
            type=text(entry.get("type")),
            reason=text(entry.get("reason")),
            message=text(entry.get("message")),
            since=timestamp(entry.get("lastTransitionTime")),
        )
        for entry in mappings(status.get("conditions"))
        if entry.get("status") == "True"
    ]


def resumed(status: Mapping[str, Any]) -> datetime | None:
    """Return when the condition Suspended turned False; None where it did not."""
    for entry in mappings(status.get("conditions")):
        if entry.get("type") == "Suspended" and entry.get("status") == "False":
            return timestamp(entry.get("lastTransitionTime"))
    return None
