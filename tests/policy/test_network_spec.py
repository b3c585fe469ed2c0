"""No value that a NetworkPolicy may hold makes its reading crash."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from mpiaudit.policy import network_spec
from mpiaudit.policy.selector import RefusedError

Body = dict[str, Any]

SELECTOR = {
    "matchLabels": {"a": "b"},
    "matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}],
}
RULE = {
    "from": [
        {"podSelector": SELECTOR, "namespaceSelector": SELECTOR},
        {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}},
    ],
    "ports": [{"port": 22, "endPort": 30, "protocol": "TCP"}],
}
SPEC = {"podSelector": SELECTOR, "ingress": [RULE], "policyTypes": ["Ingress"]}
ODD: tuple[object, ...] = (
    *(None, True, -1, 0, 1.5, 10**30, "", "${X}", "a b", "0/0"),
    *([], {}, [None], [[1]], [{}], {"1": 2}, {1: "a"}, {"a": [None]}),
)


def steps(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of everything inside *value*."""
    entries = value.items() if isinstance(value, dict) else ()
    for step, each in enumerate(value) if isinstance(value, list) else entries:
        yield (*path, step)
        yield from steps(each, (*path, step))


@pytest.mark.parametrize("path", list(steps(SPEC)), ids=str)
def test_no_value_of_a_wrong_type_crashes(path: tuple[Any, ...]) -> None:
    """Manifests hold anything anywhere; what is no policy is refused, as by the API server."""
    taken = 0
    for value in ODD:
        changed: Body = copy.deepcopy(SPEC)
        inside: Any = changed
        for step in path[:-1]:
            inside = inside[step]
        inside[path[-1]] = value
        try:
            network_spec.policy("x", "p", changed)
        except RefusedError:
            continue
        taken += 1

    assert taken < len(ODD)


def test_the_sample_itself_is_taken() -> None:
    """Else nothing above would have been tried."""
    assert network_spec.policy("x", "p", SPEC).ingress
