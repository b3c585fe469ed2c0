"""A LimitRange: the defaults it gives to containers, and the pods it refuses.

Source: kubernetes/kubernetes v1.34.4 plugin/pkg/admission/limitranger/admission.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any

from mpiaudit.policy.demand import Demand
from mpiaudit.policy.quantity import Amounts, readable, spell

_LARGEST_MILLI = (2**63 - 1) // 1000
"""Whole amounts up to which thousandths are compared."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One entry of ``spec.limits``."""

    index: int
    """Its place in ``spec.limits``."""

    type: str
    """``Container``, ``Pod``, or ``PersistentVolumeClaim``, which no pod has to keep."""

    bounds: Mapping[str, Amounts]
    """``min``, ``max`` and ``maxLimitRequestRatio``."""

    requests: Amounts
    """What a container requests that does not say; ``defaultRequest``."""

    limits: Amounts
    """The limits of a container that has none; ``default``."""

    @classmethod
    def parse(cls, index: int, body: Mapping[str, Any]) -> Limit:
        """Return the entry, with the defaults that the API server derives from its bounds.

        Source: kubernetes/kubernetes v1.34.4 pkg/apis/core/v1/defaults.go
        (SetDefaults_LimitRangeItem).
        """
        kind = str(body.get("type") or "")
        bounds = {name: readable(body.get(name)) for name in _BREACHES}
        limits = requests = {}
        if kind == "Container":
            limits = {**bounds["max"], **readable(body.get("default"))}
            requests = {**bounds["min"], **limits, **readable(body.get("defaultRequest"))}
        return cls(index, kind, bounds, requests, limits)


@dataclass(frozen=True, slots=True)
class Breach:
    """Why a pod is refused."""

    limit: Limit
    bound: str
    """The field of the entry that it breaks: ``max``; ``default`` for one below a request."""

    container: int | None
    """Which of the pod's containers, init containers last; None for the pod as a whole."""

    resource: str
    reason: str
    """The values that prove it."""


def defaults(limits: Iterable[Limit]) -> tuple[Amounts, Amounts] | None:
    """Return the requests and limits that containers get which do not give them.

    None where two entries differ: which one counts is then a matter of chance.
    """
    requests: dict[str, Fraction] = {}
    ceilings: dict[str, Fraction] = {}
    for limit in limits:
        for known, given in ((requests, limit.requests), (ceilings, limit.limits)):
            if any(known.get(name, amount) != amount for name, amount in given.items()):
                return None
            known.update(given)
    return requests, ceilings


def overtaken(before: Demand, pod: Demand, limits: Iterable[Limit]) -> Iterator[Breach]:
    """Yield each default that is below what a container requests, so that the pod is invalid.

    *before* is the pod as it was written, *pod* the same with all defaults.
    """
    for limit in limits:
        for index, (written, filled) in enumerate(
            zip(before.containers, pod.containers, strict=True)
        ):
            for name, amount in sorted(limit.limits.items()):
                request = filled.requests.get(name)
                if name not in written.limits and request is not None and request > amount:
                    reason = (
                        f"the default limit is {spell(amount)}, and the request is {spell(request)}"
                    )
                    yield Breach(limit, "default", index, name, reason)


def breaches(pod: Demand, limits: Iterable[Limit]) -> Iterator[Breach]:
    """Yield why *pod*, defaults filled in, is refused."""
    for limit in limits:
        asked: list[tuple[int | None, Amounts, Amounts]] = []
        if limit.type == "Container":
            asked = [(i, c.requests, c.limits) for i, c in enumerate(pod.containers)]
        elif limit.type == "Pod":
            asked = [(None, pod.requests, pod.limits)]
        for index, requests, ceilings in asked:
            for bound, judge in _BREACHES.items():
                for name, amount in sorted(limit.bounds[bound].items()):
                    reason = judge(amount, requests.get(name), ceilings.get(name))
                    if reason:
                        yield Breach(limit, bound, index, name, reason)


def _below(least: Fraction, request: Fraction | None, limit: Fraction | None) -> str:
    if request is None:
        return f"at least {spell(least)} must be requested, and nothing is"
    asked, ceiling, bound = _comparable(request, limit, least)
    if asked < bound:
        return f"at least {spell(least)} must be requested, and the request is {spell(request)}"
    if limit is not None and ceiling < bound:
        return f"the limit must be at least {spell(least)}, and is {spell(limit)}"
    return ""


def _above(most: Fraction, request: Fraction | None, limit: Fraction | None) -> str:
    if limit is None:
        return f"the limit must be at most {spell(most)}, and there is none"
    asked, ceiling, bound = _comparable(request, limit, most)
    if ceiling > bound:
        return f"the limit must be at most {spell(most)}, and is {spell(limit)}"
    if request is not None and asked > bound:
        return f"at most {spell(most)} may be requested, and the request is {spell(request)}"
    return ""


def _too_far(most: Fraction, request: Fraction | None, limit: Fraction | None) -> str:
    asked, ceiling, _ = _comparable(request, limit, most)
    if not asked or not ceiling:
        missing = "limit" if asked else "request"
        return f"the limit may be {spell(most)} times the request, and there is no {missing}"
    ratio = ceiling / asked
    if ratio * 1000 > ceil(most * 1000):
        return f"the limit may be {spell(most)} times the request, and is {ratio:g} times it"
    return ""


_BREACHES = {"min": _below, "max": _above, "maxLimitRequestRatio": _too_far}


def _comparable(
    request: Fraction | None, limit: Fraction | None, bound: Fraction
) -> tuple[int, int, int]:
    """Return the three as whole numbers: of thousandths, or of ones where these overflow."""
    values = [value or Fraction(0) for value in (request, limit, bound)]
    scale = 1000 if all(ceil(value) <= _LARGEST_MILLI for value in values) else 1
    asked, ceiling, enforced = (ceil(value * scale) for value in values)
    return asked, ceiling, enforced
