"""A live scan reads the NetworkPolicies around MPIJobs, and no other's."""

from pathlib import Path

from collect.server import Fault, kubeconfig, serve
from collect.small import ALL, cluster, thing
from mpiaudit.collect.live import Options, collect
from mpiaudit.inventory.build import build
from mpiaudit.policy.network_rule import Peer, Policy, Port, Rule
from mpiaudit.policy.selector import EVERYTHING, Requirement, Selector


def objects() -> dict[str, list[dict[str, object]]]:
    """Return the small cluster with one policy in each of two namespaces."""
    peer = {"namespaceSelector": {"matchLabels": {"team": "a"}}}
    spec = {"podSelector": {}, "ingress": [{"from": [peer], "ports": [{"port": 2222}]}]}
    return cluster() | {
        "networkpolicies": [thing("closed", s, spec=spec) for s in ("team-a", "elsewhere")]
    }


def test_policies_are_read_where_there_are_jobs(tmp_path: Path) -> None:
    """What others let through is nobody's business here."""
    with serve(objects()) as server:
        found = build(collect(ALL, Options(kubeconfig(tmp_path / "config", server))))

    team = Selector((Requirement("team", "In", frozenset({"a"})),))
    rule = Rule((Peer(EVERYTHING, team),), (Port("TCP", 2222, 2222),))
    assert [view.policy for view in found.network_policies] == [
        Policy("team-a", "closed", EVERYTHING, ingress=(rule,), egress=None)
    ]
    assert "NetworkPolicy" in found.listed


def test_policies_that_may_not_be_read_are_a_gap(tmp_path: Path) -> None:
    """Without the right to see them nothing is said to pass."""
    refused = Fault("/networkpolicies", status=403)
    with serve(objects(), refused) as server:
        found = build(collect(ALL, Options(kubeconfig(tmp_path / "config", server))))

    assert found.gaps["network_policies"].reason.startswith("may not list networkpolicies")
    assert found.gaps["network_policies"].unreadable
