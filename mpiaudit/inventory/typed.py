"""Whether an untyped value is of the types that are expected, without looking at it in Python.

A type here is for msgspec, which is many times as fast as a walk through the value. It takes no
value that is wrong, and may refuse one that is right: then there is a walk.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import GenericAlias
from typing import Annotated, Any

import msgspec

Type = Any
"""A type that is made when the program starts, so that mypy knows nothing of it."""

TEXT: Type = str | None
TEXTS: Type = list[str | None] | dict[str, str | None] | None
FLAG: Type = bool | str | None


def whole(bits: int) -> Type:
    """Return the type of integers of *bits* bits, one of them for the sign."""
    reach = 2 ** (bits - 1)
    return Annotated[int, msgspec.Meta(ge=-reach, le=reach - 1)] | str | None


def part(fields: Mapping[str, Type]) -> Type:
    """Return the type of mappings with *fields*, none of them required, and any others."""
    return msgspec.defstruct("Part", [(name, kind, None) for name, kind in fields.items()]) | None


def entries(kind: Type) -> Type:
    """Return the type of lists and of mappings of *kind*."""
    return GenericAlias(list, (kind,)) | GenericAlias(dict, (str, kind)) | None


def fits(value: object, kind: Type) -> bool:
    """Return whether *value* is surely of *kind*."""
    try:
        msgspec.convert(value, kind)
    except (msgspec.ValidationError, TypeError, ValueError, RecursionError):
        return False
    return True
