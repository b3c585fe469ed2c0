"""Commands that change single fields of an MPIJob in the cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mpiaudit.checks import fixes
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.model import FieldPath
from mpiaudit.rule import Fix

Operation = Mapping[str, object]
"""One step of a JSON patch (RFC 6902)."""


def command(job: Job, operations: Sequence[Operation], crd: Crd | None = None) -> str:
    """Return the ``kubectl patch`` that does *operations* in this order, or none of them."""
    return fixes.patch_job(job, crd, "json", operations)


def rename(job: Job, key: str, meant: str, crd: Crd | None) -> Fix:
    """Return the patch that gives a replica its right type; of a manifest, the line to write."""
    if not job.identity.exported:
        return Fix("takes the spelling that counts", f"spec:\n  mpiReplicaSpecs:\n    {meant}:")
    place = job.in_replica(key).path
    return Fix(
        f"the pods of {meant} are made at once",
        command(job, [move(place, (*place[:-1], meant))], crd),
    )


def pointer(path: FieldPath) -> str:
    """Return *path* as a JSON pointer (RFC 6901)."""
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return "".join(f"/{step}" for step in steps)


def move(source: FieldPath, target: FieldPath) -> Operation:
    """Return the step that moves a field."""
    return {"op": "move", "from": pointer(source), "path": pointer(target)}


def add(path: FieldPath, value: object) -> Operation:
    """Return the step that sets a field, whether or not it is there; its parent must be."""
    return {"op": "add", "path": pointer(path), "value": value}


def replace(path: FieldPath, old: str, new: str) -> tuple[Operation, Operation]:
    """Return the steps that change *old* to *new*; the patch is refused where it is not *old*."""
    where = pointer(path)
    return (
        {"op": "test", "path": where, "value": old},
        {"op": "replace", "path": where, "value": new},
    )
