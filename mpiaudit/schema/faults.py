"""Where an object does not fit its schema, and how the API server would take it."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mpiaudit.model import FieldPath, dig
from mpiaudit.schema.convert import MAP_KEYS, META_SCHEMA, Structural, json_schema

if TYPE_CHECKING:
    import jsonschema_rs

TEXT: Structural = {"type": "string"}
TEXTS: Structural = {"type": "object", "additionalProperties": TEXT}
ANYTHING: Structural = {}

METADATA: Structural = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("name", "generateName", "namespace", "uid", "resourceVersion"), TEXT),
        **dict.fromkeys(("labels", "annotations"), TEXTS),
        "finalizers": {"type": "array", "items": TEXT},
        **dict.fromkeys(("creationTimestamp", "deletionTimestamp", "selfLink"), ANYTHING),
        **dict.fromkeys(("generation", "deletionGracePeriodSeconds"), ANYTHING),
        **dict.fromkeys(("ownerReferences", "managedFields"), ANYTHING),
    },
}
"""What people write in the metadata of any object.

kubernetes/kubernetes v1.34.4 staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go.
"""

ENVELOPE: Mapping[str, Structural] = {
    "apiVersion": ANYTHING, "kind": ANYTHING, "metadata": METADATA, "status": ANYTHING
}  # fmt: skip
"""Top-level fields that no CRD needs to declare; a status is dropped from what is applied."""

QUANTITY = "[KMGTPE]i"
"""A part of the pattern that every quantity has in the CRDs of controller-gen."""


class Flaw(enum.Enum):
    """What is wrong with a field."""

    UNKNOWN = "unknown"
    """Not declared: dropped, or refused where the client asks for strictness, as kubectl does."""

    MISSING = "missing"
    """Required: the object is refused."""

    TYPE = "type"
    """Of another type: the object is refused."""

    VALUE = "value"
    """Of the right type, and not allowed: the object is refused."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One field that does not fit."""

    path: FieldPath
    flaw: Flaw
    value: Any = None
    """What stands there; None where it is missing."""

    wanted: str = ""
    """What would be allowed, in words; empty where the field is unknown or missing."""


class Schema:
    """The schema of one version of a CRD, ready to judge objects by."""

    def __init__(self, structural: Structural) -> None:
        """Make it ready.

        Raises:
            ValueError: No API server would take a CRD with this schema.
        """
        import jsonschema_rs

        jsonschema_rs.Draft202012Validator(META_SCHEMA).validate(structural)
        self.structural = structural
        fields = {**(structural.get("properties") or {}), **ENVELOPE}
        self._validator = jsonschema_rs.Draft202012Validator(
            json_schema({**structural, "properties": fields}), keywords={MAP_KEYS: _Distinct}
        )

    def faults(self, body: Mapping[str, Any]) -> Iterator[Fault]:
        """Yield every fault of *body*, one for a field, and of an unknown one none inside it."""
        if self._validator.is_valid(body):
            return
        seen: set[FieldPath] = set()
        for error in self._validator.iter_errors(body):
            for fault in _faults(error):
                if fault.path not in seen:
                    seen.add(fault.path)
                    yield fault


def _faults(error: jsonschema_rs.ValidationError) -> Iterator[Fault]:
    path: FieldPath = tuple(error.instance_path)
    value: Any = error.instance
    match error.kind.as_dict():
        case {"unexpected": [*names]}:
            yield from (Fault((*path, name), Flaw.UNKNOWN, value[name]) for name in names)
        case {"property": name}:
            yield Fault((*path, name), Flaw.MISSING)
        case {"types": _} if value is None and not isinstance(path[-1], int):
            yield Fault(path, Flaw.MISSING)
        case {"types": [*types]}:
            yield Fault(path, Flaw.TYPE, value, " or ".join(t for t in types if t != "null"))
        case {"keyword": _, "message": index}:
            yield Fault((*path, int(index)), Flaw.VALUE, value[int(index)], "no entry twice")
        case {"options": [*options]}:
            allowed = ", ".join(str(o) for o in options if o is not None)
            yield Fault(path, Flaw.VALUE, value, f"one of {allowed}")
        case {"pattern": pattern}:
            wanted = "a quantity" if QUANTITY in pattern else f"what matches {pattern}"
            yield Fault(path, Flaw.VALUE, value, wanted)
        case _:
            yield Fault(path, Flaw.VALUE, value, error.message)


class _Distinct:
    """The keyword ``x-kubernetes-list-map-keys``: no two entries share these keys."""

    def __init__(self, _schema: object, defaults: Mapping[str, Any], _path: object) -> None:
        self._defaults = defaults

    def validate(self, entries: object) -> None:
        """Check a list.

        Raises:
            ValueError: With the index of the first entry that is there twice.
        """
        seen = set()
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            given = ((dig(entry, key), default) for key, default in self._defaults.items())
            key = tuple(str(default if value is None else value) for value, default in given)
            if key in seen:
                raise ValueError(str(index))
            seen.add(key)
