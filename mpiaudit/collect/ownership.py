"""Who owns which fields of an object, and which of them a manifest would take from another."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mpiaudit.inventory.job import LAST_APPLIED
from mpiaudit.inventory.view import mapping, mappings, text
from mpiaudit.model import FieldPath, Resource

KUBECTL = "kubectl"
"""The field manager of ``kubectl apply --server-side``."""

ATOMIC = frozenset(
    {
        "configMapKeyRef",
        "fieldRef",
        "nodeSelector",
        "resourceFieldRef",
        "roleRef",
        "secretKeyRef",
        "selector",
    }
)
"""Mappings that are owned as a whole: structType=atomic and mapType=atomic in
kubernetes/kubernetes v1.34.4 staging/src/k8s.io/api/{core,apps,rbac}/v1/types.go."""

_DEFAULTS = {"protocol": "TCP"}
"""Keys of list entries that manifests leave out."""


class _Field(NamedTuple):
    """A field that a manager owns, and that is set in two objects."""

    spelling: str
    path: FieldPath
    """Where it stands in the second."""

    value: Any
    other: Any
    """What the second has there."""


class Claim(NamedTuple):
    """The fields that one manager would have to give up."""

    manager: str
    """As kubectl names it."""

    fields: tuple[str, ...]
    path: FieldPath
    """The first of them, in the manifest."""


def is_known(below: Resource) -> bool:
    """Return whether *below* says who owns its fields."""
    entries = mappings(below.get("metadata", "managedFields"))
    return any(entry.get("fieldsV1") for entry in entries)


def claims(above: Resource, below: Resource) -> Iterator[Claim]:
    """Yield what ``kubectl apply --server-side`` of *above* over *below* would conflict with.

    A field conflicts where *above* sets it to another value than *below* has, and a manager owns
    it that is not kubectl's server-side apply; not where *below* has it as it was last applied
    client-side. One value in two spellings (``1000m`` and ``1``) does conflict.

    Source: kubernetes-sigs/structured-merge-diff v6.3.0 merge/update.go and fieldpath/element.go;
    kubernetes/kubernetes v1.34.4 staging/src/k8s.io/apimachinery
    pkg/util/managedfields/internal/{lastappliedmanager,conflict}.go.
    """
    applied = _last_applied(above, below)
    for entry in mappings(below.get("metadata", "managedFields")):
        manager, operation = text(entry.get("manager")), text(entry.get("operation"))
        subresource = text(entry.get("subresource"))
        if (manager, operation, subresource) == (KUBECTL, "Apply", ""):
            continue
        fields = mapping(entry.get("fieldsV1"))
        ours = {f.spelling for f in _shared(fields, below.body, applied) if f.value == f.other}
        taken = [
            f
            for f in _shared(fields, below.body, above.body)
            if f.value != f.other and f.spelling not in ours
        ]
        if taken:
            name = json.dumps(manager)
            if subresource:
                name += f" with subresource {json.dumps(subresource)}"
            if operation == "Update":
                name += f" using {text(entry.get('apiVersion'))}"
            yield Claim(name, tuple(f.spelling for f in taken), taken[0].path)


def _last_applied(above: Resource, below: Resource) -> Mapping[str, Any]:
    """Return what was last applied client-side, in the version of *above*; else nothing."""
    try:
        annotation = below.get("metadata", "annotations", LAST_APPLIED)
        applied = mapping(json.loads(text(annotation)))
    except (ValueError, RecursionError):
        return {}
    return applied if applied.get("apiVersion") == above.api_version else {}


def _shared(
    fields: Mapping[str, Any], one: object, other: object, spelling: str = "", path: FieldPath = ()
) -> Iterator[_Field]:
    """Yield each of *fields*, a fieldsV1, that both *one* and *other* set to something."""
    for key, inner in fields.items():
        kind, _, name = key.partition(":")
        if kind == "f":
            step: str | int = name
            value, wanted = mapping(one).get(name), mapping(other).get(name)
            spelt = f"{spelling}.{name}"
        elif kind == "k":
            keys = mapping(json.loads(name))
            value, _place = _entry(one, keys)
            wanted, step = _entry(other, keys)
            spelt = f"{spelling}[{_spell(keys)}]"
        else:
            continue
        if value is None or wanted is None:
            continue
        if inner:
            yield from _shared(mapping(inner), value, wanted, spelt, (*path, step))
        elif not isinstance(value, Mapping) or name in ATOMIC:
            yield _Field(spelt, (*path, step), value, wanted)


def _entry(entries: object, keys: Mapping[str, Any]) -> tuple[Any, int]:
    """Return the entry of a list that has *keys*, and its index; None where there is none."""
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        found = mapping(entry)
        if all(found.get(key, _DEFAULTS.get(key)) == value for key, value in keys.items()):
            return entry, index
    return None, 0


def _spell(keys: Mapping[str, Any]) -> str:
    return ",".join(f"{key}={json.dumps(keys[key])}" for key in sorted(keys))
