"""Reports as text. Each module here is a format, and has ``render(report, look) -> str``.

Names that begin with ``_`` are no formats.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass

from mpiaudit.report import Finding, Report
from mpiaudit.rule import Confidence


@dataclass(frozen=True, slots=True)
class Look:
    """How a report meets the eye. Formats for programs pay no heed to it."""

    width: int = 80
    """Columns to wrap at; what is meant to be pasted is never wrapped."""

    colour: bool = False
    pedantic: bool = False
    """Whether findings that are only POSSIBLE are shown."""

    suppressed: bool = False
    """Whether suppressed findings are shown, and not merely counted."""

    def shows(self, finding: Finding) -> bool:
        """Return whether *finding* is shown, and not merely counted."""
        return self.pedantic or finding.confidence is not Confidence.POSSIBLE


PLAIN = Look()


def aside(finding: Finding) -> str:
    """Return ``suppressed``, with the reason where one was given."""
    return f"suppressed ({finding.suppression})" if finding.suppression else "suppressed"


def unsuppressed(report: Report) -> str:
    """Return ``C (64) without 3 suppressions``, to stand beside the grade; empty without any."""
    number = len(report.suppressed)
    return f"{report.grade_unsuppressed} without {count(number, 'suppression')}" if number else ""


def count(number: int, noun: str) -> str:
    """Return ``1 finding`` or ``2 findings``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def formats() -> list[str]:
    """Return the names of all formats, importing none."""
    names = (m.name for m in pkgutil.iter_modules(__path__))
    return sorted(name for name in names if not name.startswith("_"))


def render(report: Report, name: str, look: Look = PLAIN) -> str:
    """Return *report* in one of `formats`."""
    text: str = importlib.import_module(f"{__name__}.{name}").render(report, look)
    return text
