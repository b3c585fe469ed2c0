"""Which documents cannot matter, told from their bytes."""

from __future__ import annotations

import re

from mpiaudit.manifest.split import BLANK, END, START, has_plain_breaks

_KIND = re.compile(
    START
    + rb"(?:apiVersion: ++([\"']?)[\w./-]++\1" + END + rb"\r?\n" + BLANK + rb")?"
    + rb"kind: ++([\"']?)([A-Za-z]\w*+)\2" + END + rb"(?:\r?\n|\Z)" + BLANK
    + rb"(?:[A-Za-z]|\Z)"
)  # fmt: skip
_SECOND_KIND = re.compile(rb"\n(?:kind|[\"'?!&*<\xef])")


class Filter:
    """Tells the documents that hold no object of some kinds."""

    def __init__(self, kinds: frozenset[str]) -> None:
        self._kinds = kinds
        spelled = sorted(re.escape(kind.encode()) for kind in kinds)
        self._hint = re.compile(b"|".join([rb"[\\!\0]", *spelled]))

    def drops(self, text: bytes) -> bool:
        """Return whether *text*, one document, surely holds none of the kinds.

        Either its kind is written out where nothing can hide or override it, or no kind occurs
        in it and nothing in it could spell one otherwise.
        """
        if not has_plain_breaks(text):
            return False
        kind = top_kind(text)
        if kind is not None and kind not in self._kinds and not kind.endswith("List"):
            return True
        return self._hint.search(text) is None


def top_kind(text: bytes) -> str | None:
    """Return the kind of *text*, one document with plain line breaks; None if in doubt.

    It must stand first, or follow ``apiVersion``: no quoted or flow scalar is open there. Any
    later key of the same mapping starts its line, so an override shows as well.
    """
    found = _KIND.match(text)
    if found is None or _SECOND_KIND.search(text, found.end(3)) or b"\0" in text:
        return None
    return found[3].decode()
