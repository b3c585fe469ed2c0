"""The YAML parser: libyaml's events, or PyYAML's own where that was built without libyaml."""

from __future__ import annotations

from typing import Any

import yaml
from yaml.events import Event

Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Its ``get_event`` is all that is used; typed Any because PyYAML's is not typed."""


def start_of(event: Event) -> tuple[int, int]:
    """Return the line and column where *event* begins, from 0."""
    mark = event.start_mark
    return (mark.line, mark.column) if mark else (0, 0)
