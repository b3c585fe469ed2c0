"""MPA901."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.inventory.suppression import Suppression
from mpiaudit.rule import Hit, Severity, rule


@rule("MPA901", Severity.LOW, remedy="Write it as shown, or delete it.")
def malformed_suppression(suppressions: tuple[Suppression, ...]) -> Iterator[Hit]:
    """A suppression is not written as it must be, and puts nothing aside.

    A suppression names rules and gives a reason: in a comment
    ``# mpiaudit: ignore[MPA080] REASON until 2027-01-31``, in an annotation
    ``mpiaudit/ignore: MPA080 REASON until 2027-01-31``, or as a table ``suppress`` of the
    settings. Without a reason nobody can tell later whether it still holds.

    Detected where the form is wrong, the reason is missing, a word names no rule, or what follows
    ``until`` begins with a digit and is no date.

    Wrong when: the text is meant for somebody else; nothing else begins with ``mpiaudit:``.

    Source: this program's own convention.
    """
    for suppression in suppressions:
        if suppression.fault:
            yield Hit(suppression.at, suppression.fault)
