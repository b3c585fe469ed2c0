"""Find the rules, run them over an inventory, make a report."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mpiaudit import checks, verdict
from mpiaudit.facts.releases import newer_than_known
from mpiaudit.fold import fold
from mpiaudit.inventory.alike import Alike
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.inventory import Inventory
from mpiaudit.inventory.job import Job
from mpiaudit.model import Gap, Reference
from mpiaudit.report import Coverage, Finding, Report, Skip
from mpiaudit.rule import Confidence, Hit, Rule, Severity
from mpiaudit.suppress import Choices, Parted, notes, part, regraded, settled

log = logging.getLogger(__name__)

NONE = Choices()
"""Nothing was decided beforehand."""

SUPPRESSIONS = "suppressions"
"""What is judged last, when it is known what became of each."""


def load_rules() -> tuple[Rule, ...]:
    """Return every rule under `mpiaudit.checks`, by id."""
    rules: list[Rule] = []
    for module in pkgutil.walk_packages(checks.__path__, f"{checks.__name__}."):
        members = vars(importlib.import_module(module.name)).values()
        rules += (m for m in members if isinstance(m, Rule))
    return tuple(sorted(rules, key=lambda r: r.id))


def audit(
    inventory: Inventory, rules: Iterable[Rule], coverage: Coverage, choices: Choices = NONE
) -> Report:
    """Judge *inventory* by every one of *rules*.

    A rule is skipped, never passed, when a field it needs has a gap or when its check raises:
    one bad check must not hide what the others found. What *choices* and the suppressions of the
    inventory move aside is judged as well, and takes along what it explains.
    """
    rules = tuple(rules)
    alike = Alike(inventory.jobs)
    judged = _judged(inventory, [r for r in rules if SUPPRESSIONS not in r.needs], alike)
    findings = [*regraded(_doubted(judged.findings, inventory.controllers), choices.regrades)]
    said = (*coverage.notes, *notes(findings, choices.regrades))
    every = [*fold(_sorted(findings))]
    written = (*inventory.suppressions, *choices.suppressions)
    if written or choices.ignored:
        known = load_rules()
        parted = part(every, written, choices, known)
        fates = tuple(settled(parted, judged.ids, _about(inventory), known))
    else:
        parted, fates = Parted(tuple(every), ()), ()
    about = [r for r in rules if SUPPRESSIONS in r.needs]
    last = _judged(replace(inventory, suppressions=fates), about, alike)
    told = part(regraded(last.findings, choices.regrades), (), choices, ())
    return Report(
        findings=tuple(_sorted((*parted.kept, *told.kept))),
        skips=(*judged.skips, *last.skips),
        passed=(*judged.passed, *last.passed),
        coverage=replace(
            coverage, relevant=_relevant(inventory), notes=said, settings=choices.settings
        ),
        verdict=verdict.of(inventory, _outages(every, inventory.controllers)),
        suppressed=(*parted.aside, *told.aside),
        gaps=_gaps(inventory, rules),
    )


@dataclass(slots=True)
class _Judged:
    """What came of some rules."""

    findings: list[Finding] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    passed: list[Rule] = field(default_factory=list)

    @property
    def ids(self) -> frozenset[str]:
        """The ids of the rules that were judged."""
        return frozenset(r.id for r in (*self.passed, *(f.rule for f in self.findings)))


def _judged(inventory: Inventory, rules: Iterable[Rule], alike: Alike) -> _Judged:
    judged = _Judged()
    for rule in rules:
        outcome = _judge(inventory, rule, alike)
        if isinstance(outcome, Gap):
            judged.skips.append(Skip(rule, outcome))
        elif outcome:
            judged.findings += (Finding(rule, hit) for hit in outcome)
        else:
            judged.passed.append(rule)
    return judged


def _sorted(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda f: f.sort_key)


def _doubted(findings: list[Finding], controllers: Iterable[Controller]) -> Iterator[Finding]:
    """Yield *findings*; what rests on a release newer than all that are known is LIKELY at most.

    Such a controller is judged as the newest known release, which it may differ from.
    """
    unknown = [c for c in controllers if newer_than_known(c.product, c.release)]
    for finding in findings:
        sure = finding.confidence is Confidence.CERTAIN
        if sure and any(_concerns(finding, controller) for controller in unknown):
            yield replace(finding, hit=replace(finding.hit, confidence=Confidence.LIKELY))
        else:
            yield finding


def _concerns(finding: Finding, controller: Controller) -> bool:
    """Return whether *finding* is about *controller*, or about a job that it may run."""
    return any(
        at == controller.ref
        or (
            at.kind == "MPIJob"
            and controller.mpi_enabled is not False
            and controller.reads in {None, at.api_version.rpartition("/")[2]}
            and controller.covers(at.namespace) is not False
        )
        for at in finding.objects
    )


def _gaps(inventory: Inventory, rules: tuple[Rule, ...]) -> dict[str, Gap]:
    """Return the gaps in what *rules* and the verdict look at; the rest was not asked for."""
    wanted = {"crd", "crds", "controllers", "jobs"}
    wanted |= {name for rule in rules for name in (*rule.needs, *rule.uses)}
    return {name: gap for name, gap in inventory.gaps.items() if name in wanted}


def _judge(inventory: Inventory, rule: Rule, alike: Alike) -> tuple[Hit, ...] | Gap:
    """Return what *rule* hits, or why it cannot be judged."""
    missing = [inventory.gaps[n] for n in rule.needs if n in inventory.gaps]
    if missing:
        return max(missing, key=lambda gap: gap.unreadable)
    given = {n: getattr(inventory, n) for n in rule.needs}
    given |= {n: getattr(inventory, n) for n in rule.uses if n not in inventory.gaps}
    try:
        if rule.by_sort and len(alike.firsts) < len(inventory.jobs):
            given["jobs"] = _suspects(rule, given, alike)
        return tuple(dict.fromkeys(rule.check(**given)))
    except Exception as error:
        log.debug("%s failed", rule.id, exc_info=True)
        return Gap(f"the check itself failed ({error!r}); please report it")


def _suspects(rule: Rule, given: Mapping[str, Any], alike: Alike) -> tuple[Job, ...]:
    """Return the jobs that may be at fault: those of a sort whose first job is."""
    named = {name: value for name, value in given.items() if name != "pods"}
    hits = rule.check(**{**named, "jobs": alike.firsts})
    return alike.like({hit.at.object for hit in hits})


def _outages(
    findings: Iterable[Finding], controllers: Iterable[Controller]
) -> dict[Reference, str]:
    """Return what keeps a controller from working, by the controller: its settings, or a job.

    Of several the surest; *findings* are sorted so.
    """
    known = {controller.ref for controller in controllers}
    outages: dict[Reference, str] = {}
    for f in findings:
        if f.severity is Severity.CRITICAL and f.confidence is not Confidence.POSSIBLE:
            doubt = "" if f.confidence is Confidence.CERTAIN else f" ({f.confidence.word})"
            for stopped in _stopped(f) & known:
                outages.setdefault(stopped, f"{f.rule.id}{doubt}, {f.hit.message}")
    return outages


def _stopped(finding: Finding) -> set[Reference]:
    """Return what a critical finding stops, if it is a controller: what it is about, or names."""
    if finding.rule.topic in {"controller", "rbac"}:
        return {finding.hit.at.object}
    return {p.object for p in finding.hit.also} if finding.rule.topic == "job" else set()


def _about(inventory: Inventory) -> list[Reference]:
    """Return what was audited, for its own sake."""
    return [view.ref for view in (*inventory.crds, *inventory.controllers, *inventory.jobs)]


def _relevant(inventory: Inventory) -> int:
    return len(inventory.crds) + len(inventory.controllers) + len(inventory.jobs)
