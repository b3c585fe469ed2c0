"""For a scraper, the textfile collector or a Pushgateway: the text format 0.0.4 of Prometheus.

All four severities are always there, so that no findings reads as 0 and never as unknown. No series
is about one object, so that there are few. The score is absent where there is no grade.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from mpiaudit import __version__
from mpiaudit.render import Look
from mpiaudit.report import Finding, Report
from mpiaudit.rule import Severity

Sample = tuple[dict[str, str], int]


def render(report: Report, look: Look) -> str:
    """Return gauges without timestamps; a family that has no sample is absent."""
    parts = (*_found(report, look), *_judged(report))
    return "".join(line for family in parts for line in _family(*family))


def _found(report: Report, look: Look) -> Iterator[tuple[str, str, Iterable[Sample]]]:
    shown = [f for f in report.findings if look.shows(f)]
    symptoms = [s for f in report.findings for s in f.explains if look.shows(s)]
    total = Counter(f.severity for f in shown)
    by_severity = [({"severity": s.word}, total[s]) for s in reversed(Severity)]
    every = sum(1 + len(f.explains) for f in report.findings)
    hidden = every - len(shown) - len(symptoms)
    yield "findings", "Findings by rule; symptoms of another one are not among them.", _count(shown)
    yield "findings_by_severity", "Findings by severity, all rules together.", by_severity
    yield "symptoms", "Findings that another finding explains.", _count(symptoms)
    yield (
        "hidden_findings",
        "Findings that may be nothing; --pedantic has them counted.",
        _one(hidden),
    )
    yield (
        "suppressed_findings",
        "Findings that were chosen to be ignored.",
        _one(len(report.suppressed)),
    )


def _judged(report: Report) -> Iterator[tuple[str, str, Iterable[Sample]]]:
    unreadable = sum(s.gap.unreadable for s in report.skips)
    skips = [
        ({"reason": "not_given"}, len(report.skips) - unreadable),
        ({"reason": "unreadable"}, unreadable),
    ]
    passed = len(report.passed) if report.coverage.relevant else 0
    yield (
        "rules_passed",
        "Rules that found nothing; 0 where there was nothing to audit.",
        _one(passed),
    )
    yield "rules_not_judged", "Rules that were not judged, which is not to say passed.", skips
    yield (
        "relevant_objects",
        "CRDs, controllers and jobs that were audited.",
        _one(report.coverage.relevant),
    )
    yield "unread_inputs", "Inputs that could not be read.", _one(len(report.coverage.faults))
    yield "complete", "1 where all that was asked for could be read.", _one(int(report.complete))
    if report.grade:
        bound = "The grade, 0 to 100; an upper bound unless mpiaudit_complete is 1."
        yield "grade_score", bound, _one(report.grade.score)
    yield "build_info", "The version of mpiaudit.", [({"version": __version__}, 1)]


def _count(findings: Iterable[Finding]) -> list[Sample]:
    keys = Counter((f.rule.id, f.severity.word, f.confidence.word) for f in findings)
    names = ("rule", "severity", "confidence")
    return [(dict(zip(names, key, strict=True)), keys[key]) for key in sorted(keys)]


def _one(value: int) -> list[Sample]:
    return [({}, value)]


def _family(name: str, meaning: str, samples: Iterable[Sample]) -> Iterator[str]:
    """Yield lines; no label holds anything that would have to be escaped."""
    samples = list(samples)
    if not samples:
        return
    yield f"# HELP mpiaudit_{name} {meaning}\n# TYPE mpiaudit_{name} gauge\n"
    for labels, value in samples:
        said = ",".join(f'{key}="{word}"' for key, word in labels.items())
        yield f"mpiaudit_{name}{{{said}}} {value}\n" if said else f"mpiaudit_{name} {value}\n"
