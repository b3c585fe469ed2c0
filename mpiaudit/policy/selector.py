"""Label selectors, read and answered as the API server does.

Source: kubernetes/kubernetes v1.34.4
staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/helpers.go (``LabelSelectorAsSelector``),
apis/meta/v1/validation/validation.go and pkg/labels/selector.go (``Requirement.Matches``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

_NAME = re.compile(r"(?=.{1,63}\Z)[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?", re.ASCII)
_PREFIX = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
)


class RefusedError(ValueError):
    """The API server would not take it: it is in force nowhere."""


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of an object, as far as they are known."""

    known: Mapping[str, str]
    whole: bool = True
    """Whether there are no others; where it is False, there may be any."""


UNKNOWN = Labels({}, whole=False)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on one label."""

    key: str
    operator: str
    """``In``, ``NotIn``, ``Exists`` or ``DoesNotExist``."""

    values: frozenset[str] = frozenset()
    """Empty for the last two operators."""

    def met(self, labels: Mapping[str, str]) -> bool:
        """Return whether an object with just these *labels* meets it."""
        value = labels.get(self.key)
        match self.operator:
            case "In":
                return value in self.values
            case "NotIn":
                return value not in self.values
            case "Exists":
                return value is not None
            case _:
                return value is None


@dataclass(frozen=True, slots=True)
class Selector:
    """All of its requirements must be met; without any it selects everything."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Return whether an object with just these *labels* is selected."""
        return all(r.met(labels) for r in self.requirements)

    def surely(self, labels: Labels) -> bool:
        """Return whether it selects an object whatever labels are not known of it."""
        known = labels.known
        return self.matches(known) and (
            labels.whole or all(r.key in known for r in self.requirements)
        )

    def possibly(self, labels: Labels) -> bool:
        """Return whether it may select an object, for all that is known of it."""
        known = labels.known
        return all(r.met(known) or not (labels.whole or r.key in known) for r in self.requirements)


EVERYTHING = Selector()


def parse(value: object) -> Selector | None:
    """Return the selector that *value* spells; None, which selects nothing, for null.

    Raises:
        RefusedError: The API server would refuse it.
    """
    if value is None:
        return None
    body = _mapping(value, "a selector")
    return Selector((*_labels(body.get("matchLabels")), *_expressions(body)))


def _labels(value: object) -> Iterator[Requirement]:
    for key, wanted in _mapping(value or {}, "matchLabels").items():
        yield Requirement(_key(key), "In", frozenset(_values([wanted])))


def _expressions(body: Mapping[object, object]) -> Iterator[Requirement]:
    expressions = body.get("matchExpressions") or ()
    if not isinstance(expressions, list | tuple):
        raise RefusedError("matchExpressions is no list")
    for each in expressions:
        expression = _mapping(each, "an expression")
        operator = expression.get("operator")
        values = expression.get("values") or ()
        if not isinstance(values, list | tuple):
            raise RefusedError("values is no list")
        if operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
            raise RefusedError(f"{operator!r} is no operator")
        if bool(values) is not (operator in ("In", "NotIn")):
            raise RefusedError(f"{operator} with {len(values)} values")
        key = _key(expression.get("key"))
        yield Requirement(key, str(operator), frozenset(_values(values)))


def _key(value: object) -> str:
    if isinstance(value, str):
        prefix, slash, name = value.rpartition("/")
        if _NAME.fullmatch(name) and (not slash or _PREFIX.fullmatch(prefix)):
            return value
    raise RefusedError(f"{value!r} is no label's key")


def _values(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        if not isinstance(value, str) or (value and not _NAME.fullmatch(value)):
            raise RefusedError(f"{value!r} is no label's value")
        yield value


def _mapping(value: object, what: str) -> Mapping[object, object]:
    if not isinstance(value, Mapping):
        raise RefusedError(f"{what} is no mapping")
    return value
