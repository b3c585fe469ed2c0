"""Move findings aside that somebody chose to live with, and say what became of each such choice."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from mpiaudit.inventory.suppression import Lines, Matching, Suppression
from mpiaudit.model import Location, Reference
from mpiaudit.report import Finding
from mpiaudit.rule import Rule, Severity

Place = Callable[[Iterable[Location]], Mapping[Location, Location]]
"""Looks up lines."""


def _nowhere(locations: Iterable[Location]) -> Mapping[Location, Location]:
    return {location: location for location in locations}


@dataclass(frozen=True, slots=True)
class Regrade:
    """A severity that somebody gave to rules, and why."""

    rules: frozenset[str]
    severity: Severity
    reason: str
    at: Location


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user decided beforehand."""

    ignored: frozenset[str] = frozenset()
    """Ids of rules whose findings are moved aside."""

    suppressions: tuple[Suppression, ...] = ()
    """Those that stand in the settings; the others are in the inventory."""

    regrades: tuple[Regrade, ...] = ()
    """The first that names a rule counts."""

    today: date = date.min
    """On which suppressions may have expired."""

    place: Place = field(default=_nowhere)


@dataclass(frozen=True, slots=True)
class Parted:
    """Findings on both sides, and what became of the suppressions."""

    kept: tuple[Finding, ...]
    aside: tuple[Finding, ...]
    suppressions: tuple[Suppression, ...]


def regraded(findings: Iterable[Finding], regrades: Iterable[Regrade]) -> Iterator[Finding]:
    """Yield *findings*, with the severity that the user gives to their rules."""
    given: dict[str, Severity] = {}
    for regrade in regrades:
        for rule in regrade.rules:
            given.setdefault(rule, regrade.severity)
    for finding in findings:
        severity = given.get(finding.rule.id, finding.severity)
        if severity is finding.severity:
            yield finding
        else:
            yield replace(finding, hit=replace(finding.hit, severity=severity))


def notes(findings: Iterable[Finding], regrades: Iterable[Regrade]) -> Iterator[str]:
    """Yield a line for each of *regrades* that changed the severity of one of *findings*."""
    changed = {f.rule.id for f in findings}
    for regrade in regrades:
        if ids := sorted(changed & regrade.rules):
            severity = regrade.severity.word
            yield f"{', '.join(ids)} {severity} here: {regrade.reason} ({regrade.at})"
            changed -= regrade.rules


def part(
    findings: Iterable[Finding],
    suppressions: Iterable[Suppression],
    choices: Choices,
    rules: Collection[Rule],
) -> Parted:
    """Return *findings*, those moved aside that *choices* or *suppressions* name.

    A cause takes its symptoms along: none of them is more severe. A symptom that is named goes
    alone.

    *rules* are all that there are.
    """
    checked = [_checked(s, choices.today, rules) for s in suppressions]
    active = [(s, _ids(s.rules, rules)) for s in checked if not s.fault and not s.expired]
    causes = _on_lines(findings, (s for s, _ in active), choices.place)
    aside: list[Finding] = []

    def left(finding: Finding) -> bool:
        rule, at = finding.rule.id, finding.hit.at
        by = next((s for s, ids in active if rule in ids and s.scope.covers(at)), None)
        if by is None and rule not in choices.ignored:
            return True
        aside.append(replace(finding, suppression=by))
        return False

    kept = [replace(c, explains=tuple(filter(left, c.explains))) for c in causes if left(c)]
    return Parted(tuple(kept), tuple(aside), tuple(checked))


def settled(
    parted: Parted, judged: frozenset[str], objects: Iterable[Reference], rules: Collection[Rule]
) -> Iterator[Suppression]:
    """Yield each suppression with what of it is unused.

    *judged* are the ids of rules that were judged, *objects* what was audited, *rules* all rules.
    """
    everything = [f for cause in (*parted.kept, *parted.aside) for f in cause.family]
    places = {Location(o) for o in objects} | {f.hit.at for f in everything}
    for each in parted.suppressions:
        used = {f.rule.id for f in everything if each.scope.covers(f.hit.at)}
        unused = tuple(
            word
            for word in each.rules
            if (ids := _ids((word,), rules)) <= judged and ids.isdisjoint(used)
        )
        away = isinstance(each.scope, Matching) and not any(map(each.scope.covers, places))
        idle = each.fault or each.expired
        yield each if idle else replace(each, unused=unused, absent=away)


def _checked(suppression: Suppression, today: date, rules: Collection[Rule]) -> Suppression:
    """Return it with its fault, if a word names no rule, and whether it has expired."""
    stray = next((w for w in suppression.rules if not _ids((w,), rules)), None)
    if stray is not None and not suppression.fault:
        fault = f"no rule is named {stray!r}; `mpiaudit rules` lists them"
        return replace(suppression, fault=fault)
    return replace(suppression, expired=bool(suppression.until and suppression.until < today))


def _ids(words: Iterable[str], rules: Iterable[Rule]) -> frozenset[str]:
    return frozenset(r.id for r in rules for word in words if r.named(word))


def _on_lines(
    findings: Iterable[Finding], suppressions: Iterable[Suppression], place: Place
) -> list[Finding]:
    """Return *findings*, with lines where a comment may be about them."""
    sources = {s.scope.source for s in suppressions if isinstance(s.scope, Lines)}
    causes = list(findings)
    found = [f.hit.at for cause in causes for f in cause.family]
    at = {location for location in found if location.object.source in sources}
    places = place(at) if at else {}
    return [cause.placed(places) for cause in causes] if places else causes
