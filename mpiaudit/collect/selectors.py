"""Label selectors as a list request takes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mpiaudit.model import dig

AT_ONCE = 100
"""Values in one selector: with names of 63 characters it stays below 8 KiB, a common limit."""

LONGEST = 63
"""Characters that a label value may have."""


def any_of(label: str, values: Iterable[str]) -> Iterator[str]:
    """Yield selectors that together match *label* with any of *values*.

    What is too long to be a label's value is left out: no object can bear it.
    """
    fitting = sorted(value for value in values if len(value) <= LONGEST)
    for start in range(0, len(fitting), AT_ONCE):
        yield f"{label} in ({','.join(fitting[start : start + AT_ONCE])})"


def matching(selector: Any) -> str:  # noqa: ANN401 - manifests are untyped
    """Return a workload's ``spec.selector`` as a request takes it; empty where it has none."""
    labels = dig(selector, "matchLabels") or {}
    terms = [f"{key}={value}" for key, value in sorted(labels.items())]
    terms += [_term(expression) for expression in dig(selector, "matchExpressions") or ()]
    return ",".join(term for term in terms if term)


def _term(expression: Mapping[str, Any]) -> str:
    key, values = dig(expression, "key"), ",".join(dig(expression, "values") or ())
    match dig(expression, "operator"):
        case "In":
            return f"{key} in ({values})"
        case "NotIn":
            return f"{key} notin ({values})"
        case "Exists":
            return f"{key}"
        case "DoesNotExist":
            return f"!{key}"
        case _:
            return ""
