"""One cause, one finding: put each symptom inside the finding that explains it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mpiaudit.model import Reference
from mpiaudit.report import Finding
from mpiaudit.rule import Confidence


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
    return not cause.objects.isdisjoint(symptom.objects)
