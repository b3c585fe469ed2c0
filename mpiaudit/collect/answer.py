"""What an API server would say to manifests over the objects that it has."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mpiaudit.collect.annotation import LIMIT, annotated, client_side
from mpiaudit.collect.applied import (
    CLUSTER_SCOPED,
    WORKLOADS,
    Key,
    controller_in,
    key_of,
    stands_alone,
    written,
)
from mpiaudit.collect.immutable import breaches
from mpiaudit.collect.ownership import claims, is_known
from mpiaudit.inventory.job import LAST_APPLIED
from mpiaudit.model import FieldPath, Location, Resource
from mpiaudit.reading import Answers, Conflict, Reading, Refusal

OWNED = frozenset(
    {
        "CustomResourceDefinition",
        "Deployment",
        "StatefulSet",
        "MPIJob",
        "ClusterRole",
        "ClusterRoleBinding",
        "Role",
        "RoleBinding",
        "Service",
    }
)
"""Kinds whose conflicts are looked at."""

SHORT = 200
"""Characters of two values up to which both are shown."""

HELD = OWNED | {"Job", "ConfigMap"}
"""Kinds whose refusals are looked at."""


def concerns(above: Resource, below: Resource) -> bool:
    """Return whether it is judged what becomes of *above*; of workloads, of controllers."""
    if above.kind in WORKLOADS:
        return any(controller_in(each) for each in (above, below))
    return above.kind in HELD


def judge(answers: Answers, above: Resource, below: Resource) -> None:
    """Note what would become of *above* over *below*, which is one object."""
    new, old = above.reference, below.reference
    answers.refusals += (
        Refusal(
            Location(new, b.path),
            Location(old, b.path),
            b.field,
            b.reason + _values(above, below, b.path),
        )
        for b in breaches(above, below)
    )
    if above.kind == "CustomResourceDefinition" and client_side(below):
        size = annotated(above, below)
        if size > LIMIT:
            field = ("metadata", "annotations", LAST_APPLIED)
            said = f"{size:,} bytes in the annotations, with its copy; {LIMIT:,} are allowed"
            answers.outsized.append(
                Refusal(
                    Location(new, field[:1]), Location(old, field), "metadata.annotations", said
                )
            )
    if above.kind not in OWNED or (above.kind == "MPIJob" and new.api_version != old.api_version):
        return
    answers.owned.append(is_known(below))
    answers.conflicts += (
        Conflict(
            Location(new, c.path), Location(old, ("metadata", "managedFields")), c.manager, c.fields
        )
        for c in claims(above, below)
    )


def _values(above: Resource, below: Resource, path: FieldPath) -> str:
    """Return what *path*, or the field around it, is and would be.

    Nothing where that is long, or not for everybody: what ConfigMaps hold, and environments.
    """
    if above.kind == "ConfigMap" or "env" in path:
        return ""
    for place in (path[:2], path):
        old, new = (json.dumps(r.get(*place), default=str) for r in (below, above))
        if len(old) + len(new) <= SHORT and '"env"' not in old + new:
            return f"; it is {'not set' if old == 'null' else old} and would be {new}"
    return ""


def beside(resources: Iterator[Resource], reading: Reading) -> Iterator[Resource]:
    """Yield *resources*, and judge the manifests among them over exports that were given too.

    A manifest is one without a uid. One that names no namespace goes where the only object of its
    kind and name is. Jobs and ConfigMaps are not judged, for all exports are kept until the end.
    """
    manifests: list[Resource] = []
    exports: dict[Key, Resource] = {}
    for resource in resources:
        if resource.kind in OWNED:
            if resource.get("metadata", "uid"):
                exports.setdefault(key_of(resource), resource)
            elif stands_alone(resource):
                manifests.append(resource)
        yield resource
    for manifest in manifests if exports else ():
        below = exports.get(key_of(manifest)) or _only(exports, manifest)
        if below is not None and concerns(manifest, below):
            reading.answers = reading.answers or Answers()
            judge(reading.answers, written(manifest, below.reference.namespace), below)


def _only(exports: dict[Key, Resource], manifest: Resource) -> Resource | None:
    """Return the one object that *manifest*, which names no namespace, can be meant for."""
    group, kind, namespace, name = key_of(manifest)
    if namespace or kind in CLUSTER_SCOPED:
        return None
    found = [r for key, r in exports.items() if (key[0], key[1], key[3]) == (group, kind, name)]
    return found[0] if len(found) == 1 else None
