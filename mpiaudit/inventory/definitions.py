"""Which of several definitions of MPIJob is in force."""

from __future__ import annotations

from collections.abc import Iterable

from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.model import Gap

NAMED = 3
"""Files that a gap names; the others are counted."""


def in_force(crds: tuple[Crd, ...]) -> Crd | None:
    """Return the installed definition, or the only one; None where that is not one."""
    installed = [c for c in crds if c.installed] or crds
    return installed[0] if len(installed) == 1 else None


def unclear(crds: tuple[Crd, ...]) -> Gap:
    """Return why none of several definitions is known to be the one in force."""
    places = sorted({c.ref.source for c in crds})
    more = f" and {len(places) - NAMED} more" if len(places) > NAMED else ""
    named = ", ".join(places[:NAMED])
    return Gap(f"{len(crds)} definitions of the CRD were given: {named}{more}", unreadable=False)


def one_each(crds: Iterable[Crd], controllers: Iterable[Controller]) -> bool:
    """Return whether *crds* are of one release for each product, and so meant for one cluster.

    Several of one product are alternatives: a cluster gets one of them.
    """
    controllers = tuple(controllers)
    releases = {(owner(crd, controllers), crd.origin or crd.ref.source) for crd in crds}
    products = {product for product, _ in releases}
    return None not in products and len(products) == len(releases)


def owner(crd: Crd, controllers: Iterable[Controller]) -> str | None:
    """Return the product that ships *crd*, or else the only one here that reads it, or None."""
    if crd.origin:
        return crd.origin.product
    readers = {c.product for c in controllers if c.reads in crd.served}
    return readers.pop() if len(readers) == 1 else None
