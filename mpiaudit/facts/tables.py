"""The TOML tables beside this module, read once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

NAMES = ("releases", "flags", "crds", "messages", "images")
"""The tables there are: each is ``<name>.toml`` in this folder."""


@cache
def table(name: str) -> Mapping[str, Any]:
    """Return the whole of ``<name>.toml``.

    Its rows are untyped; the module that owns the table turns them into records.
    """
    return tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8"))
