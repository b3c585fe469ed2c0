"""Which rules run."""

from __future__ import annotations

from collections.abc import Iterable

from mpiaudit.model import AuditError
from mpiaudit.rule import Rule


def chosen(rules: Iterable[Rule], selectors: Iterable[str]) -> tuple[Rule, ...]:
    """Return the rules that any of *selectors* names.

    A selector is an id, the beginning of one (``MPA06``), a slug or a topic, in any case.

    Raises:
        AuditError: A selector names no rule, so that a misspelt one never hides anything.
    """
    rules = tuple(rules)
    taken: set[str] = set()
    for selector in selectors:
        named = {r.id for r in rules if r.named(selector)}
        if not named:
            raise AuditError(f"no rule is named {selector!r}; `mpiaudit rules` lists them")
        taken |= named
    return tuple(r for r in rules if r.id in taken)
