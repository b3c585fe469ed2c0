"""Kubernetes' quantities: ``500m``, ``1.5Gi``, ``8``, ``12e6``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from math import ceil
from typing import Any

Amounts = Mapping[str, Fraction]
"""How much of each resource, by its name: ``{"cpu": Fraction(1, 2)}``."""

_QUANTITY = re.compile(
    r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:([KMGTPE]i)|([numkMGTPE]?)|[eE]([+-]?\d{1,3}))"
)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_NANO = 10**9
_LARGEST_BINARY = Fraction(2**63 - 1)


def parse(value: object) -> Fraction | None:
    """Return the amount that *value* spells, or None where the API server would refuse it.

    Text, or a number as YAML has it. Less than a billionth is rounded up, away from zero.

    Source: kubernetes/apimachinery v0.34.4 pkg/api/resource/quantity.go (ParseQuantity).
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    match = _QUANTITY.fullmatch(str(value))
    if match is None:
        return None
    number, binary, decimal, exponent = match.groups()
    if binary:
        amount = Fraction(number) * 2 ** _BINARY[binary]
        return max(-_LARGEST_BINARY, min(_LARGEST_BINARY, _rounded(amount)))
    power = int(exponent) if exponent else _DECIMAL[decimal]
    return _rounded(Fraction(number) * Fraction(10) ** power)


def amounts(resources: object) -> dict[str, Fraction] | None:
    """Return the amounts of a resource list; None where one of them is no quantity.

    Absent and null are the empty list.
    """
    if resources is None:
        return {}
    if not isinstance(resources, Mapping):
        return None
    parsed = {str(name): parse(value) for name, value in resources.items()}
    known = {name: amount for name, amount in parsed.items() if amount is not None}
    return known if len(known) == len(parsed) else None


def readable(resources: Any) -> dict[str, Fraction]:  # noqa: ANN401 - manifests are untyped
    """Return the amounts of a resource list that are quantities."""
    entries = resources if isinstance(resources, Mapping) else {}
    parsed = ((str(name), parse(value)) for name, value in entries.items())
    return {name: amount for name, amount in parsed if amount is not None}


def spell(amount: Fraction) -> str:
    """Return *amount* as people write it: ``500m``, ``64Gi``, ``8``."""
    if amount.denominator != 1:
        return f"{ceil(amount * 1000)}m"
    whole = amount.numerator
    for suffix, power in reversed(_BINARY.items()):
        if whole and whole % 2**power == 0:
            return f"{whole >> power}{suffix}"
    return str(whole)


def _rounded(amount: Fraction) -> Fraction:
    scaled = ceil(abs(amount) * _NANO)
    return Fraction(scaled if amount >= 0 else -scaled, _NANO)
