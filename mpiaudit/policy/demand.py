"""What a pod asks for: of each container, and of the pod as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from mpiaudit.policy.quantity import Amounts, amounts


@dataclass(frozen=True, slots=True)
class Container:
    """One container's resources, as the API server stores them."""

    name: str
    requests: Amounts
    limits: Amounts
    init: bool
    sidecar: bool
    """Whether it is an init container that runs on: ``restartPolicy: Always``."""

    def filled(self, requests: Amounts, limits: Amounts) -> Container:
        """Return it with defaults in place of what it does not say."""
        return replace(
            self, requests={**requests, **self.requests}, limits={**limits, **self.limits}
        )


@dataclass(frozen=True, slots=True)
class Demand:
    """A pod, reduced to what quotas and limit ranges look at."""

    containers: tuple[Container, ...]
    """The containers and then the init containers, both in their order."""

    overhead: Amounts
    """As the pod gives it; what its RuntimeClass adds is not known here."""

    priority_class: str
    """Empty where the pod names none; the cluster's default is then put in, where it has one."""

    deadline: bool
    """Whether the pod itself has an ``activeDeadlineSeconds``."""

    affine: bool
    """Whether it names any affinity to other pods."""

    @property
    def requests(self) -> Amounts:
        """What is requested for the pod, without overhead."""
        return _total((c, c.requests) for c in self.containers)

    @property
    def limits(self) -> Amounts:
        """The pod's limits, without overhead."""
        return _total((c, c.limits) for c in self.containers)

    @property
    def best_effort(self) -> bool:
        """Whether no container asks for CPU or memory at all."""
        asked = (a for c in self.containers for a in (c.requests, c.limits))
        return not any(a.get(name, 0) > 0 for a in asked for name in ("cpu", "memory"))

    def filled(self, requests: Amounts, limits: Amounts) -> Demand:
        """Return it with defaults in each container, in place of what that does not say."""
        return replace(self, containers=tuple(c.filled(requests, limits) for c in self.containers))


def demand(spec: Mapping[str, Any]) -> Demand | None:
    """Return what a pod of *spec* asks for, requests taken from limits where they are absent.

    None where it cannot be told: a quantity is none, or the pod has resources of its own, which
    only some releases of Kubernetes take.

    Source: kubernetes/kubernetes v1.34.4 pkg/apis/core/v1/defaults.go (SetDefaults_Pod).
    """
    listed = [(c, False) for c in _mappings(spec.get("containers"))]
    listed += [(c, True) for c in _mappings(spec.get("initContainers"))]
    read = [_container(body, init=init) for body, init in listed]
    containers = tuple(c for c in read if c)
    overhead = amounts(spec.get("overhead"))
    if len(containers) < len(read) or overhead is None or spec.get("resources"):
        return None
    affinity = spec.get("affinity")
    kinds = affinity if isinstance(affinity, Mapping) else {}
    return Demand(
        containers,
        overhead,
        priority_class=str(spec.get("priorityClassName") or ""),
        deadline=spec.get("activeDeadlineSeconds") is not None,
        affine=bool(kinds.get("podAffinity") or kinds.get("podAntiAffinity")),
    )


def _container(body: Mapping[str, Any], *, init: bool) -> Container | None:
    resources = body.get("resources") or {}
    if not isinstance(resources, Mapping):
        return None
    requests, limits = amounts(resources.get("requests")), amounts(resources.get("limits"))
    if requests is None or limits is None:
        return None
    sidecar = init and body.get("restartPolicy") == "Always"
    return Container(str(body.get("name", "")), {**limits, **requests}, limits, init, sidecar)


def _total(parts: Iterable[tuple[Container, Amounts]]) -> Amounts:
    """Return what a pod needs at its height.

    Containers and sidecars run together; each init container runs beside the sidecars before it.

    Source: kubernetes/component-helpers v0.34.4 resource/helpers.go (AggregateContainerRequests).
    """
    total: dict[str, Fraction] = {}
    sidecars: dict[str, Fraction] = {}
    peak: dict[str, Fraction] = {}
    for container, asked in parts:
        if not container.init or container.sidecar:
            _add(total, asked)
        if container.sidecar:
            _add(sidecars, asked)
        if container.init:
            step = dict(sidecars)
            if not container.sidecar:
                _add(step, asked)
            peak = {n: max(step.get(n, Fraction(0)), peak.get(n, Fraction(0))) for n in step | peak}
    return {n: max(total.get(n, Fraction(0)), peak.get(n, Fraction(0))) for n in total | peak}


def _add(total: dict[str, Fraction], more: Amounts) -> None:
    for name, amount in more.items():
        total[name] = total.get(name, Fraction(0)) + amount


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [v for v in value if isinstance(v, Mapping)] if isinstance(value, list | tuple) else []
