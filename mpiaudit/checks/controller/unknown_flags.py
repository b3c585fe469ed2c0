"""Flags that a controller's program does not know: what MPA023 and MPA024 share."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mpiaudit.checks.controller import grounds, repairs
from mpiaudit.facts.flags import Flag, flags
from mpiaudit.facts.releases import newer_than_known
from mpiaudit.inventory.controller import Controller
from mpiaudit.rule import Confidence, Fix, Hit, Severity

_NAME = re.compile(r"[\w.-]+")

_HELP = frozenset({"h", "help"})
"""Legal everywhere: Go's flag package prints the usage and exits with code 0."""


def unknown_flags(controller: Controller) -> Iterator[Hit]:
    """Yield a hit for each flag that the release of *controller* does not have.

    Without a release: only the flags that no release has.
    """
    if controller.flags is None:
        return
    anyone = flags(controller.product, None)
    release = controller.release
    legal = flags(controller.product, release, controller.reads or None) if release else anyone
    newer = newer_than_known(controller.product, controller.release)
    names = [
        name
        for name in controller.flags.values
        if name not in legal.keys() | _HELP
        and _NAME.fullmatch(name)
        and (name in anyone or not newer)
    ]
    fix = repairs.drop_flags(controller, *names)
    for name in names:
        yield _hit(controller, name, anyone.get(name), fix)


def _hit(controller: Controller, name: str, known: Flag | None, fix: Fix | None) -> Hit:
    sure = grounds.sureness(controller)
    if newer_than_known(controller.product, controller.release):
        sure = min(sure, Confidence.LIKELY)
    return Hit(
        controller.at_flag(name),
        f"{controller.title} has no flag --{name}; {_reach(controller, known)}",
        also=(controller.in_container("image"),),
        effect=f'exits with code 2 at start: "flag provided but not defined: -{name}"',
        fix=fix,
        severity=grounds.softened(controller, Severity.CRITICAL),
        confidence=sure,
    )


def _reach(controller: Controller, known: Flag | None) -> str:
    """Return the words that say which releases have the flag."""
    if known is None:
        return "no release has it"
    release = controller.release
    if release and known.until and not known.present(release) and release > known.until:
        return f"{known.until} was the last with it"
    if release and release < known.since:
        return f"{known.since} was the first with it"
    return f"only its program for {' and '.join(known.reads)} has it"
