"""The API server lets in and refuses the pods that `Quota` and `Limit` say, and for the same."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from cluster.alone import alone
from cluster.client import Body, Client, RefusedError, eventually
from cluster.plane import RELEASE
from mpiaudit.policy.demand import Demand, demand
from mpiaudit.policy.limit_range import Limit, breaches, defaults, overtaken
from mpiaudit.policy.quota import Quota, usage

PODS = 60
"""Pods that each namespace is asked to take."""

SPACE = "/api/v1/namespaces"
OVERHEAD = {"cpu": "250m", "memory": "64Mi"}
GPU = "nvidia.com/gpu"

AMOUNTS: dict[str, list[str | int]] = {
    "cpu": ["0", "100m", "0.5", "1", "1500m", 2, "4", "1e0", "0.0005"],
    "memory": ["0", "64Mi", "1G", "1.5Gi", "2Gi", "8Gi", "1e9", 1073741824],
    "ephemeral-storage": ["1Gi", "5Gi", "10G"],
    GPU: [0, 1, 2, "4"],
}
"""Written in every way that people write them."""

PRESENT: tuple[Body, ...] = (
    {},
    {"requests": {"cpu": "300m", "memory": "100Mi"}, "limits": {"cpu": "0.5", "memory": "1Gi"}},
    {"limits": {"cpu": "300m", "memory": "1Gi", "ephemeral-storage": "2G", GPU: "1"}},
)
"""The resources of pods that are tried first; what is let in of them is used from then on."""

ONE_SIDED = frozenset({"counts", "volumes", "none"})
"""Namespaces that let in all of the other pods, or none."""

SCOPED = "scopeSelector"


@dataclass(frozen=True)
class Rules:
    """What one namespace allows."""

    quotas: dict[str, Body] = field(default_factory=dict)
    ranges: dict[str, list[Body]] = field(default_factory=dict)


def priority(operator: str, *values: str) -> Body:
    """Return the selector of a quota for priority classes."""
    term = {"scopeName": "PriorityClass", "operator": operator}
    return {"matchExpressions": [term | ({"values": list(values)} if values else {})]}


NAMESPACES = {
    "counts": Rules({"q": {"hard": {"pods": "3", "count/pods": "9"}}}),
    "pods-by-count": Rules({"q": {"hard": {"count/pods": "5", "requests.nvidia.com/gpu": "3"}}}),
    "compute": Rules({"q": {"hard": {"cpu": "3", "memory": "4Gi"}}}),
    "limits": Rules({"q": {"hard": {"limits.cpu": "4", "limits.memory": "6Gi"}}}),
    "requests": Rules({"q": {"hard": {"requests.cpu": "2500m", "requests.memory": "5G"}}}),
    "disks": Rules({"q": {"hard": {"requests.ephemeral-storage": "6Gi"}}}),
    "disk-limits": Rules({"q": {"hard": {"limits.ephemeral-storage": "11G", "pods": "5"}}}),
    "gpus": Rules({"q": {"hard": {"requests.nvidia.com/gpu": "4"}}}),
    "volumes": Rules({"q": {"hard": {"requests.storage": "0", "persistentvolumeclaims": "0"}}}),
    "nothing": Rules({"q": {"hard": {"requests.cpu": "0"}}}),
    "short": Rules({"q": {"hard": {"limits.cpu": "2"}, "scopes": ["Terminating"]}}),
    "long": Rules({"q": {"hard": {"requests.memory": "2Gi"}, "scopes": ["NotTerminating"]}}),
    "poor": Rules({"q": {"hard": {"pods": "1"}, "scopes": ["BestEffort"]}}),
    "rich": Rules({"q": {"hard": {"requests.cpu": "2"}, "scopes": ["NotBestEffort"]}}),
    "two-scopes": Rules(
        {"q": {"hard": {"cpu": "2"}, "scopes": ["NotBestEffort", "Terminating"]}}
    ),
    "in": Rules({"q": {"hard": {"cpu": "2"}, SCOPED: priority("In", "high")}}),
    "not-in": Rules({"q": {"hard": {"cpu": "2"}, SCOPED: priority("NotIn", "high")}}),
    "some": Rules({"q": {"hard": {"cpu": "2"}, SCOPED: priority("Exists")}}),
    "none": Rules({"q": {"hard": {"cpu": "2"}, SCOPED: priority("DoesNotExist")}}),
    "any-class": Rules({"q": {"hard": {"cpu": "2"}, "scopes": ["PriorityClass"]}}),
    "two-quotas": Rules(
        {"a": {"hard": {"requests.cpu": "2"}}, "b": {"hard": {"limits.memory": "4Gi"}}}
    ),
    "small": Rules(ranges={"r": [{"type": "Container", "max": {"cpu": "1", "memory": "2Gi"}}]}),
    "large": Rules(ranges={"r": [{"type": "Container", "min": {"cpu": "500m"}}]}),
    "even": Rules(
        ranges={"r": [{"type": "Container", "maxLimitRequestRatio": {"cpu": "3", "memory": "1.5"}}]}
    ),
    "pod-bounds": Rules(
        ranges={"r": [{"type": "Pod", "min": {"cpu": "1"}, "max": {"memory": "6Gi"}}]}
    ),
    "pod-ratio": Rules(ranges={"r": [{"type": "Pod", "maxLimitRequestRatio": {"cpu": "2"}}]}),
    "filled": Rules(
        {"q": {"hard": {"requests.cpu": "3", "limits.memory": "8Gi"}}},
        {"r": [{"type": "Container", "default": {"memory": "1Gi"},
                "defaultRequest": {"cpu": "500m"}}]},
    ),
    "filled-by-bounds": Rules(
        {"q": {"hard": {"limits.cpu": "6", "requests.cpu": "3", "requests.memory": "4Gi"}}},
        {"r": [{"type": "Container", "max": {"cpu": "2", "memory": "8Gi"},
                "min": {"memory": "64Mi", "cpu": "1m"}}]},
    ),
    "default-too-low": Rules(ranges={"r": [{"type": "Container", "default": {"cpu": "500m"}}]}),
    "two-ranges": Rules(
        ranges={
            "r": [{"type": "Container", "max": {"cpu": "2"}}],
            "s": [{"type": "Container", "min": {"memory": "1Gi"}}, {"type": "Pod",
                  "max": {"nvidia.com/gpu": "2"}}],
        }
    ),
}  # fmt: skip


@pytest.fixture(scope="module", params=[RELEASE, "1.29.15"])
def admin(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """Return the administrator of a control plane with all `NAMESPACES`, one pod in each."""
    with alone(tmp_path_factory.mktemp("quota"), str(request.param)) as (_, client):
        _furnish(client)
        yield client


@pytest.mark.parametrize("name", NAMESPACES)
def test_pods_that_are_refused(admin: Client, name: str) -> None:
    """Whoever reads that a quota refuses the job can rely on it, and on silence as well."""
    quotas = {
        q["metadata"]["name"]: Quota.parse(q["spec"], q["status"])
        for q in admin.items(f"{SPACE}/{name}/resourcequotas")
    }
    limits = {
        written: [Limit.parse(i, entry) for i, entry in enumerate(entries)]
        for written, entries in NAMESPACES[name].ranges.items()
    }

    differ, answered = [], set()
    for spec in _pods(Random(name)):  # noqa: S311 - the same pods every time
        foretold = _foretold(quotas, limits, spec)
        if foretold is None:
            continue
        answer = _answer(admin, name, spec)
        answered.add(answer != ())
        if answer not in (foretold or {()}):
            differ.append((spec, foretold, answer))

    assert differ == [], differ[0]
    assert answered == {True, False} or name in ONE_SIDED


def _furnish(admin: Client) -> None:
    """Make the namespaces, and return when all that is in them is in force."""
    for name, value in (("high", 1000), ("low", 10)):
        body = {"metadata": {"name": name}, "value": value}
        admin.create("/apis/scheduling.k8s.io/v1/priorityclasses", body)
    runtime = {"handler": "heavy", "overhead": {"podFixed": OVERHEAD}}
    admin.create("/apis/node.k8s.io/v1/runtimeclasses", {"metadata": {"name": "heavy"}} | runtime)
    for space, rules in NAMESPACES.items():
        admin.create(SPACE, {"metadata": {"name": space}})
        for name, limits in rules.ranges.items():
            body = {"metadata": {"name": name}, "spec": {"limits": limits}}
            admin.create(f"{SPACE}/{space}/limitranges", body)
        for name, spec in rules.quotas.items():
            body = {"metadata": {"name": name}, "spec": spec}
            admin.create(f"{SPACE}/{space}/resourcequotas", body)
    for space, rules in NAMESPACES.items():
        paths = [f"{SPACE}/{space}/resourcequotas/{name}" for name in rules.quotas]
        _known(admin, f"{SPACE}/{space}/serviceaccounts/default")
        for path in paths:
            _known(admin, path, "used")
        for resources in PRESENT:
            _said(admin, space, _with(resources), "")


def _known(admin: Client, path: str, status: str = "") -> None:
    """Wait until there is something at *path*, with a field of its status."""

    def known() -> bool:
        body = admin.find(path)
        return body is not None and (not status or status in body.get("status", {}))

    eventually(known, f"{path} is there")


def _with(resources: Body) -> Body:
    return {
        "containers": [{"name": "c", "image": "registry.test/mpi:1", "resources": resources}],
    }


def _foretold(
    quotas: dict[str, Quota], limits: dict[str, list[Limit]], spec: Body
) -> set[tuple[object, ...]] | None:
    """Return the answers that are to be expected, none where the pod is let in.

    Of several objects that refuse it the API server names one. None where it cannot be told.
    """
    written = demand(spec)
    given = defaults(limit for each in limits.values() for limit in each)
    assert written is not None
    assert given is not None
    pod = written.filled(*given)
    every = [limit for each in limits.values() for limit in each]
    if any(overtaken(written, pod, every)):
        return {("invalid",)}
    broken = {
        n: {(b.limit.type, b.bound, b.resource) for b in breaches(pod, limits[n])} for n in limits
    }
    if any(broken.values()):
        return {("breaks", *sorted(found)) for found in broken.values() if found}
    return _by_quota(quotas, pod)


def _by_quota(quotas: dict[str, Quota], pod: Demand) -> set[tuple[object, ...]] | None:
    counting = {name: quota.counts(pod) for name, quota in quotas.items()}
    if None in counting.values():
        return None
    unsaid = {n: quotas[n].unspecified(pod) for n, counts in counting.items() if counts}
    if any(unsaid.values()):
        return {("must specify", n, *sorted(said.items())) for n, said in unsaid.items() if said}
    lacking = {
        n: quotas[n].lacking(usage(pod), quotas[n].used) for n, counts in counting.items() if counts
    }
    return {("exceeded", n, *names) for n, names in lacking.items() if names}


BOUNDS = {
    r"minimum (\S+) usage per (\w+)": "min",
    r"maximum (\S+) usage per (\w+)": "max",
    r"(\S+) max limit to request ratio per (\w+)": "maxLimitRequestRatio",
}


def _answer(admin: Client, space: str, spec: Body) -> tuple[object, ...]:
    """Return what the API server says to a pod: nothing where it would take it."""
    said = eventually(lambda: _said(admin, space, spec), "the quota's status is known")
    if said == "taken":
        return ()
    if said.startswith("422: ") and "must be less than or equal to" in said:
        return ("invalid",)
    if found := re.search(r"failed quota: (\S+): must specify (.*)", said):
        pairs = (each.split(" for: ") for each in found[2].split("; "))
        return ("must specify", found[1], *((n, tuple(who.split(","))) for n, who in pairs))
    if found := re.search(r"exceeded quota: (\S+), requested: (\S+),", said):
        return ("exceeded", found[1], *sorted(e.split("=")[0] for e in found[2].split(",")))
    bounds = {
        (kind, bound, resource.removeprefix("["))
        for pattern, bound in BOUNDS.items()
        for resource, kind in re.findall(pattern, said)
    }
    return ("breaks", *sorted(bounds)) if bounds else ("?", said)


def _said(admin: Client, space: str, spec: Body, query: str = "?dryRun=All") -> str:
    """Return the refusal, or ``taken``; nothing while a quota's status is not known."""
    try:
        body = {"metadata": {"generateName": "pod-"}, "spec": spec}
        admin.create(f"{SPACE}/{space}/pods{query}", body)
    except RefusedError as error:
        return "" if "status unknown" in str(error) else str(error)
    return "taken"


def _pods(random: Random) -> list[Body]:
    """Return pods that nothing but a quota or a limit range refuses."""
    return [_pod(random) for _ in range(PODS)]


def _pod(random: Random) -> Body:
    generous = random.random() < 0.5
    count = random.choice((1, 1, 1, 2, 3))
    spec: Body = {"containers": [_container(random, f"c{i}", generous) for i in range(count)]}
    for i in range(random.choice((0, 0, 0, 1, 2, 3))):
        container = _container(random, f"i{i}", generous)
        if random.random() < 0.4:
            container["restartPolicy"] = "Always"
        spec.setdefault("initContainers", []).append(container)
    if random.random() < 0.3:
        spec["activeDeadlineSeconds"] = 60
    if random.random() < 0.6:
        spec["priorityClassName"] = random.choice(("high", "low"))
    if random.random() < 0.2:
        spec |= {"runtimeClassName": "heavy", "overhead": OVERHEAD}
    return spec


def _container(random: Random, name: str, generous: bool) -> Body:  # noqa: FBT001
    """Return a container whose limits are no lower than its requests; *generous* says all."""
    requests: dict[str, Any] = {}
    limits: dict[str, Any] = {}
    for resource, values in AMOUNTS.items():
        if generous or random.random() < 0.4:
            given = random.choice(values)
            match random.choice(("limit", "both", "request", "apart")):
                case "limit":
                    limits[resource] = given
                case "both":
                    limits[resource] = requests[resource] = given
                case "apart" if resource != GPU and given not in {"0", "0.0005"}:
                    requests[resource], limits[resource] = "1m", given
                case _:
                    (limits if resource == GPU else requests)[resource] = given
    (container,) = _with({"requests": requests, "limits": limits})["containers"]
    return {**container, "name": name}
