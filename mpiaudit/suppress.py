"""Move findings aside that somebody chose to live with, and say what became of each such choice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from mpiaudit.inventory.suppression import Lines, Matching, Suppression, Whole
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

    settings: str = ""
    """The file that holds the last two; empty without one."""

    today: date = date.min
    """On which suppressions may have expired."""

    place: Place = field(default=_nowhere)


@dataclass(frozen=True, slots=True)
class Parted:
    """Findings on both sides, and what became of the suppressions."""

    kept: tuple[Finding, ...]
    aside: tuple[Finding, ...]
    suppressions: tuple[Suppression, ...] = ()
    found: tuple[frozenset[str], ...] = ()
    """For each suppression the ids of all rules that found something in its scope."""


class _Index:
    """Suppressions that hold, by number, and where they do."""

    def __init__(self, suppressions: Iterable[Suppression]) -> None:
        self._places: dict[object, list[int]] = defaultdict(list)
        self._matching: list[tuple[int, Matching]] = []
        for number, suppression in enumerate(suppressions):
            match suppression.scope:
                case _ if suppression.fault or suppression.expired:
                    continue
                case Lines(source, lines):
                    for line in lines:
                        self._places[source, line].append(number)
                case Whole(reference):
                    self._places[reference].append(number)
                case Matching() as scope:
                    self._matching.append((number, scope))

    def over(self, at: Location) -> Iterator[int]:
        """Yield the number of each suppression in whose scope *at* is."""
        yield from self._places.get(at.object, ())
        yield from self._places.get((at.object.source, at.line), ())
        yield from (number for number, scope in self._matching if scope.covers(at))


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
    names = _Names(rules)
    checked = tuple(_checked(s, choices.today, names) for s in suppressions)
    index = _Index(checked)
    causes = _on_lines(findings, checked, choices.place)
    found: list[set[str]] = [set() for _ in checked]
    for each in (f for cause in causes for f in cause.family):
        for number in index.over(each.hit.at):
            found[number].add(each.rule.id)
    aside: list[Finding] = []

    def left(finding: Finding) -> bool:
        rule = finding.rule.id
        over = (checked[number] for number in index.over(finding.hit.at))
        by = next((s for s in over if any(rule in names.ids(w) for w in s.rules)), None)
        if by is None and rule not in choices.ignored:
            return True
        aside.append(replace(finding, suppression=by))
        return False

    kept = [replace(c, explains=tuple(filter(left, c.explains))) for c in causes if left(c)]
    return Parted(tuple(kept), tuple(aside), checked, tuple(map(frozenset, found)))


def settled(
    parted: Parted, judged: frozenset[str], objects: Iterable[Reference], rules: Collection[Rule]
) -> Iterator[Suppression]:
    """Yield each suppression with what of it is unused.

    *judged* are the ids of rules that were judged, *objects* what was audited, *rules* all rules.
    """
    names = _Names(rules)
    places = [Location(reference) for reference in objects]
    for each, found in zip(parted.suppressions, parted.found, strict=True):
        if each.fault or each.expired:
            yield each
            continue
        ids = {word: names.ids(word) for word in each.rules}
        unused = tuple(w for w, i in ids.items() if i <= judged and i.isdisjoint(found))
        scope = each.scope
        away = isinstance(scope, Matching) and not found and not any(map(scope.covers, places))
        yield replace(each, unused=unused, absent=away)


class _Names:
    """What words mean, each looked up once."""

    def __init__(self, rules: Collection[Rule]) -> None:
        self._rules = rules
        self._known: dict[str, frozenset[str]] = {}
        self.ours = frozenset(r.id for r in rules if r.topic == "suppression")

    def ids(self, word: str) -> frozenset[str]:
        """Return the ids of the rules that *word* names."""
        if word not in self._known:
            self._known[word] = frozenset(r.id for r in self._rules if r.named(word))
        return self._known[word]


def _checked(suppression: Suppression, today: date, names: _Names) -> Suppression:
    """Return it with its fault, if a word names no rule, and whether it has expired."""
    faults = (fault for word in suppression.rules if (fault := _fault(word, names)))
    fault = suppression.fault or next(faults, "")
    expired = not fault and bool(suppression.until and suppression.until < today)
    return replace(suppression, fault=fault, expired=expired)


def _fault(word: str, names: _Names) -> str:
    """Return what is wrong with *word* as the name of rules."""
    ids = names.ids(word)
    if not ids:
        return f"no rule is named {word!r}; `mpiaudit rules` lists them"
    if "MPA".startswith(word.upper()):
        return f"{word} names every rule; name some"
    return f"{word} is put aside by --ignore only" if ids <= names.ours else ""


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
