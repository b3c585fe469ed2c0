"""What an audit found, what it judged, and what it could not."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mpiaudit.grade import Grade, Mark, grade
from mpiaudit.inventory.suppression import Suppression
from mpiaudit.model import Gap, Location, Reference
from mpiaudit.rule import Confidence, Hit, Rule, Severity
from mpiaudit.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule and what it hit."""

    rule: Rule
    hit: Hit
    explains: tuple[Finding, ...] = ()
    """Findings of other rules that are symptoms of this one; none of them is listed again."""

    new: bool | None = None
    """Whether the baseline lacks it; None where none was given."""

    suppression: Suppression | None = None
    """Why it was moved aside; None where it was not, or an option did it."""

    @property
    def severity(self) -> Severity:
        """The hit's own severity, or the rule's."""
        return self.hit.severity or self.rule.severity

    @property
    def confidence(self) -> Confidence:
        """The hit's own confidence, or the rule's."""
        return self.hit.confidence or self.rule.confidence

    def counts(self, limit: Severity) -> bool:
        """Return whether it is at least as severe as *limit*, and more than POSSIBLE."""
        return self.severity >= limit and self.confidence is not Confidence.POSSIBLE

    @property
    def family(self) -> tuple[Finding, ...]:
        """It, and what it explains."""
        return (self, *self.explains)

    def placed(self, places: Mapping[Location, Location]) -> Finding:
        """Return it and its symptoms with lines and columns, from *places*."""
        hit = replace(
            self.hit,
            at=places.get(self.hit.at, self.hit.at),
            also=tuple(places.get(p, p) for p in self.hit.also),
        )
        explains = tuple(f.placed(places) for f in self.explains)
        why = self.suppression
        why = why and replace(why, at=places.get(why.at, why.at))
        return replace(self, hit=hit, explains=explains, suppression=why)

    @property
    def fingerprint(self) -> str:
        """16 hex digits of the rule, the object and the field; the same live and from files."""
        ref = self.hit.at.object
        identity = (self.rule.id, ref.kind, ref.namespace, ref.name, self.hit.at.dotted)
        return hashlib.sha256("\0".join(identity).encode()).hexdigest()[:16]

    @property
    def objects(self) -> set[Reference]:
        """What it is about, and what takes part in it."""
        return {self.hit.at.object, *(place.object for place in self.hit.also)}

    @property
    def sort_key(self) -> tuple[object, ...]:
        """Worst first, then surest, then by rule and place."""
        at = self.hit.at
        place = (*at.object.sort_key, at.dotted, self.hit.message)
        return (-self.severity, -self.confidence, self.rule.id, *place)

    @property
    def mark(self) -> Mark:
        """What the grade sees of it."""
        return Mark(self.rule.id, str(self.hit.at.object), self.severity, self.confidence)


@dataclass(frozen=True, slots=True)
class Skip:
    """A rule that was not judged. Never to be read as passed."""

    rule: Rule
    gap: Gap


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was read."""

    source: str
    """What was audited, in the user's words: the context's name, or the paths."""

    live: bool
    server: str = ""
    """The API server's version; empty for files."""

    inputs: int = 0
    """Files, or API lists, that were read."""

    documents: int = 0
    """Objects that were looked at."""

    relevant: int = 0
    """Objects of MPIJob: definitions, controllers and jobs."""

    faults: tuple[str, ...] = ()
    """Inputs that could not be read, one line each."""

    notes: tuple[str, ...] = ()
    """What was read in spite of something odd, one line each."""

    settings: str = ""
    """The file whose settings held; empty without one."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """How many findings a baseline knows, symptoms counted too."""

    known: int
    new: int
    gone: int
    """Entries of the baseline that would have been found if they were there."""

    unjudged: int
    """Entries that were not found, and that this audit could not have found."""

    def __str__(self) -> str:
        """Return ``3 known by the baseline, 1 new``, and what became of the rest of it."""
        said = f"{self.known} known by the baseline, {self.new} new"
        if self.gone:
            said += f"; {self.gone} fixed or no longer in the input (write it again)"
        return f"{said}; {self.unjudged} not judged" if self.unjudged else said


@dataclass(frozen=True, slots=True)
class Report:
    """One audit, findings sorted worst first."""

    findings: tuple[Finding, ...]
    skips: tuple[Skip, ...]
    passed: tuple[Rule, ...]
    coverage: Coverage
    verdict: Verdict
    suppressed: tuple[Finding, ...] = ()
    """Findings that the user chose to live with: counted apart, and never dropped."""

    gaps: Mapping[str, Gap] = field(default_factory=dict)
    """The inventory's gaps, by its field: ``{"pods": Gap(...)}``."""

    baseline: Baseline | None = None
    """What a baseline says of the findings; None where none was given. It moves no grade."""

    @property
    def complete(self) -> bool:
        """Whether all that was asked for could be read and judged."""
        gaps = (*self.gaps.values(), *(s.gap for s in self.skips))
        return not self.coverage.faults and not any(g.unreadable for g in gaps)

    @property
    def empty(self) -> bool:
        """Whether there is surely nothing to audit: no definition, no controller and no job.

        What could not be read may hold some.
        """
        return self.coverage.relevant == 0 and self.complete

    def fails(self, limit: Severity) -> bool:
        """Return whether a finding at least as severe as *limit* is none that a baseline knows.

        A symptom counts where the finding that explains it does: a known fault may hit a new job.
        What is only POSSIBLE never counts.
        """
        causes = (f for f in self.findings if f.counts(limit))
        every = (f for cause in causes for f in cause.family)
        return any(f.new is not False and f.counts(limit) for f in every)

    @property
    def grade(self) -> Grade | None:
        """The grade, an upper bound unless `complete`; None where nothing could be judged."""
        judged = self.suppressed or any(r.needs != ("suppressions",) for r in self.passed)
        if not self.findings and (self.coverage.relevant == 0 or not judged):
            return None
        return grade(f.mark for f in self.findings)

    @property
    def grade_unsuppressed(self) -> Grade | None:
        """The grade if nothing had been moved aside."""
        if self.grade is None:
            return None
        return grade(f.mark for f in (*self.findings, *self.suppressed))

    @property
    def decisive(self) -> Finding | None:
        """The finding that sets the grade; None where none counts."""
        counted = (f for f in self.findings if f.confidence is not Confidence.POSSIBLE)
        return next(counted, None)

    @property
    def grade_without_decisive(self) -> Grade | None:
        """The grade if the rule that sets it had found nothing."""
        if (worst := self.decisive) is None:
            return self.grade
        return grade(f.mark for f in self.findings if f.rule.id != worst.rule.id)

    def locations(self) -> frozenset[Location]:
        """Return every place that a rendering of the report may print."""
        causes = (*self.findings, *self.suppressed)
        found = [each for f in causes for each in f.family]
        places = {p for f in found for p in (f.hit.at, *f.hit.also)}
        places |= {f.suppression.at for f in self.suppressed if f.suppression}
        return frozenset(p for p in places if not p.line)

    def placed(self, places: Mapping[Location, Location]) -> Report:
        """Return it with lines and columns, from *places*."""
        return replace(
            self,
            findings=tuple(f.placed(places) for f in self.findings),
            suppressed=tuple(f.placed(places) for f in self.suppressed),
        )
