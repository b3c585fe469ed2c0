"""Places inside a block of text (``|``), as places in the file that has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from yaml.events import ScalarEvent

from mpiaudit.manifest.event import start_of
from mpiaudit.manifest.split import has_plain_breaks
from mpiaudit.model import FieldPath

Position = tuple[int, int]
"""Line and column; from 1 in a file, from 0 in a stretch of it."""


def lifted(
    text: bytes, block: ScalarEvent, inside: Mapping[FieldPath, Position]
) -> Iterator[tuple[FieldPath, Position]]:
    """Yield the places *inside* a block as places in the *text* that has it.

    Each line of a literal block is a line of the file without its indentation. Where that does
    not hold, in other texts too, nothing is yielded.
    """
    if block.style != "|" or not has_plain_breaks(block.value.encode()):
        return
    lines, values = text.decode(errors="replace").split("\n"), block.value.split("\n")
    first = start_of(block)[0] + 1
    for path, (line, column) in inside.items():
        if line >= len(values) or first + line >= len(lines):
            continue
        written, value = lines[first + line].rstrip("\r"), values[line]
        indent = len(written) - len(value)
        if written == " " * indent + value:
            yield path, (first + line, indent + column)
