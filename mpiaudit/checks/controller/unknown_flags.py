"""Flags that a controller's program does not know: what MPA023 and MPA024 share."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.version import Version

from mpiaudit.checks.controller import grounds, repairs
from mpiaudit.facts.flags import Flag, flags
from mpiaudit.facts.releases import MPI_OPERATOR, newer_than_known, releases
from mpiaudit.inventory.controller import Controller
from mpiaudit.rule import Confidence, Fix, Hit, Severity

_NAME = re.compile(r"[\w.-]+")

_HELP = frozenset({"h", "help"})
"""Legal everywhere: Go's flag package prints the usage and exits with code 0."""


def unknown_flags(controller: Controller) -> Iterator[Hit]:
    """Yield a hit for each flag that the release of *controller* does not have.

    Behind a floating tag of mpi-operator that is the newest; else, without a release, only the
    flags that no release has.
    """
    if controller.flags is None:
        return
    anyone = flags(controller.product, None)
    release, reads = controller.release, controller.reads or None
    if release is None and _newest(controller):
        release, reads = releases(MPI_OPERATOR)[-1].version, None
    legal = flags(controller.product, release, reads) if release else anyone
    newer = newer_than_known(controller.product, controller.release)
    names = [
        name
        for name in controller.flags.values
        if name not in legal.keys() | _HELP
        and _NAME.fullmatch(name)
        and (name in anyone or not newer)
    ]
    another = _newest(controller) and any(name in anyone for name in names)
    fix = None if another else repairs.drop_flags(controller, *names)
    for name in names:
        yield _hit(controller, name, release, anyone.get(name), fix)


def _newest(controller: Controller) -> bool:
    """Return whether the image is taken for the newest mpi-operator, as MPA022 does.

    A command that names an old program keeps that one from starting, whatever its flags are.
    """
    if controller.product != MPI_OPERATOR or not controller.upstream or not controller.argv:
        return False
    moves = grounds.floating(controller) and not grounds.base(controller)
    return moves and bool(releases(MPI_OPERATOR)[-1].read_by(controller.argv[0]))


def _hit(
    controller: Controller, name: str, release: Version | None, known: Flag | None, fix: Fix | None
) -> Hit:
    sure = grounds.sureness(controller)
    tag = f":{controller.image.tag or 'latest'}" if _newest(controller) else ""
    runs = tag and known and controller.ready
    if newer_than_known(controller.product, controller.release):
        sure = min(sure, Confidence.LIKELY)
    return Hit(
        controller.at_flag(name),
        f"{controller.title}{tag} has no flag --{name}; {_reach(release, known)}",
        also=(controller.in_container("image"),),
        effect=f'exits with code 2 at start: "flag provided but not defined: -{name}"',
        fix=fix,
        severity=grounds.softened(controller, Severity.MEDIUM if runs else Severity.CRITICAL),
        confidence=sure,
    )


def _reach(release: Version | None, known: Flag | None) -> str:
    """Return the words that say which releases have the flag."""
    if known is None:
        return "no release has it"
    if release and known.until and not known.present(release) and release > known.until:
        return f"{known.until} was the last with it"
    if release and release < known.since:
        return f"{known.since} was the first with it"
    return f"only its program for {' and '.join(known.reads)} has it"
