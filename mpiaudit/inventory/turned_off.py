"""Manifests of controllers that others, patches of them say, take MPIJob away from."""

from __future__ import annotations

from collections.abc import Iterable

from mpiaudit.inventory.controller import Controller


def turned_off(controller: Controller, others: Iterable[Controller]) -> Controller | None:
    """Return the manifest of the same object that has MPIJob off, a patch or another version.

    None where there is none, and for what was read from a cluster: that is what runs.
    """
    if controller.identity.exported:
        return None
    return next((o for o in others if o.mpi_enabled is False and _one_object(o, controller)), None)


def _one_object(one: Controller, other: Controller) -> bool:
    same = (one.ref.kind, one.name) == (other.ref.kind, other.name)
    near = one.namespace == other.namespace or "" in {one.namespace, other.namespace}
    return same and near and not one.identity.exported
