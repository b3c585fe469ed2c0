"""Scalars in a pod template that do not fit Kubernetes' types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mpiaudit.inventory import typed
from mpiaudit.inventory.view import mapping
from mpiaudit.model import FieldPath

_TEXT = {
    "pod": ("serviceAccountName", "schedulerName", "priorityClassName", "hostname", "subdomain"),
    "container": ("name", "image", "imagePullPolicy", "workingDir"),
    "env": ("name", "value"),
    "mount": ("name", "mountPath", "subPath"),
}
_TEXTS = ("command", "args")
_TEXT_MAPS = ("nodeSelector",)
_FLAGS = ("hostNetwork", "hostIPC", "hostPID")

_CONTAINERS = typed.entries(
    typed.part(
        {
            **dict.fromkeys(_TEXT["container"], typed.TEXT),
            **dict.fromkeys(_TEXTS, typed.TEXTS),
            "env": typed.entries(typed.part(dict.fromkeys(_TEXT["env"], typed.TEXT))),
            "volumeMounts": typed.entries(typed.part(dict.fromkeys(_TEXT["mount"], typed.TEXT))),
        }
    )
)
_POD = typed.part(
    {
        **dict.fromkeys(_TEXT["pod"], typed.TEXT),
        **dict.fromkeys(_TEXT_MAPS, typed.TEXTS),
        **dict.fromkeys(_FLAGS, typed.FLAG),
        "containers": _CONTAINERS,
        "initContainers": _CONTAINERS,
    }
)
_TEMPLATE = typed.part(
    {"metadata": typed.part(dict.fromkeys(("labels", "annotations"), typed.TEXTS)), "spec": _POD}
)
"""A template with nothing mistyped."""


@dataclass(frozen=True, slots=True)
class Mistyped:
    """One scalar of the wrong type."""

    path: FieldPath
    value: object
    wanted: str
    """``string``, ``boolean``, ``32-bit integer`` or ``64-bit integer``."""

    accepted: bool = False
    """Whether a CRD that types the field lets it in nevertheless."""


def mistyped(template: Mapping[str, Any]) -> Iterator[Mistyped]:
    """Yield the scalars of a pod template that Go cannot decode into Kubernetes' types.

    Only numbers and booleans where text belongs, and numbers where a boolean belongs: null is
    absent, quantities may be numbers, and other texts may be templates.

    Source: kubernetes/kubernetes v1.34.0 staging/src/k8s.io/api/core/v1/types.go.
    """
    if typed.fits(template, _TEMPLATE):
        return
    metadata = mapping(template.get("metadata"))
    for name in ("labels", "annotations"):
        yield from _values(metadata.get(name), ("metadata", name))
    spec = mapping(template.get("spec"))
    yield from _texts(spec, ("spec",), _TEXT["pod"])
    for name in _TEXT_MAPS:
        yield from _values(spec.get(name), ("spec", name))
    for name in _FLAGS:
        if isinstance(spec.get(name), int | float) and not isinstance(spec[name], bool):
            yield Mistyped(("spec", name), spec[name], "boolean")
    for name in ("containers", "initContainers"):
        for path, container in _entries(spec.get(name), ("spec", name)):
            yield from _container(container, path)


def _container(container: Mapping[str, Any], path: FieldPath) -> Iterator[Mistyped]:
    yield from _texts(container, path, _TEXT["container"])
    for name in _TEXTS:
        yield from _values(container.get(name), (*path, name))
    for where, entry in _entries(container.get("env"), (*path, "env")):
        yield from _texts(entry, where, _TEXT["env"])
    for where, entry in _entries(container.get("volumeMounts"), (*path, "volumeMounts")):
        yield from _texts(entry, where, _TEXT["mount"])


def _entries(value: object, path: FieldPath) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    for index, entry in enumerate(value if isinstance(value, list | tuple) else ()):
        if isinstance(entry, Mapping):
            yield (*path, index), entry


def _texts(body: Mapping[str, Any], path: FieldPath, names: tuple[str, ...]) -> Iterator[Mistyped]:
    yield from _values({name: body[name] for name in names if name in body}, path)


def _values(value: object, path: FieldPath) -> Iterator[Mistyped]:
    """Yield the entries of a list or a mapping of texts that are numbers or booleans."""
    entries: Iterable[tuple[str | int, object]] = ()
    if isinstance(value, Mapping):
        entries = ((str(key), entry) for key, entry in value.items())
    elif isinstance(value, list | tuple):
        entries = enumerate(value)
    for key, entry in entries:
        if isinstance(entry, int | float):
            yield Mistyped((*path, key), entry, "string")
