"""Error texts that users paste, and the rules that explain them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from mpiaudit.facts.tables import table

_ENOUGH = 12
"""Letters that a pasted excerpt needs, to be looked for inside the examples."""

_PLAIN = str.maketrans({"\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'"})


@dataclass(frozen=True, slots=True)
class Message:
    """One text of a controller, of the API server or of a program in a job."""

    text: str
    """What marks it; a regular expression where `pattern` is true."""

    pattern: bool
    example: str
    """A whole line as it is printed."""

    rule: str
    """The rule that finds its cause."""

    meaning: str
    """What happened, and what to do."""

    source: str


@cache
def messages() -> tuple[Message, ...]:
    """Return every known text, in the order of the table."""
    return tuple(
        Message(
            text=row.get("pattern") or row["text"],
            pattern="pattern" in row,
            example=row["example"],
            rule=row["rule"],
            meaning=row["meaning"],
            source=row["source"],
        )
        for row in table("messages")["message"]
    )


def rules_for(text: str) -> tuple[Message, ...]:
    """Return the messages that stand in *text*, the best match first.

    *text* is what a user pastes: log lines, an Event, or an excerpt of one. Case, line breaks,
    typographic quotes and the backslashes of JSON do not matter. The longer the words that
    match, the better; messages of which the user pasted only a part come last.
    """
    pasted = _normal(text)
    whole = {m: _length(m, pasted) for m in messages()}
    parts = {
        m: len(pasted)
        for m in messages()
        if not whole[m] and len(pasted) >= _ENOUGH and pasted in _normal(m.example)
    }
    found = sorted((m for m in whole if whole[m]), key=lambda m: -whole[m])
    return (*found, *parts)


def _length(message: Message, pasted: str) -> int:
    """Return how many letters of *pasted* the message's mark covers; 0 where it is not there."""
    if not message.pattern:
        mark = _normal(message.text)
        return len(mark) if mark in pasted else 0
    found = re.search(message.text, pasted, re.IGNORECASE)
    return len(found[0]) if found else 0


def _normal(text: str) -> str:
    return " ".join(text.translate(_PLAIN).replace('\\"', '"').lower().split())
