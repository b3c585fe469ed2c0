"""Which of several definitions of MPIJob is in force."""

from __future__ import annotations

from mpiaudit.inventory.crd import Crd
from mpiaudit.model import Gap

NAMED = 3
"""Files that a gap names; the others are counted."""


def in_force(crds: tuple[Crd, ...]) -> Crd | None:
    """Return the installed definition, or the only one; None where that is not one."""
    installed = [c for c in crds if c.installed] or crds
    return installed[0] if len(installed) == 1 else None


def unclear(crds: tuple[Crd, ...]) -> Gap:
    """Return why none of several definitions is known to be the one in force."""
    places = sorted({c.ref.source for c in crds})
    more = f" and {len(places) - NAMED} more" if len(places) > NAMED else ""
    named = ", ".join(places[:NAMED])
    return Gap(f"{len(crds)} definitions of the CRD were given: {named}{more}", unreadable=False)
