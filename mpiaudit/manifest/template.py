"""Unrendered Helm, Go and Jinja templates, told from manifests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MESSAGE = (
    "an unrendered template, not a manifest; render it first: helm template ... | mpiaudit scan -"
)

_ACTION = re.compile(rb"^[ \t]*(?:- +)?(?:\{\{|\{%)|:[ \t]+(?:\{\{|\{%)", re.MULTILINE)
_KIND = re.compile(rb"^kind:[ \t]*([A-Za-z]\w*)[ \t\r]*$", re.MULTILINE)
_BLOCKS = ("kind", "apiVersion", "metadata", "spec")


def breaks(text: bytes, line: int) -> bool:
    """Return whether a template action is what makes *text* unreadable at *line*, from 0.

    An action inside quotes, as in an Argo parameter, breaks nothing.
    """
    if _ACTION.search(text):
        return True
    around = text.split(b"\n")[max(line - 1, 0) : line + 1]
    return any(b"{{" in one or b"{%" in one for one in around)


def fills(body: Mapping[str, Any]) -> bool:
    """Return whether an action stands for the kind, the version or a whole block of *body*."""
    return any(isinstance(value := body.get(key), str) and "{{" in value for key in _BLOCKS)


def kinds(text: bytes) -> set[str]:
    """Return the kinds that a template writes out."""
    return {kind.decode() for kind in _KIND.findall(text)}
