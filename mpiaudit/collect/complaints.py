"""What the kubernetes client logs: an exec plug-in's failure, after which it goes on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def complaints() -> Iterator[list[str]]:
    """Collect what is logged meanwhile, so that nobody else prints it."""
    lines: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    collector = Collector(logging.WARNING)
    logging.getLogger().addHandler(collector)
    try:
        yield lines
    finally:
        logging.getLogger().removeHandler(collector)


def last_line(*said: object) -> str:
    """Return the last line that is not empty: above it, programs tell how they came to it."""
    lines = [line.strip() for text in said for line in str(text).splitlines() if line.strip()]
    return lines[-1] if lines else ""
