"""Whether policies let pods reach each other, by the cases of Kubernetes' own conformance tests.

Source of cases and answers: kubernetes/kubernetes v1.34.4 test/e2e/network/netpol/network_policy.go
(the texts of ``f.It``), with pods a, b and c in namespaces x, y and z, as in model.go.
"""

from __future__ import annotations

from fnmatch import fnmatch
from ipaddress import ip_address
from itertools import product
from typing import Any, NamedTuple

import pytest

from mpiaudit.policy import network_spec
from mpiaudit.policy.network import Pod, Policies, traffic
from mpiaudit.policy.selector import Labels, RefusedError

Body = dict[str, Any]
NAME = "kubernetes.io/metadata.name"
PLACES = [f"{space}/{name}" for space in "xyz" for name in "abc"]
PORTS = {(f"serve-{n}-{p.lower()}", p): n for n in (80, 81) for p in ("TCP", "UDP", "SCTP")}
PODS = {
    place: Pod(place[0], Labels({"pod": place[2]}), PORTS, address=ip_address(f"10.0.0.{i}"))
    for i, place in enumerate(PLACES, start=1)
}
"""x/a has the address 10.0.0.1, x/b 10.0.0.2, and so on to z/c, 10.0.0.9."""


def pods(*names: str) -> Body:
    """Return a selector of pods by their name."""
    return {"matchExpressions": [{"key": "pod", "operator": "In", "values": list(names)}]}


def spaces(*names: str, operator: str = "In") -> Body:
    """Return a selector of namespaces by their name."""
    return {"matchExpressions": [{"key": NAME, "operator": operator, "values": list(names)}]}


def ingress(target: Body, *rules: Body) -> Body:
    """Return a policy about ingress."""
    return {"podSelector": target, "ingress": list(rules), "policyTypes": ["Ingress"]}


def egress(target: Body, *rules: Body) -> Body:
    """Return a policy about egress."""
    return {"podSelector": target, "egress": list(rules), "policyTypes": ["Egress"]}


class Case(NamedTuple):
    """One case: policies of namespace x, and what passes, everything before the first word."""

    says: str
    policies: list[Body]
    expected: list[tuple[str, str, bool]]
    """Source, target, and whether it passes; a later line outweighs an earlier one."""

    port: int = 80
    protocol: str = "TCP"
    elsewhere: dict[str, list[Body]] = {}  # noqa: RUF012 - never changed
    """Policies of other namespaces."""


A = {"matchLabels": {"pod": "a"}}
FROM_Y_81 = {"from": [{"namespaceSelector": spaces("y")}], "ports": [{"port": 81}]}
FROM_Y_80 = {"from": [{"namespaceSelector": spaces("y")}], "ports": [{"port": 80}]}
ONLY_Y = [("*", "x/a", False), ("y/*", "x/a", True)]
FROM_XA = {"from": [{"namespaceSelector": spaces("x"), "podSelector": pods("a")}]}
ALL_BUT_XB: Body = {"to": [{"ipBlock": {"cidr": "10.0.0.0/24", "except": ["10.0.0.2/32"]}}]}

CASES = [
    Case("default-deny-ingress", [ingress({})], [("*", "x/*", False)]),
    Case(
        "default-deny-all",
        [{"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}],
        [("*", "x/*", False), ("x/*", "*", False)],
    ),
    Case(
        "traffic from pods within server namespace based on PodSelector",
        [ingress(A, {"from": [{"podSelector": {"matchLabels": {"pod": "b"}}}]})],
        [("*", "x/a", False), ("x/b", "x/a", True)],
    ),
    Case(
        "allow ingress traffic for a target",
        [ingress({}), ingress(A, {"from": [{"podSelector": {}, "namespaceSelector": {}}]})],
        [("*", "x/*", False), ("*", "x/a", True)],
    ),
    Case(
        "ingress traffic from pods in all namespaces",
        [ingress(A, {"from": [{"namespaceSelector": {"matchLabels": {}}}]})],
        [],
    ),
    Case(
        "only from a different namespace, based on NamespaceSelector",
        [ingress(A, {"from": [{"namespaceSelector": {"matchLabels": {NAME: "y"}}}]})],
        ONLY_Y,
    ),
    Case(
        "PodSelector with MatchExpressions",
        [ingress(A, {"from": [{"podSelector": pods("b")}]})],
        [("*", "x/a", False), ("x/b", "x/a", True)],
    ),
    Case(
        "NamespaceSelector with MatchExpressions",
        [ingress(A, {"from": [{"namespaceSelector": spaces("y")}]})],
        ONLY_Y,
    ),
    Case(
        "PodSelector or NamespaceSelector",
        [
            ingress(
                A,
                {
                    "from": [
                        {"namespaceSelector": spaces("x", operator="NotIn")},
                        {"podSelector": pods("b")},
                    ]
                },
            )
        ],
        [("x/*", "x/a", False), ("x/b", "x/a", True)],
    ),
    Case(
        "PodSelector and NamespaceSelector",
        [
            ingress(
                A,
                {
                    "from": [
                        {
                            "namespaceSelector": spaces("x", operator="NotIn"),
                            "podSelector": pods("b"),
                        }
                    ]
                },
            )
        ],
        [("*", "x/a", False), ("y/b", "x/a", True), ("z/b", "x/a", True)],
    ),
    Case(
        "Multiple PodSelectors and NamespaceSelectors",
        [
            ingress(
                A,
                {
                    "from": [
                        {
                            "namespaceSelector": spaces("x", operator="NotIn"),
                            "podSelector": pods("b", "c"),
                        }
                    ]
                },
            )
        ],
        [("x/*", "x/a", False), ("y/a", "x/a", False), ("z/a", "x/a", False)],
    ),
    Case(
        "any PodSelectors",
        [ingress(A, {"from": [{"podSelector": pods("b")}, {"podSelector": pods("c")}]})],
        [("*", "x/a", False), ("x/b", "x/a", True), ("x/c", "x/a", True)],
    ),
    Case(
        "only from a pod in a different namespace",
        [ingress(A, {"from": [{"namespaceSelector": spaces("y"), "podSelector": pods("a")}]})],
        [("*", "x/a", False), ("y/a", "x/a", True)],
    ),
    Case("based on Ports", [ingress(A, FROM_Y_81)], ONLY_Y, port=81),
    Case("stacked policies, port 81", [ingress(A, FROM_Y_81)], ONLY_Y, port=81),
    Case("stacked policies, port 80", [ingress(A, FROM_Y_81)], [("*", "x/a", False)], port=80),
    Case("stacked policies, both", [ingress(A, FROM_Y_81), ingress(A, FROM_Y_80)], ONLY_Y),
    Case("allow-all policy, port 80", [ingress({}, {})], []),
    Case("allow-all policy, port 81", [ingress({}, {})], [], port=81),
    Case(
        "ingress access on one named port, open",
        [ingress({}, {"ports": [{"port": "serve-81-tcp"}]})],
        [],
        port=81,
    ),
    Case(
        "ingress access on one named port, closed",
        [ingress({}, {"ports": [{"port": "serve-81-tcp"}]})],
        [("*", "x/*", False)],
        port=80,
    ),
    Case(
        "ingress access from namespace on one named port, open",
        [
            ingress(
                A,
                {
                    "from": [{"namespaceSelector": spaces("y")}],
                    "ports": [{"port": "serve-80-tcp", "protocol": "TCP"}],
                },
            )
        ],
        ONLY_Y,
        port=80,
    ),
    Case(
        "ingress access from namespace on one named port, closed",
        [
            ingress(
                A,
                {
                    "from": [{"namespaceSelector": spaces("y")}],
                    "ports": [{"port": "serve-80-tcp", "protocol": "TCP"}],
                },
            )
        ],
        [("*", "x/a", False)],
        port=81,
    ),
    Case(
        "egress access on one named port, open",
        [egress({}, {"ports": [{"port": "serve-80-tcp"}]})],
        [],
        port=80,
    ),
    Case(
        "egress access on one named port, closed",
        [egress({}, {"ports": [{"port": "serve-80-tcp"}]})],
        [("x/*", "*", False)],
        port=81,
    ),
    Case(
        "deny ingress from pods on other namespaces",
        [ingress({}, {"from": [{"podSelector": {"matchLabels": {}}}]})],
        [("y/*", "x/*", False), ("z/*", "x/*", False)],
    ),
    Case(
        "deny egress from pods based on PodSelector",
        [egress(A)],
        [("x/a", "*", False)],
    ),
    Case("deny egress from all pods in a namespace", [egress({})], [("x/*", "*", False)]),
    Case(
        "Ingress, Egress specified together, port 80",
        [
            {
                "podSelector": A,
                "ingress": [{"from": [{"podSelector": pods("b")}]}],
                "egress": [{"ports": [{"port": 80}]}],
                "policyTypes": ["Egress", "Ingress"],
            }
        ],
        [("*", "x/a", False), ("x/b", "x/a", True)],
        port=80,
    ),
    Case(
        "Ingress, Egress specified together, port 81",
        [
            {
                "podSelector": A,
                "ingress": [{"from": [{"podSelector": pods("b")}]}],
                "egress": [{"ports": [{"port": 80}]}],
                "policyTypes": ["Egress", "Ingress"],
            }
        ],
        [("*", "x/a", False), ("x/a", "*", False), ("x/b", "x/a", True)],
        port=81,
    ),
    Case(
        "denying of egress traffic on the client side",
        [egress(A, {"to": [{"namespaceSelector": spaces("y"), "podSelector": pods("a")}]})],
        [
            ("x/a", "*", False),
            ("*", "y/a", False),
            ("x/a", "y/a", True),
            ("*", "y/b", False),
        ],
        elsewhere={"y": [ingress(A, FROM_XA), ingress(pods("b"), FROM_XA)]},
    ),
    Case(
        "egress to a server in a different namespace",
        [egress(A, {"to": [{"namespaceSelector": spaces("y"), "podSelector": pods("a")}]})],
        [("x/a", "*", False), ("x/a", "y/a", True)],
    ),
    Case(
        "any port on a specific protocol, TCP",
        [ingress(A, {"ports": [{"protocol": "TCP"}]})],
        [],
        protocol="TCP",
    ),
    Case(
        "any port on a specific protocol, UDP",
        [ingress(A, {"ports": [{"protocol": "TCP"}]})],
        [("*", "x/a", False)],
        protocol="UDP",
    ),
    Case(
        "ingress allow-all taking precedence, before",
        [ingress({}, {"ports": [{"port": 80}]})],
        [("*", "x/*", False)],
        port=81,
    ),
    Case(
        "ingress allow-all taking precedence, after",
        [ingress({}, {"ports": [{"port": 80}]}), ingress({}, {})],
        [],
        port=81,
    ),
    Case(
        "egress allow-all taking precedence, before",
        [egress({}, {"ports": [{"port": 80}]})],
        [("x/*", "*", False)],
        port=81,
    ),
    Case(
        "egress allow-all taking precedence, after",
        [egress({}, {"ports": [{"port": 80}]}), egress({}, {})],
        [],
        port=81,
    ),
    Case(
        "egress access to server in CIDR block",
        [egress(A, {"to": [{"ipBlock": {"cidr": "10.0.0.5/32"}}]})],
        [("x/a", "*", False), ("x/a", "y/b", True)],
    ),
    Case("except clause", [egress(A, ALL_BUT_XB)], [("x/a", "x/b", False)]),
    Case(
        "an IP in one policy's Except and another's CIDR",
        [egress(A, ALL_BUT_XB), egress(A, {"to": [{"ipBlock": {"cidr": "10.0.0.2/32"}}]})],
        [],
    ),
    Case(
        "ingress and egress controlled independently",
        [egress(A, {}), ingress(A)],
        [("*", "x/a", False)],
    ),
    Case(
        "not mistakenly treat 'protocol: SCTP' as 'protocol: TCP'",
        [ingress({}), ingress(A, {"ports": [{"port": 81, "protocol": "SCTP"}]})],
        [("*", "x/*", False)],
        port=81,
    ),
    Case(
        "isolate pods that are selected by a policy allowing SCTP",
        [ingress(A, {"ports": [{"port": 80, "protocol": "SCTP"}]})],
        [("*", "x/a", False)],
        port=81,
    ),
    Case(
        "not allow access by TCP when a policy specifies only UDP",
        [ingress(A, {"ports": [{"port": 81, "protocol": "UDP"}]})],
        [("*", "x/a", False)],
        port=81,
    ),
    Case(
        "MatchExpressions using default ns label",
        [egress(A, {"to": [{"namespaceSelector": spaces("y", operator="NotIn")}]})],
        [("x/a", "y/*", False)],
    ),
    Case(
        "a range of ports (network_policy.go knows none; types.go: both ends included)",
        [ingress(A, {"ports": [{"port": 79, "endPort": 80}]})],
        [],
        port=80,
    ),
    Case(
        "a range of ports, one below",
        [ingress(A, {"ports": [{"port": 81, "endPort": 90}]})],
        [("*", "x/a", False)],
        port=80,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_conformance(case: Case) -> None:
    """A policy does what every network plug-in that conforms makes it do."""
    policies = Policies(
        network_spec.policy(space, f"{space}-{i}", spec)
        for space, specs in {"x": case.policies, **case.elsewhere}.items()
        for i, spec in enumerate(specs)
    )
    wanted = traffic(case.port, protocol=case.protocol)

    pairs = [(a, b) for a, b in product(PLACES, PLACES) if a != b]
    passing = {(a, b) for a, b in pairs if policies.reaches(PODS[a], PODS[b], wanted)}

    assert passing == {(a, b) for a, b in pairs if expected(case, a, b)}


def expected(case: Case, source: str, target: str) -> bool:
    """Return what the last line of *case* says that is about both; all passes where none is."""
    lines = [passes for a, b, passes in case.expected if fnmatch(source, a) and fnmatch(target, b)]
    return lines[-1] if lines else True


def test_a_policy_with_egress_rules_and_no_types_isolates_both_ways() -> None:
    """Half of all policies leave ``policyTypes`` to the API server."""
    both = network_spec.policy("x", "p", {"egress": [{}]})
    one = network_spec.policy("x", "p", {"egress": []})
    neither = network_spec.policy("x", "p", None)

    assert (both.ingress, len(both.egress or ())) == ((), 1)
    assert (one.ingress, one.egress) == ((), None)
    assert (neither.ingress, neither.egress) == ((), None)


def test_pods_on_the_nodes_network_are_not_isolated() -> None:
    """They have the node's address, which no selector of pods knows."""
    policies = Policies([network_spec.policy("x", "p", {"podSelector": {}})])
    node = Pod("x", Labels({}), host_network=True)

    assert policies.isolating(node, "Ingress") == ()
    assert policies.block(Pod("x", Labels({})), node, traffic(80), "Ingress") != ()


def test_what_is_not_known_is_not_called_blocked() -> None:
    """A false alarm about somebody's network costs an afternoon."""
    to_dns: Body = {"to": [{"namespaceSelector": {"matchLabels": {"dns": "here"}}}]}
    policies = Policies([network_spec.policy("x", "p", egress({}, to_dns))], {"y": Labels({})})

    assert policies.reaches(PODS["x/a"], Pod("z"), traffic(53))
    assert not policies.reaches(PODS["x/a"], Pod("y"), traffic(53))
    assert policies.isolating(Pod("x"), "Egress")
    assert not Policies([network_spec.policy("x", "p", ingress(A))]).isolating(Pod("x"), "Ingress")


@pytest.mark.parametrize(
    "spec",
    [
        {"policyTypes": ["ingress"]},
        {"ingress": [{"from": [{}]}]},
        {"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}]}]},
        {"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.1"}}]}]},
        {"ingress": [{"ports": [{"port": "2222"}]}]},
        {"ingress": [{"ports": [{"port": 90, "endPort": 80}]}]},
        {"ingress": [{"ports": [{"endPort": 80}]}]},
        {"ingress": [{"ports": [{"port": "ssh", "endPort": 80}]}]},
        {"ingress": [{"ports": [{"port": 0}]}]},
        {"ingress": [{"ports": [{"port": 80, "protocol": "tcp"}]}]},
        {"ingress": {}},
        {"podSelector": {"matchLabels": {"app": "${APP}"}}},
        [],
    ],
    ids=str,
)
def test_what_the_api_server_refuses_is_in_force_nowhere(spec: object) -> None:
    """A manifest that cannot be applied isolates nothing; an unrendered template is one."""
    with pytest.raises(RefusedError):
        network_spec.policy("x", "p", spec)
