"""What a rule is, and what its check yields."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mpiaudit.inventory.inventory import JUDGEABLE
from mpiaudit.model import Location

Check = Callable[..., Iterator["Hit"]]
"""Takes inventory fields by parameter name and yields what is wrong."""


class Severity(enum.IntEnum):
    """How much a fault costs, by its effect on jobs."""

    LOW = 1
    """Untidy."""
    MEDIUM = 2
    """Fails on an upgrade, or for some jobs."""
    HIGH = 3
    """A job cannot run."""
    CRITICAL = 4
    """Jobs are lost, or all stop."""

    @property
    def word(self) -> str:
        """The lower-case name, as options and JSON spell it."""
        return self.name.lower()


class Confidence(enum.IntEnum):
    """How sure we are, whatever the fault costs."""

    POSSIBLE = 1
    """A hint worth a look."""
    LIKELY = 2
    """Rests on a name, a default, or on files that may not be applied together."""
    CERTAIN = 3
    """Follows from what was read."""

    @property
    def word(self) -> str:
        """The lower-case name, as options and JSON spell it."""
        return self.name.lower()


class Disposition(enum.Enum):
    """What pasting a fix does to what is running."""

    SAFE = "safe"
    INTERRUPTS = "interrupts running jobs"
    DESTROYS = "destroys data"


@dataclass(frozen=True, slots=True)
class Fix:
    """Something to paste."""

    summary: str
    """What it does and what else it touches: ``restarts training-operator``."""

    text: str
    """Shell commands, or the lines of a manifest, ready to paste."""

    disposition: Disposition = Disposition.SAFE


@dataclass(frozen=True, slots=True)
class Hit:
    """One fault at one place. It knows no rule."""

    at: Location
    message: str
    """Holds the values that prove it; no full stop."""

    also: tuple[Location, ...] = ()
    """Other places that take part in the fault or prove it."""

    effect: str = ""
    """What happens, where it is more than the rule's title says."""

    fix: Fix | None = None
    severity: Severity | None = None
    """Instead of the rule's own, where this case costs more or less."""

    confidence: Confidence | None = None
    """Instead of the rule's own, where this case is surer or less sure."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One fault we know how to detect."""

    id: str
    slug: str
    topic: str
    """The folder that holds it: ``crd``, ``controller``, ``conflict``, ``job``, ..."""

    severity: Severity
    confidence: Confidence
    title: str
    doc: str
    """Why it matters, how it is detected, when it is wrong, and the upstream source."""

    remedy: str
    needs: tuple[str, ...]
    """Inventory fields without which the rule cannot be judged."""

    uses: tuple[str, ...]
    """Inventory fields that only sharpen it; empty where they could not be read."""

    symptom_of: frozenset[str]
    """Ids of rules whose finding explains this one's, so that one cause is one finding."""

    by_sort: bool
    """Whether jobs are at fault each by itself, and only for what is equal in all jobs of one sort,
    as `mpiaudit.inventory.alike.Alike` sorts them; the finding is about the job. Pods only
    take findings away, and beside them such a rule looks at nothing that belongs to one job."""

    check: Check

    def named(self, selector: str) -> bool:
        """Return whether *selector* is its id, the beginning of it, its slug or its topic."""
        word = selector.strip().lower()
        return bool(word) and (self.id.lower().startswith(word) or word in {self.slug, self.topic})


def rule(  # noqa: PLR0913 - they are named
    id: str,  # noqa: A002 - it is what everybody calls it
    severity: Severity,
    *,
    remedy: str,
    confidence: Confidence = Confidence.CERTAIN,
    symptom_of: tuple[str, ...] = (),
    by_sort: bool = False,
) -> Callable[[Check], Rule]:
    """Make a `Rule` of a check.

    The title is the first line of the docstring, the slug the function's name, the topic the
    folder of its module, the needs its parameters: one with a default only sharpens the rule.

    Raises:
        TypeError: The check asks for something that the inventory does not have.
    """

    def make(check: Check) -> Rule:
        parameters = inspect.signature(check).parameters
        if unknown := sorted(parameters.keys() - JUDGEABLE):
            raise TypeError(f"{id}: not in the inventory: {unknown}")
        title, _, body = inspect.cleandoc(check.__doc__ or "").partition("\n")
        return Rule(
            id=id,
            slug=check.__name__.replace("_", "-"),
            topic=check.__module__.split(".")[-2],
            severity=severity,
            confidence=confidence,
            title=title.rstrip("."),
            doc=body.strip(),
            remedy=remedy,
            needs=tuple(n for n, p in parameters.items() if p.default is p.empty),
            uses=tuple(n for n, p in parameters.items() if p.default is not p.empty),
            symptom_of=frozenset(symptom_of),
            by_sort=by_sort,
            check=check,
        )

    return make
