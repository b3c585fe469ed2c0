"""From the structural schema of a CRD to JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

KEPT = frozenset(
    {"enum", "pattern", "minimum", "maximum", "multipleOf", "minLength", "maxLength"}
    | {"minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"}
)
"""Keywords that mean the same in both."""

BOUNDS = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}
"""Flags in OpenAPI 3.0, which are bounds themselves in JSON Schema."""

PRESERVES = "x-kubernetes-preserve-unknown-fields"
INT_OR_STRING = "x-kubernetes-int-or-string"
EMBEDDED = "x-kubernetes-embedded-resource"
MAP_KEYS = "x-kubernetes-list-map-keys"

Structural = Mapping[str, Any]

_SELF = {"$ref": "#"}
_TEXTS = {"type": "array", "items": {"type": "string"}}
_NUMBER = {"type": "number"}
_FLAG = {"type": "boolean"}
_COUNT = {"type": "integer", "minimum": 0}

META_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "type": {"enum": ["", "array", "boolean", "integer", "number", "object", "string"]},
        "properties": {"type": "object", "additionalProperties": _SELF},
        "additionalProperties": {"anyOf": [_FLAG, _SELF]},
        "items": _SELF,
        "required": _TEXTS,
        "enum": {"type": "array"},
        "pattern": {"type": "string"},
        "multipleOf": {"type": "number", "exclusiveMinimum": 0},
        **dict.fromkeys(("minimum", "maximum"), _NUMBER),
        **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _COUNT),
        **dict.fromkeys(("minProperties", "maxProperties"), _COUNT),
        **dict.fromkeys(("nullable", "uniqueItems", PRESERVES), _FLAG),
        **dict.fromkeys((*BOUNDS, INT_OR_STRING, EMBEDDED), _FLAG),
        MAP_KEYS: _TEXTS,
    },
}
"""What a structural schema is made of, as far as `json_schema` reads it.

kubernetes/kubernetes v1.34.4
staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1/types_jsonschema.go.
"""


def json_schema(structural: Structural) -> dict[str, Any]:
    """Return the JSON Schema that finds what the API server refuses, prunes or warns of.

    A field that is not declared is a fault unless the schema preserves it; null is no value for
    a field, and no fault unless the field is required. Not carried over: CEL rules, formats, and
    ``anyOf``, ``oneOf``, ``allOf`` and ``not``, so that what only they forbid is not found.

    Sources: kubernetes/kubernetes v1.34.4
    staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/structural.go,
    pruning/algorithm.go and defaulting/prune.go in the same folder, and
    pkg/apis/apiextensions/types_jsonschema.go.
    """
    converted: dict[str, Any] = {k: structural[k] for k in KEPT & structural.keys()}
    for flag, bound in BOUNDS.items():
        if structural.get(flag) and bound in converted:
            converted[flag] = converted.pop(bound)
    if structural.get(INT_OR_STRING):
        converted["type"] = ["integer", "string"]
    elif kind := structural.get("type"):
        converted["type"] = [kind]
    if structural.get("type") == "object":
        converted |= _object(structural)
    if items := structural.get("items"):
        converted["items"] = json_schema(items)
        if keys := structural.get(MAP_KEYS):
            fields: Structural = items.get("properties") or {}
            converted[MAP_KEYS] = {key: fields.get(key, {}).get("default") for key in keys}
    return _with_null(converted) if structural.get("nullable") else converted


def _object(structural: Structural) -> dict[str, Any]:
    fields: Structural = structural.get("properties") or {}
    required = {n for n in structural.get("required") or () if "default" not in fields.get(n, {})}
    converted: dict[str, Any] = {
        "properties": {
            name: json_schema(field) if name in required else _with_null(json_schema(field))
            for name, field in fields.items()
        },
        "required": sorted(required),
    }
    others = structural.get("additionalProperties")
    if isinstance(others, Mapping):
        converted["additionalProperties"] = _with_null(json_schema(others))
    elif not (others or structural.get(PRESERVES) or structural.get(EMBEDDED)):
        converted["additionalProperties"] = False
    return converted


def _with_null(schema: dict[str, Any]) -> dict[str, Any]:
    allowed = {name: [*schema[name], None] for name in ("enum",) if name in schema}
    if "type" in schema:
        allowed["type"] = [*schema["type"], "null"]
    return {**schema, **allowed}
