"""Which rules run, and which findings are moved aside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mpiaudit.model import AuditError
from mpiaudit.report import Report
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
        named = {r.id for r in rules if _names(selector.strip(), r)}
        if not named:
            raise AuditError(f"no rule is named {selector!r}; `mpiaudit rules` lists them")
        taken |= named
    return tuple(r for r in rules if r.id in taken)


def ignore(report: Report, rules: Iterable[Rule]) -> Report:
    """Return *report* with the findings of *rules* moved aside: kept, and not graded."""
    ids = {r.id for r in rules}
    return replace(
        report,
        findings=tuple(f for f in report.findings if f.rule.id not in ids),
        suppressed=tuple(f for f in report.findings if f.rule.id in ids),
    )


def _names(selector: str, rule: Rule) -> bool:
    word = selector.lower()
    return bool(word) and (rule.id.lower().startswith(word) or word in {rule.slug, rule.topic})
