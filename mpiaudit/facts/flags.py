"""The command-line flags of each controller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any

from packaging.version import Version

from mpiaudit.facts.tables import table


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag, and the releases that have it."""

    name: str
    """Without dashes; Go minds its case."""

    type: str
    """``bool``, ``int`` or ``string``. A repeatable flag is a string."""

    default: str
    """As it would be typed. Of the release asked for, else of the newest that has the flag."""

    since: Version
    """The first release that has it."""

    until: Version | None
    """The last release that has it; None where the newest known release still does.
    ``1.7`` means every patch of 1.7."""

    reads: tuple[str, ...]
    """The MPIJob versions whose program has it, where an image holds several programs."""

    source: str

    def present(self, release: Version) -> bool:
        """Return whether *release* has it; a release candidate counts as its release."""
        base = Version(release.base_version)
        if base < self.since:
            return False
        return not self.until or base.release[: len(self.until.release)] <= self.until.release


@cache
def flags(product: str, release: Version | None, reads: str | None = None) -> Mapping[str, Flag]:
    """Return the flags that are legal for *release* of *product*, by name.

    Without a release: every flag that any release had. *reads* is the MPIJob version that the
    program reconciles: the images of mpi-operator 0.2.3 and 0.3.0 hold several programs, with
    different flags; without it, the flags of them all.
    """
    found: dict[str, Flag] = {}
    for row in table("flags")["flag"]:
        flag = _flag(row, release)
        if row["product"] != product or (reads and flag.reads and reads not in flag.reads):
            continue
        if release and not flag.present(release):
            continue
        other = found.get(flag.name)
        found[flag.name] = _joined(other, flag) if other else flag
    return MappingProxyType(found)


def _flag(row: Mapping[str, Any], release: Version | None) -> Flag:
    return Flag(
        name=row["name"],
        type=row["type"],
        default=_default(row["default"], release),
        since=Version(row["since"]),
        until=Version(row["until"]) if "until" in row else None,
        reads=tuple(row.get("reads", ())),
        source=row["source"],
    )


def _default(default: str | list[tuple[str, str]], release: Version | None) -> str:
    """Return the default of *release*; a list holds ``[since, default]``, oldest first."""
    if isinstance(default, str):
        return default
    reached = [
        value
        for since, value in default
        if release is None or Version(since) <= Version(release.base_version)
    ]
    return reached[-1] if reached else ""


def _joined(one: Flag, other: Flag) -> Flag:
    """Return the flag with the reach of both: two programs had it in different releases."""
    until = max(one.until, other.until) if one.until and other.until else None
    return replace(
        other, since=min(one.since, other.since), until=until, reads=(*one.reads, *other.reads)
    )
