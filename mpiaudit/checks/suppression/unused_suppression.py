"""MPA903."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.inventory.suppression import Matching, Suppression
from mpiaudit.rule import Confidence, Hit, Severity, rule


@rule("MPA903", Severity.LOW, remedy="Delete the id; the whole suppression where none remains.")
def unused_suppression(suppressions: tuple[Suppression, ...]) -> Iterator[Hit]:
    """A suppression names a rule that finds nothing there.

    What it put aside has been mended, or it stands in the wrong place; the next fault of this
    kind would be put aside unseen.

    Detected where the rule was judged, and none of its findings is in the suppression's place: on
    its line, in its object, or among what its patterns name. A finding on another line than the
    comment's counts as well: the report says its line.

    Wrong when: it stands in the settings and is about files that were not given (likely; only
    possible where nothing that was given is named by it).

    Source: this program's own convention.
    """
    for suppression in suppressions:
        if suppression.unused:
            rules = ", ".join(suppression.unused)
            nothing = "nothing that it names was audited" if suppression.absent else ""
            yield Hit(
                suppression.at,
                nothing or f"{rules} found nothing here",
                confidence=_confidence(suppression),
            )


def _confidence(suppression: Suppression) -> Confidence:
    if suppression.absent:
        return Confidence.POSSIBLE
    in_settings = isinstance(suppression.scope, Matching)
    return Confidence.LIKELY if in_settings else Confidence.CERTAIN
