"""Label selectors and NetworkPolicies mean to the API server what they mean to us."""

from itertools import product
from typing import Any
from urllib.parse import quote

import pytest

from cluster.client import Body, RefusedError
from cluster.cluster import Cluster
from mpiaudit.policy import network_spec, selector

KEYS = ("example.com/tier", "app")
LABELS: list[dict[str, str]] = [
    {key: value for key, value in zip(KEYS, values, strict=True) if value is not None}
    for values in product((None, "", "a", "b"), repeat=len(KEYS))
]
"""Every way in which an object can bear two labels, or not."""

FORMS = ("", "= ", "= a", "in a", "in a,b", "in ,b", "notin a", "notin ,a", "exists", "absent")
"""What a selector can ask of one label; empty for nothing."""

LISTS = "/api/v1/namespaces/default/configmaps"
POLICIES = "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies"

SPECS: list[Any] = [
    {},
    {"podSelector": None, "ingress": None, "egress": None, "policyTypes": None},
    {"podSelector": {}, "egress": []},
    {"podSelector": {}, "egress": [{}]},
    {"podSelector": {}, "policyTypes": ["Egress"]},
    {"podSelector": {}, "policyTypes": ["Egress", "Ingress"], "ingress": [{"from": []}]},
    {"podSelector": {}, "policyTypes": ["ingress"]},
    {"podSelector": {}, "policyTypes": ["Ingress", "Ingress"]},
    {"podSelector": {"matchLabels": {"app": ""}}},
    {"podSelector": {"matchLabels": {"app": "a b"}}},
    {"podSelector": {"matchLabels": {"a/b/c": "d"}}},
    {"podSelector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}},
    {"podSelector": {"matchExpressions": [{"key": "app", "operator": "Gt", "values": ["1"]}]}},
    {"podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": []}]}},
    {"podSelector": {}, "ingress": [{"from": [{}]}]},
    {"podSelector": {}, "ingress": [{"from": [{"podSelector": None}]}]},
    {"podSelector": {}, "ingress": [{"from": [{"podSelector": {}, "namespaceSelector": {}}]}]},
    {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.1.2.3/8"}}]}]},
    {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "::/0"}}]}]},
    {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.1"}}]}]},
    {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/255.0.0.0"}}]}]},
    {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {}}]}]},
    {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "::/0"}, "podSelector": {}}]}]},
    {"podSelector": {}, "ingress": [{"ports": [{}]}]},
    {"podSelector": {}, "ingress": [{"ports": [{"port": "ssh"}]}]},
    {"podSelector": {}, "ingress": [{"ports": [{"port": "SSH"}]}]},
    {"podSelector": {}, "ingress": [{"ports": [{"port": "2222"}]}]},
    {"podSelector": {}, "ingress": [{"ports": [{"port": "a-name-too-long-to-be"}]}]},
    {"podSelector": {}, "ingress": [{"ports": [{"port": 0}]}]},
    {"podSelector": {}, "ingress": [{"ports": [{"port": 65536}]}]},
    {"podSelector": {}, "ingress": [{"ports": [{"port": 80, "endPort": 90}]}]},
    {"podSelector": {}, "ingress": [{"ports": [{"port": 90, "endPort": 80}]}]},
    {"podSelector": {}, "ingress": [{"ports": [{"port": "ssh", "endPort": 80}]}]},
    {"podSelector": {}, "ingress": [{"ports": [{"endPort": 80}]}]},
    {"podSelector": {}, "ingress": [{"ports": [{"port": 80, "protocol": "tcp"}]}]},
    {"podSelector": {}, "ingress": [{"ports": [{"port": 80, "protocol": "SCTP"}]}]},
    {"podSelector": {}, "ingress": [None]},
    {"podSelector": {}, "ingress": {}},
    {"podSelector": []},
]
"""What people write, right and wrong."""


def test_lists_answer_as_selectors_do(cluster: Cluster) -> None:
    """A policy selects the pods that ``kubectl get -l`` with its selector lists."""
    for index, labels in enumerate(LABELS):
        metadata = {"name": f"labelled-{index}", "labels": labels}
        cluster.admin.create(LISTS, {"metadata": metadata})
    differing = []
    for forms in product(FORMS, repeat=len(KEYS)):
        asked = list(zip(KEYS, forms, strict=True))
        parsed = selector.parse(_written(asked))
        assert parsed is not None

        found = cluster.admin.items(f"{LISTS}?labelSelector={quote(_queried(asked))}")
        theirs = {item["metadata"]["name"] for item in found} - {"kube-root-ca.crt"}
        ours = {f"labelled-{i}" for i, labels in enumerate(LABELS) if parsed.matches(labels)}

        if theirs != ours:
            differing.append((asked, theirs ^ ours))
    assert differing == []


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_the_api_server_takes_the_policies_that_we_take(cluster: Cluster, spec: object) -> None:
    """What it would refuse is in force nowhere; what it takes has the types that we say."""
    body = {"metadata": {"name": "tried"}, "spec": spec}
    try:
        taken: Body | None = cluster.admin.create(f"{POLICIES}?dryRun=All", body)
    except RefusedError:
        taken = None
    try:
        ours = network_spec.policy("default", "tried", spec)
    except selector.RefusedError:
        assert taken is None
        return

    assert taken is not None
    types = {"Ingress": ours.ingress, "Egress": ours.egress}
    assert {t for t, rules in types.items() if rules is not None} == set(
        taken["spec"]["policyTypes"]
    )


def _written(asked: list[tuple[str, str]]) -> Body:
    """Return the selector as an object holds it."""
    equal = {key: form[2:] for key, form in asked if form.startswith("= ")}
    return {"matchLabels": equal, "matchExpressions": list(_expressions(asked))}


def _expressions(asked: list[tuple[str, str]]) -> list[Body]:
    found: list[Body] = []
    for key, form in asked:
        word, _, values = form.partition(" ")
        if word in {"in", "notin"}:
            operator = "In" if word == "in" else "NotIn"
            found.append({"key": key, "operator": operator, "values": values.split(",")})
        elif word in {"exists", "absent"}:
            found.append({"key": key, "operator": "Exists" if word == "exists" else "DoesNotExist"})
    return found


def _queried(asked: list[tuple[str, str]]) -> str:
    """Return the selector as a list is asked with it."""
    words = []
    for key, form in asked:
        word, _, values = form.partition(" ")
        match word:
            case "=":
                words.append(f"{key}={values}")
            case "in" | "notin":
                words.append(f"{key} {word} ({values})")
            case "exists":
                words.append(key)
            case "absent":
                words.append(f"!{key}")
    return ",".join(words)
