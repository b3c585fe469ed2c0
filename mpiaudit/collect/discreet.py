"""An object without what an audit does not read: what may be handed to somebody else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.job import LAST_APPLIED
from mpiaudit.model import Resource, dig

_ANNOTATED = frozenset({"CustomResourceDefinition", "MPIJob"})
"""Kinds whose annotations are read. Those of others may spell the whole object: a Secret too."""


def reduced(resource: Resource) -> dict[str, Any]:
    """Return the body without annotations that are not read, and without environment values.

    Only a controller keeps the values of its container's environment, which its arguments may
    use. Of a Deployment or StatefulSet that runs no controller the metadata and the status remain.
    """
    body = dict(resource.body)
    metadata = body.get("metadata")
    if resource.kind not in _ANNOTATED and isinstance(metadata, Mapping):
        body["metadata"] = {k: v for k, v in metadata.items() if k != "annotations"}
    match resource.kind:
        case "Deployment" | "StatefulSet":
            controller = Controller.parse(resource)
            if controller is None:
                body.pop("spec", None)
            else:
                body["spec"] = _silent(body["spec"], controller.container)
        case "MPIJob":
            body = _silent(body)
            _shorten_applied(body)
    return body


def _silent(value: Any, spared: int | None = None) -> Any:  # noqa: ANN401 - manifests are untyped
    """Return *value* with each environment value empty, save in the container of index *spared*."""
    match value:
        case Mapping():
            return {key: _entry(key, inner, spared) for key, inner in value.items()}
        case list():
            return [_silent(inner, spared) for inner in value]
        case _:
            return value


def _entry(key: str, value: Any, spared: int | None) -> Any:  # noqa: ANN401 - as above
    if key == "containers" and spared is not None and isinstance(value, list):
        return [c if i == spared else _silent(c) for i, c in enumerate(value)]
    if key == "env" and isinstance(value, list):
        return [_emptied(entry) for entry in value]
    return _silent(value, spared)


def _emptied(entry: Any) -> Any:  # noqa: ANN401 - as above
    """Return one variable without its text; a number stays, for a wrong type is a fault."""
    return entry | {"value": ""} if isinstance(dig(entry, "value"), str) else entry


def _shorten_applied(body: dict[str, Any]) -> None:
    """Empty the environment values of the last-applied configuration, in place."""
    annotations = dig(body, "metadata", "annotations")
    if not isinstance(annotations, dict) or LAST_APPLIED not in annotations:
        return
    try:
        applied = json.dumps(_silent(json.loads(annotations[LAST_APPLIED])))
    except (TypeError, ValueError, RecursionError):
        applied = ""
    annotations[LAST_APPLIED] = applied
