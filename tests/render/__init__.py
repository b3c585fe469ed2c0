"""Tests of the formats, and the reports that they are shown."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mpiaudit import engine
from mpiaudit.cli import _audit
from mpiaudit.model import FieldPath, Gap, Location, Reference
from mpiaudit.report import Coverage, Finding, Report, Skip
from mpiaudit.rule import Confidence, Hit, Rule, Severity
from mpiaudit.verdict import Verdict

SAMPLES = Path(__file__).parent.parent.parent / "reports"

NASTY = "a,b;\"c\" 'd' <e> & %25 | `f`\r\n::error::\x1b[31m\x00 {0} [g](1) é 🙂"
"""What a name may hold."""

BROKEN = f"{NASTY} \ud800"
"""What a message or the name of a file may hold: half a character."""


def rule(name: str = "MPA900", severity: Severity = Severity.HIGH) -> Rule:
    """Return a rule that is nobody's."""
    return Rule(
        id=name,
        slug="odd-thing",
        topic="job",
        severity=severity,
        confidence=Confidence.CERTAIN,
        title="A thing is odd",
        doc="It is ``odd``.\n\nSource: none.",
        remedy="Make it even.",
        needs=(),
        uses=(),
        symptom_of=frozenset(),
        by_sort=False,
        check=_never,
    )


def at(
    name: str = "pi",
    source: str = "jobs/pi.yaml",
    path: FieldPath = ("spec",),
    line: int = 3,
    column: int = 5,
) -> Location:
    """Return a place in an MPIJob of the namespace ``ml``."""
    ref = Reference("MPIJob", "ml", name, "kubeflow.org/v2beta1", source)
    return Location(ref, path, line, column)


def live(name: str = "pi", context: str = "prod/eu") -> Location:
    """Return a place in an MPIJob of a cluster."""
    return at(name, f"cluster:{context}", line=0, column=0)


def found(
    place: Location | None = None,
    message: str = "slots are odd",
    severity: Severity = Severity.HIGH,
    name: str = "MPA900",
) -> Finding:
    """Return a finding of `rule`."""
    return Finding(rule(name, severity), Hit(place or at(), message))


def possible(finding: Finding) -> Finding:
    """Return *finding* as a mere hint."""
    return replace(finding, hit=replace(finding.hit, confidence=Confidence.POSSIBLE))


def report(
    *findings: Finding, faults: tuple[str, ...] = (), skips: tuple[Skip, ...] = ()
) -> Report:
    """Return a report on one file with *findings* and no others."""
    return Report(
        findings=findings,
        skips=skips,
        passed=(rule("MPA901"),),
        coverage=Coverage("jobs", live=False, inputs=1, documents=1, relevant=1, faults=faults),
        verdict=Verdict((), (), ()),
    )


def skip(reason: str = "may not list pods", *, unreadable: bool = True) -> Skip:
    """Return a rule that was not judged."""
    return Skip(rule("MPA902"), Gap(reason, unreadable=unreadable))


def sample(name: str, *rules: str) -> Report:
    """Return the report on a sample cluster by *rules*, by all without any."""
    judged = [r for r in engine.load_rules() if not rules or r.id in rules]
    with contextlib.chdir(SAMPLES.parent):
        folder = Path(SAMPLES.name, name)
        manifests = folder / "manifests"
        given = manifests if manifests.is_dir() else folder / "cluster.yaml"
        return _audit.files([str(given)], judged)


def _never() -> Iterator[Hit]:
    yield from ()
