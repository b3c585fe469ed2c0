"""How sure a finding is, by what it was read from, and how its proof is put in words."""

from __future__ import annotations

from collections.abc import Sequence

from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.view import View
from mpiaudit.rule import Confidence


def surety(*views: View) -> Confidence | None:
    """Return LIKELY where *views* leave a doubt, else None: the rule's own confidence.

    Manifests may never be applied together, and a controller of unknown release is taken to
    read what every known release does.
    """
    for view in views:
        if not view.identity.exported:
            return Confidence.LIKELY
        if isinstance(view, Controller) and view.release is None:
            return Confidence.LIKELY
    return None


def listing(words: Sequence[str], nothing: str = "nothing") -> str:
    """Return ``a, b and c``; *nothing* where there are no words."""
    if not words:
        return nothing
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def spell(seconds: float) -> str:
    """Return a length of time as people say it: ``24 s``, ``41 min``, ``3 h``, ``5 days``."""
    for limit, unit, size in ((120, "s", 1), (7200, "min", 60), (172_800, "h", 3600)):
        if seconds < limit:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86_400:.0f} days"
