"""Find the rules, run them over an inventory, make a report."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from mpiaudit import checks, verdict
from mpiaudit.facts.releases import newer_than_known
from mpiaudit.inventory.alike import Alike
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.inventory import Inventory
from mpiaudit.inventory.job import Job
from mpiaudit.model import Gap, Reference
from mpiaudit.report import Coverage, Finding, Report, Skip
from mpiaudit.rule import Confidence, Hit, Rule, Severity

log = logging.getLogger(__name__)


def load_rules() -> tuple[Rule, ...]:
    """Return every rule under `mpiaudit.checks`, by id."""
    rules: list[Rule] = []
    for module in pkgutil.walk_packages(checks.__path__, f"{checks.__name__}."):
        members = vars(importlib.import_module(module.name)).values()
        rules += (m for m in members if isinstance(m, Rule))
    return tuple(sorted(rules, key=lambda r: r.id))


def audit(inventory: Inventory, rules: Iterable[Rule], coverage: Coverage) -> Report:
    """Judge *inventory* by every one of *rules*.

    A rule is skipped, never passed, when a field it needs has a gap or when its check raises:
    one bad check must not hide what the others found.
    """
    rules = tuple(rules)
    alike = Alike(inventory.jobs)
    findings: list[Finding] = []
    skips: list[Skip] = []
    passed: list[Rule] = []
    for rule in rules:
        outcome = _judge(inventory, rule, alike)
        if isinstance(outcome, Gap):
            skips.append(Skip(rule, outcome))
        elif outcome:
            findings += (Finding(rule, hit) for hit in outcome)
        else:
            passed.append(rule)
    findings = list(_doubted(findings, inventory.controllers))
    folded = tuple(fold(sorted(findings, key=lambda f: f.sort_key)))
    return Report(
        findings=folded,
        skips=tuple(skips),
        passed=tuple(passed),
        coverage=replace(coverage, relevant=_relevant(inventory)),
        verdict=verdict.of(inventory, _outages(folded, inventory.controllers)),
        gaps=_gaps(inventory, rules),
    )


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
        for at in _objects(finding)
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
    """Return what keeps a controller from working, by the controller: its settings, or a job."""
    known = {controller.ref for controller in controllers}
    return {
        stopped: f"{f.rule.id}, {f.hit.message}"
        for f in findings
        if f.severity is Severity.CRITICAL and f.confidence is Confidence.CERTAIN
        for stopped in _stopped(f) & known
    }


def _stopped(finding: Finding) -> set[Reference]:
    """Return what a critical finding stops, if it is a controller: what it is about, or names."""
    if finding.rule.topic in {"controller", "rbac"}:
        return {finding.hit.at.object}
    return {p.object for p in finding.hit.also} if finding.rule.topic == "job" else set()


def _relevant(inventory: Inventory) -> int:
    return len(inventory.crds) + len(inventory.controllers) + len(inventory.jobs)


def fold(findings: list[Finding]) -> Iterator[Finding]:
    """Yield *findings*, each symptom inside the finding that explains it.

    A symptom is folded only into one at least as severe, of a rule that it names in
    ``symptom_of``, and either about the same object or about the cluster as a whole. What is only
    POSSIBLE, and so hidden and not counted, explains nothing that is surer.

    Raises:
        RuntimeError: Rules name each other as causes, in a circle.
    """
    causes = _Causes(findings)
    symptoms: dict[Finding, list[Finding]] = {}
    roots: list[Finding] = []
    for finding in findings:
        root = causes.root(finding)
        if root is finding:
            roots.append(finding)
        else:
            symptoms.setdefault(root, []).append(finding)
    for finding in roots:
        yield replace(finding, explains=tuple(symptoms.get(finding, ())))


class _Causes:
    """Findings, to be looked up as the cause of another."""

    def __init__(self, findings: list[Finding]) -> None:
        self._first: dict[tuple[str, Reference], Finding] = {}
        """The worst finding of each rule about one object."""
        self._wide: dict[str, list[Finding]] = {}
        """The findings of each rule about the cluster as a whole, worst first."""
        for finding in findings:
            about = finding.hit.at.object
            self._first.setdefault((finding.rule.id, about), finding)
            if about.kind != "MPIJob":
                self._wide.setdefault(finding.rule.id, []).append(finding)

    def root(self, symptom: Finding) -> Finding:
        """Return the finding that explains *symptom* in the end: itself where none does."""
        seen = {symptom.rule.id}
        while cause := self.cause(symptom):
            if cause.rule.id in seen:
                raise RuntimeError(f"{cause.rule.id} and {symptom.rule.id} explain each other")
            seen.add(cause.rule.id)
            symptom = cause
        return symptom

    def cause(self, symptom: Finding) -> Finding | None:
        """Return the finding that explains *symptom*, or None.

        One about the same object comes first, then one about the cluster. One about another
        object of the symptom's own kind, another CRD in the same folder say, explains it only
        where both findings point at a common object.
        """
        about = symptom.hit.at.object
        for rule_id in sorted(symptom.rule.symptom_of):
            same = self._first.get((rule_id, about))
            wide = (f for f in self._wide.get(rule_id, ()) if _related(f, symptom))
            for cause in (same, *wide):
                if cause and _explains(cause, symptom):
                    return cause
        return None


def _explains(cause: Finding, symptom: Finding) -> bool:
    """Return whether nothing is lost where *symptom* is listed under *cause* alone."""
    hint = cause.confidence is Confidence.POSSIBLE
    kept = not hint or symptom.confidence is Confidence.POSSIBLE
    return kept and cause.severity >= symptom.severity


def _related(cause: Finding, symptom: Finding) -> bool:
    if cause.hit.at.object.kind != symptom.hit.at.object.kind:
        return True
    return not _objects(cause).isdisjoint(_objects(symptom))


def _objects(finding: Finding) -> set[Reference]:
    return {finding.hit.at.object, *(place.object for place in finding.hit.also)}
