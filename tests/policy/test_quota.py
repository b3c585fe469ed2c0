"""What quotas and limit ranges make of one pod, by examples worked out by hand."""

from fractions import Fraction
from typing import Any

from mpiaudit.policy.demand import Demand, demand
from mpiaudit.policy.limit_range import Limit, breaches, defaults, overtaken
from mpiaudit.policy.quota import Quota, usage


def container(name: str, cpu: str, **rest: object) -> dict[str, Any]:
    """Return a container with one limit."""
    return {"name": name, "resources": {"limits": {"cpu": cpu}}, **rest}


def pod(**spec: object) -> Demand:
    """Return what a pod of *spec* asks for."""
    asked = demand(spec)
    assert asked is not None
    return asked


def quota(hard: dict[str, object], **spec: object) -> Quota:
    """Return a quota that nobody has used."""
    return Quota.parse({"hard": hard, **spec}, {})


def test_a_pod_counts_as_it_is_at_its_height() -> None:
    """Init containers run one by one, beside the sidecars that were started before them."""
    spec = {
        "containers": [container("a", "1"), container("b", "2")],
        "initContainers": [
            container("large", "4"),
            container("proxy", "500m", restartPolicy="Always"),
            container("last", "3"),
        ],
        "overhead": {"cpu": "250m"},
    }

    used = usage(pod(**spec))

    assert used["requests.cpu"] == used["cpu"] == Fraction(17, 4)
    assert used["limits.cpu"] == Fraction(17, 4)
    assert used["pods"] == used["count/pods"] == 1


def test_overhead_adds_to_limits_that_are_there() -> None:
    """A pod without a limit stays without one, whatever its runtime takes for itself."""
    free = usage(pod(containers=[container("a", "0")], overhead={"cpu": "1", "memory": "1Gi"}))

    assert (free["limits.cpu"], free["requests.cpu"]) == (Fraction(0), Fraction(1))
    assert "limits.memory" not in free


def test_an_accelerator_is_counted_by_its_requests() -> None:
    """The limit of a GPU is its request as well, and quotas know no other name for it."""
    used = usage(pod(containers=[{"resources": {"limits": {"nvidia.com/gpu": 8}}}]))

    assert used["requests.nvidia.com/gpu"] == 8
    assert not used.keys() & {"nvidia.com/gpu", "limits.nvidia.com/gpu"}


def test_each_container_must_say_what_is_counted() -> None:
    """One container that says nothing has the whole pod refused, and disks need not be said."""
    strict = quota(
        {"limits.cpu": "9", "requests.memory": "9Gi", "requests.ephemeral-storage": "1Gi"}
    )

    unsaid = strict.unspecified(pod(containers=[container("a", "1"), {"name": "b"}]))

    assert unsaid == {"limits.cpu": ("b",), "requests.memory": ("a", "b")}


def test_a_priority_that_nobody_names_may_still_be_given() -> None:
    """A cluster can have a default class, so such a pod is neither counted nor let off."""
    selector = {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "Exists"}]}
    urgent = quota({"pods": "1"}, scopeSelector=selector)

    assert urgent.counts(pod()) is None
    assert urgent.counts(pod(priorityClassName="high")) is True


def test_what_the_status_says_is_in_force() -> None:
    """Somebody lowers the quota: until the controller has seen it the old one holds."""
    status = {"hard": {"pods": "5"}, "used": {"pods": "4"}}

    changed = Quota.parse({"hard": {"pods": "2"}}, status)

    assert changed.hard == {"pods": Fraction(5)}
    assert changed.used == {"pods": Fraction(4)}
    assert changed.lacking({"pods": Fraction(5)}) == []
    assert changed.lacking({"pods": Fraction(2)}, changed.used) == ["pods"]


def test_what_a_pod_does_not_use_does_not_matter() -> None:
    """A quota that is overdrawn refuses only pods that want more of the same."""
    overdrawn = Quota.parse(
        {"hard": {"cpu": "1", "pods": "9"}}, {"used": {"cpu": "2", "pods": "1"}}
    )

    idle = usage(pod(containers=[container("a", "0")]))

    assert overdrawn.lacking(idle, overdrawn.used) == []


def test_bounds_are_defaults_as_well() -> None:
    """A manifest says max alone; the API server makes it the default limit and request."""
    limit = Limit.parse(0, {"type": "Container", "max": {"cpu": "2"}, "min": {"memory": "1Gi"}})

    assert defaults([limit]) == (
        {"cpu": Fraction(2), "memory": Fraction(2**30)},
        {"cpu": Fraction(2)},
    )


def test_defaults_that_differ_are_no_defaults() -> None:
    """Which of two LimitRanges comes first is a matter of chance, and nothing is built on it."""
    limits = [
        Limit.parse(i, {"type": "Container", "default": {"cpu": amount}})
        for i, amount in enumerate(("1", "2"))
    ]

    assert defaults(limits) is None


def test_a_request_above_the_default_limit_is_refused() -> None:
    """Only the request was written; the limit comes from the namespace, and is lower."""
    limit = Limit.parse(0, {"type": "Container", "default": {"cpu": "500m"}})
    written = pod(containers=[{"name": "a", "resources": {"requests": {"cpu": "2"}}}])

    (breach,) = overtaken(written, written.filled({}, {"cpu": Fraction(1, 2)}), [limit])

    assert breach.reason == "the default limit is 500m, and the request is 2"


def test_what_breaks_a_bound_is_named() -> None:
    """The reader sees which bound it is, of which resource, and by how much."""
    limit = Limit.parse(3, {"type": "Pod", "max": {"cpu": "2"}, "min": {"memory": "1Gi"}})

    found = list(breaches(pod(containers=[container("a", "1"), container("b", "2")]), [limit]))

    assert [(b.limit.index, b.bound, b.resource, b.container) for b in found] == [
        (3, "min", "memory", None),
        (3, "max", "cpu", None),
    ]
    assert found[1].reason == "the limit must be at most 2, and is 3"


def test_pods_with_resources_of_their_own_are_not_judged() -> None:
    """Only some releases of Kubernetes take them, and a controller may drop them."""
    assert demand({"containers": [], "resources": {"limits": {"cpu": "1"}}}) is None
