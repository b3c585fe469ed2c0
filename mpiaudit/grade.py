"""The grade: the worst fault sets the letter, breadth sets the number."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from mpiaudit.rule import Confidence, Severity

BANDS = {
    Severity.LOW: (90, 99),
    Severity.MEDIUM: (75, 89),
    Severity.HIGH: (50, 74),
    Severity.CRITICAL: (0, 49),
}
"""The lowest and highest score where this is the worst severity."""

WEIGHTS = {
    Severity.LOW: 0.02,
    Severity.MEDIUM: 0.05,
    Severity.HIGH: 0.12,
    Severity.CRITICAL: 0.20,
}
"""What one rule that hits one object takes off, as a part of its band; half where LIKELY."""

LETTERS = ((90, "A"), (75, "B"), (60, "C"), (50, "D"), (0, "F"))


@dataclass(frozen=True, slots=True, order=True)
class Grade:
    """A score from 0 to 100 and its letter. A greater one is better."""

    score: int

    @property
    def letter(self) -> str:
        """``A`` from 90, ``B`` from 75, ``C`` from 60, ``D`` from 50, else ``F``."""
        return next(letter for least, letter in LETTERS if self.score >= least)

    def __str__(self) -> str:
        """Return ``B (88)``."""
        return f"{self.letter} ({self.score})"


@dataclass(frozen=True, slots=True)
class Mark:
    """What the grade sees of a finding."""

    rule: str
    object: str
    severity: Severity
    confidence: Confidence


def grade(marks: Iterable[Mark]) -> Grade:
    """Return the grade of *marks*.

    A mark never raises it. What is only POSSIBLE never counts.
    """
    counted = {m for m in marks if m.confidence is not Confidence.POSSIBLE}
    if not counted:
        return Grade(100)
    low, high = BANDS[max(m.severity for m in counted)]
    groups: dict[tuple[str, Severity, Confidence], int] = {}
    for mark in counted:
        key = (mark.rule, mark.severity, mark.confidence)
        groups[key] = groups.get(key, 0) + 1
    kept = math.prod(
        (1 - WEIGHTS[severity] * (0.5 if confidence is Confidence.LIKELY else 1))
        ** (1 + math.log10(objects))
        for (_, severity, confidence), objects in sorted(groups.items())
    )
    return Grade(math.floor(low + (high - low) * kept))
