"""MPA902."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.inventory.suppression import Suppression
from mpiaudit.rule import Hit, Severity, rule


@rule("MPA902", Severity.LOW, remedy="Mend what it put aside and delete it, or give a later date.")
def expired_suppression(suppressions: tuple[Suppression, ...]) -> Iterator[Hit]:
    """A suppression has expired, and puts nothing aside.

    Its date is the last day on which it holds. What it put aside is found again.

    Detected by today's date in UTC; for a cluster and its snapshot, by the day on which it was
    read.

    Wrong when: the machine's clock is.

    Source: this program's own convention.
    """
    for suppression in suppressions:
        if suppression.expired:
            rules = ", ".join(suppression.rules)
            yield Hit(suppression.at, f"{rules} until {suppression.until}: {suppression.reason}")
