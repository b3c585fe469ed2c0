"""What every kind's answer has: metadata, and nothing that was not asked for."""

from __future__ import annotations

from typing import Any

import msgspec

Body = dict[str, Any]
"""An object, or a part of one, as JSON has it."""


class Shape(msgspec.Struct, rename="camel", omit_defaults=True, gc=False):
    """Part of an object; a field that is absent or null is None."""


class Writer(Shape):
    """One entry of ``managedFields``, without the fields it manages."""

    manager: str | None = None
    operation: str | None = None
    api_version: str | None = None
    time: str | None = None
    subresource: str | None = None


class Metadata(Shape):
    """Metadata without annotations."""

    name: str | None = None
    namespace: str | None = None
    uid: str | None = None
    generation: int | None = None
    labels: dict[str, str] | None = None
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    owner_references: list[Body] | None = None
    managed_fields: list[Writer] | None = None


class Annotated(Metadata):
    """Metadata with annotations."""

    annotations: dict[str, str] | None = None


class Owned(Annotated):
    """Metadata with annotations, and with the fields that each manager owns."""

    managed_fields: Any = None


class Named(Shape):
    """An object of which only the metadata is asked for."""

    metadata: Annotated


class Whole(Shape):
    """An object whose spec and status are kept as they are."""

    metadata: Annotated
    spec: Any = None
    status: Any = None
