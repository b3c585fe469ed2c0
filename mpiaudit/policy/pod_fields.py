"""A pod as Pod Security reads it: its containers, and what their security contexts set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mpiaudit.model import FieldPath, dig

Pod = Mapping[str, Any]
"""A pod, or a pod template: ``metadata`` and ``spec``, untyped."""

CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


@dataclass(frozen=True, slots=True)
class Breach:
    """One field by which a pod violates a control."""

    control: str
    """As the API server names it when it refuses the pod: ``host namespaces``."""

    path: FieldPath
    """Of the field, from the pod on: ``("spec", "hostNetwork")``. It may be absent."""

    value: Any
    """What stands there; None where the control asks for a field that is absent."""


def containers(pod: Pod) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    """Yield each container of *pod*, of every kind, with its path."""
    for kind in CONTAINERS:
        for index, body in elements(pod, "spec", kind):
            yield ("spec", kind, index), body


def elements(body: Pod, *path: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the mappings in the list at *path*, each with its index."""
    found = dig(body, *path)
    for index, element in enumerate(found if isinstance(found, list | tuple) else ()):
        if isinstance(element, Mapping):
            yield index, element


def words(body: Pod, *path: str) -> Iterator[tuple[int, str]]:
    """Yield the strings in the list at *path*, each with its index."""
    found = dig(body, *path)
    for index, element in enumerate(found if isinstance(found, list | tuple) else ()):
        if isinstance(element, str):
            yield index, element


def settings(pod: Pod, *field: str) -> Iterator[tuple[FieldPath, Any]]:
    """Yield *field* of every security context that sets it: of the pod, and of containers."""
    for path, value in (pod_setting(pod, *field), *container_settings(pod, *field)):
        if value is not None:
            yield path, value


def pod_setting(pod: Pod, *field: str) -> tuple[FieldPath, Any]:
    """Return the path of *field* in the pod's security context, and its value or None."""
    path = ("spec", "securityContext", *field)
    return path, dig(pod, *path)


def container_settings(pod: Pod, *field: str) -> Iterator[tuple[FieldPath, Any]]:
    """Yield the path of *field* in each container's security context, and its value or None."""
    for path, body in containers(pod):
        yield (*path, "securityContext", *field), dig(body, "securityContext", *field)


def windows(pod: Pod) -> bool:
    """Return whether *pod* says that it is for Windows."""
    return bool(dig(pod, "spec", "os", "name") == "windows")
