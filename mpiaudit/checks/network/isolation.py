"""How a finding about isolated pods is put in words, and where it points."""

from __future__ import annotations

from collections.abc import Sequence

from mpiaudit.checks.evidence import listing
from mpiaudit.checks.network import reach
from mpiaudit.checks.network.reach import Block, Crew
from mpiaudit.model import Location

POINTED_AT = 8
"""How many policies, and how many jobs, a finding points at."""


def sentence(blocks: Sequence[Block], crews: Sequence[Crew]) -> str:
    """Return which policies isolate whose pods: ``deny-all isolates the workers of pi``."""
    names = _policies(blocks)
    roles = list(dict.fromkeys(f"the {b.role}{'s' * (b.role == 'worker')}" for b in blocks))
    verb = "isolates" if len(names) == 1 else "isolate"
    return f"{reach.some(names)} {verb} {listing(sorted(roles))} of {reach.names(crews)}"


def places(blocks: Sequence[Block], crews: Sequence[Crew]) -> list[Location]:
    """Return where the policies select the pods, and then the jobs."""
    views = crews[0].views
    selectors = [views[name].at("spec", "podSelector") for name in _policies(blocks)[:POINTED_AT]]
    return [*selectors, *(c.job.at("metadata", "name") for c in crews[:POINTED_AT])]


def _policies(blocks: Sequence[Block]) -> list[str]:
    return sorted({name for block in blocks for name in block.policies})
