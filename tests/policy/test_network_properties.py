"""What holds of all policies and pods, however they lie."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mpiaudit.policy import network_spec
from mpiaudit.policy.network import Pod, Policies, Traffic, traffic
from mpiaudit.policy.network_rule import Direction, Policy, Rule
from mpiaudit.policy.selector import EVERYTHING, UNKNOWN, Labels

Body = dict[str, Any]

names = st.sampled_from(["a", "b"])
selectors = st.one_of(
    st.just({}),
    st.dictionaries(names, names).map(lambda labels: {"matchLabels": labels}),
    st.builds(
        lambda key, word: {"matchExpressions": [{"key": key, "operator": word}]},
        names,
        st.sampled_from(["Exists", "DoesNotExist"]),
    ),
)
peers = st.one_of(
    selectors.map(lambda s: {"podSelector": s}),
    st.builds(lambda s, t: {"podSelector": s, "namespaceSelector": t}, selectors, selectors),
)
ports = st.one_of(
    st.just({"port": "ssh"}),
    st.sampled_from([22, 80]).map(lambda n: {"port": n}),
    st.just({"port": 20, "endPort": 30}),
)
rules = st.builds(
    lambda p, q: {"from": p, "to": p, "ports": q}, st.lists(peers, max_size=2), st.lists(ports)
)
specs = st.builds(
    lambda s, i, e, t: {"podSelector": s, "ingress": i, "egress": e, "policyTypes": t},
    selectors,
    st.lists(rules, max_size=2),
    st.lists(rules, max_size=2),
    st.lists(st.sampled_from(["Ingress", "Egress"]), unique=True),
)
policies_of = st.lists(
    st.builds(network_spec.policy, names, st.uuids().map(str), specs), max_size=5
)
ends = st.builds(
    lambda space, labels, whole: Pod(space, Labels(labels, whole), {("ssh", "TCP"): 22}),
    names,
    st.dictionaries(names, names),
    st.booleans(),
)


def one_by_one(policies: list[Policy], source: Pod, target: Pod, wanted: Traffic) -> bool:
    """Return the answer without an index: every policy is asked whether it selects the pod."""

    def passes(pod: Pod, peer: Pod, direction: Direction) -> bool:
        near = [p for p in policies if p.namespace == pod.namespace]
        able = [replace(p, selector=EVERYTHING) for p in near if p.selector.possibly(pod.labels)]
        isolated = [
            p for p in near if p.selector.surely(pod.labels) and p.rules(direction) is not None
        ]
        return not isolated or not Policies(able).block(pod, peer, wanted, direction)

    return passes(source, target, "Egress") and passes(target, source, "Ingress")


@given(policies_of, ends, ends)
@settings(max_examples=100, deadline=None)
def test_the_index_finds_what_a_search_of_all_finds(
    policies: list[Policy], source: Pod, target: Pod
) -> None:
    """Speed must not cost a single answer."""
    wanted = traffic(22)

    assert Policies(policies).reaches(source, target, wanted) == one_by_one(
        policies, source, target, wanted
    )


@given(policies_of, ends, ends, st.sampled_from(["labels", "ports"]))
@settings(max_examples=100, deadline=None)
def test_to_know_less_blocks_nothing_more(
    policies: list[Policy], source: Pod, target: Pod, forgotten: str
) -> None:
    """Where something is not read, a claim may be missed; none may be added."""
    known = Policies(policies)
    less = Pod(
        target.namespace,
        UNKNOWN if forgotten == "labels" else target.labels,
        None if forgotten == "ports" else target.ports,
    )

    if known.reaches(source, target, traffic(22)):
        assert known.reaches(source, less, traffic(22))


@given(policies_of, ends, ends, rules)
@settings(max_examples=100, deadline=None)
def test_one_more_rule_blocks_nothing_more(
    policies: list[Policy], source: Pod, target: Pod, rule: Body
) -> None:
    """Rules only add up: what one admits, no other takes back."""
    (into,), (out,) = _both(rule)
    more = [
        replace(
            p,
            ingress=None if p.ingress is None else (*p.ingress, into),
            egress=None if p.egress is None else (*p.egress, out),
        )
        for p in policies
    ]

    if Policies(policies).reaches(source, target, traffic(22)):
        assert Policies(more).reaches(source, target, traffic(22))


def _both(rule: Body) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    parsed = network_spec.policy("a", "more", {"ingress": [rule], "egress": [rule]})
    return parsed.ingress or (), parsed.egress or ()
