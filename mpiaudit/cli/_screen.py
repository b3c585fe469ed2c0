"""The terminal: its width, its colours, and a line of progress."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mpiaudit.render import Look

WIDEST = 120
"""Columns beyond which a line is hard to read."""

PATIENCE = 2.0
"""Seconds of silence before progress is shown."""


def look(colour: str, *, pedantic: bool, suppressed: bool = False) -> Look:
    """Return how to print on standard output.

    *colour* is ``auto``, ``always`` or ``never``; ``auto`` honours NO_COLOR, FORCE_COLOR and
    TERM, and else colours a terminal only.
    """
    width = min(shutil.get_terminal_size((80, 24)).columns, WIDEST)
    painted = _colours() if colour == "auto" else colour == "always"
    return Look(width, painted, pedantic, suppressed)


def _colours() -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def progress() -> Iterator[Callable[[str], None] | None]:
    """Give a function that shows one line on standard error, in place.

    It stays silent for `PATIENCE` seconds; where standard error is no terminal it is None.
    """
    if not sys.stderr.isatty():
        yield None
        return
    started = time.monotonic()
    shown = False

    def show(text: str) -> None:
        nonlocal shown
        if time.monotonic() - started > PATIENCE:
            shown = True
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()

    try:
        yield show
    finally:
        if shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
