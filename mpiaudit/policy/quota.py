"""A ResourceQuota, and what pods use of it, as the API server's admission reckons.

Source: kubernetes/kubernetes v1.34.4 pkg/quota/v1/evaluator/core/pods.go; kubernetes/apiserver
v0.34.4 pkg/admission/plugin/resourcequota/controller.go (CheckRequest).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from mpiaudit.policy.demand import Container, Demand
from mpiaudit.policy.quantity import Amounts, readable

REQUESTS = "requests."
ASKED_OF_EACH = frozenset({"cpu", "memory", "requests.cpu", "requests.memory"}) | {
    "limits.cpu",
    "limits.memory",
}
"""Resources that every container must give once a quota counts them; no others must be given."""

_NATIVE = ("cpu", "memory", "ephemeral-storage")
_COUNTED = ("pods", "count/pods")


@dataclass(frozen=True, slots=True)
class Scope:
    """One thing that a pod must be for a quota to count it."""

    name: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quota:
    """The part of a ResourceQuota that is enforced."""

    hard: Amounts
    used: Amounts | None
    """None where no controller has reckoned it."""

    scopes: tuple[Scope, ...]

    @classmethod
    def parse(cls, spec: Mapping[str, Any], status: Mapping[str, Any]) -> Quota:
        """Return the quota; what the status says is in force, whatever the spec says."""
        selector = spec.get("scopeSelector")
        terms = selector.get("matchExpressions") if isinstance(selector, Mapping) else None
        named = [Scope(str(name), "Exists", ()) for name in _list(spec.get("scopes"))]
        named += [
            Scope(
                str(term.get("scopeName")),
                str(term.get("operator")),
                tuple(map(str, _list(term.get("values")))),
            )
            for term in _list(terms)
            if isinstance(term, Mapping)
        ]
        used = status.get("used")
        return cls(
            hard=readable(status.get("hard") or spec.get("hard")),
            used=None if used is None else readable(used),
            scopes=tuple(named),
        )

    def counts(self, pod: Demand) -> bool | None:
        """Return whether *pod* is counted; None where that hangs on what is not known here."""
        if not any(_concerns_pods(name) for name in self.hard):
            return False
        answers = {_within(scope, pod) for scope in self.scopes}
        return False if False in answers else None if None in answers else True

    def unspecified(self, pod: Demand) -> dict[str, tuple[str, ...]]:
        """Return the containers that must say how much they use and do not, by resource.

        A pod that is counted is refused unless this is empty.
        """
        found = {
            name: tuple(sorted({c.name for c in pod.containers if name not in _of_container(c)}))
            for name in sorted(ASKED_OF_EACH & self.hard.keys())
        }
        return {name: containers for name, containers in found.items() if containers}

    def lacking(self, need: Amounts, taken: Amounts | None = None) -> list[str]:
        """Return the resources of which there is less than *need* beside what is *taken*."""
        beside = taken or {}
        return sorted(
            name
            for name, hard in self.hard.items()
            if need.get(name, 0) > 0 and need[name] + beside.get(name, 0) > hard
        )


def usage(pod: Demand) -> dict[str, Fraction]:
    """Return what one pod uses, by the names that quotas have for it.

    What a RuntimeClass adds is not in it.
    """
    requests, limits = dict(pod.requests), dict(pod.limits)
    for name, amount in pod.overhead.items():
        requests[name] = requests.get(name, Fraction(0)) + amount
        if limits.get(name):
            limits[name] += amount
    return {**dict.fromkeys(_COUNTED, Fraction(1)), **_named(requests, limits)}


def _of_container(container: Container) -> Mapping[str, Fraction]:
    return _named(container.requests, container.limits)


def _named(requests: Amounts, limits: Amounts) -> dict[str, Fraction]:
    """Return requests and limits by the names that quotas have for them."""
    named: dict[str, Fraction] = {}
    for name, amount in requests.items():
        huge = name.startswith("hugepages-")
        if name in _NATIVE or huge:
            named[name] = amount
        if name in _NATIVE or huge or _extended(name):
            named[f"{REQUESTS}{name}"] = amount
    named |= {f"limits.{name}": amount for name, amount in limits.items() if name in _NATIVE}
    return named


def _extended(name: str) -> bool:
    return "/" in name and "kubernetes.io/" not in name and not name.startswith(REQUESTS)


def _concerns_pods(name: str) -> bool:
    """Return whether a quota's entry counts anything of pods."""
    bare = name.removeprefix(REQUESTS)
    extended = bare != name and "/" in name and "kubernetes.io/" not in name
    return (
        name in _COUNTED
        or bare in _NATIVE
        or name.removeprefix("limits.") in _NATIVE
        or bare.startswith("hugepages-")
        or extended
    )


def _within(scope: Scope, pod: Demand) -> bool | None:
    if scope.name == "PriorityClass":
        return _of_priority(scope, pod.priority_class)
    answers = {
        "Terminating": pod.deadline,
        "NotTerminating": not pod.deadline,
        "BestEffort": pod.best_effort,
        "NotBestEffort": not pod.best_effort,
        "CrossNamespacePodAffinity": None if pod.affine else False,
    }
    return answers.get(scope.name)


def _of_priority(scope: Scope, name: str) -> bool | None:
    """Return whether a pod of the class *name* is within *scope*; None where it names none.

    Such a pod gets the cluster's default class, where there is one.
    """
    if not name:
        return None
    match scope.operator:
        case "In":
            return name in scope.values
        case "NotIn":
            return name not in scope.values
        case "Exists":
            return True
        case "DoesNotExist":
            return False
        case _:
            return None


def _list(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []
