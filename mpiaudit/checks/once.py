"""Decisions that many rules share, made once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from functools import wraps
from operator import is_
from typing import TypeVar, TypeVarTuple

Asked = TypeVarTuple("Asked")
Found = TypeVar("Found")

KEPT = 8
"""How many answers are remembered: what the rules of one audit ask for in turn."""


def once(decide: Callable[[*Asked], Iterable[Found]]) -> Callable[[*Asked], tuple[Found, ...]]:
    """Make *decide* answer once for the very same arguments, which must not change.

    The same are those that are one object: the fields of an inventory are, and to compare
    thousands of jobs would take longer than to decide.
    """
    answers: deque[tuple[tuple[object, ...], tuple[Found, ...]]] = deque(maxlen=KEPT)

    @wraps(decide)
    def answer(*asked: *Asked) -> tuple[Found, ...]:
        arguments: tuple[object, ...] = asked
        for known, found in answers:
            if all(map(is_, arguments, known)):
                return found
        found = tuple(decide(*asked))
        answers.appendleft((arguments, found))
        return found

    return answer
