"""A scan of a real API server: what it says, what it asks for, and what a missing right costs."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cluster.accounts import account, effective, role
from cluster.client import eventually
from cluster.cluster import Cluster, emptied
from cluster.conftest import started
from cluster.jobs import mpijob, with_field
from cluster.plane import RELEASE
from mpiaudit import engine
from mpiaudit.cli import _audit, commands
from mpiaudit.collect import rights
from mpiaudit.report import Report

LISTS = (
    "/api/v1/configmaps",
    "/api/v1/events",
    "/api/v1/limitranges",
    "/api/v1/namespaces",
    "/api/v1/pods",
    "/api/v1/resourcequotas",
    "/api/v1/secrets",
    "/api/v1/serviceaccounts",
    "/api/v1/services",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "/apis/apps/v1/deployments",
    "/apis/apps/v1/statefulsets",
    "/apis/batch/v1/jobs",
    "/apis/coordination.k8s.io/v1/leases",
    "/apis/kubeflow.org/v2beta1/mpijobs",
    "/apis/networking.k8s.io/v1/networkpolicies",
    "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "/apis/rbac.authorization.k8s.io/v1/rolebindings",
    "/apis/rbac.authorization.k8s.io/v1/roles",
)
"""What ``kubectl get -A`` is asked for in the README's way of exporting."""

FIELDS = {
    "clusterrolebindings": "bindings",
    "clusterroles": "roles",
    "configmaps": "config_maps",
    "customresourcedefinitions": "crd",
    "deployments": "controllers",
    "events": "events",
    "jobs": "launcher_jobs",
    "leases": "leases",
    "limitranges": "limit_ranges",
    "mpijobs": "jobs",
    "namespaces": "namespaces",
    "networkpolicies": "network_policies",
    "pods": "pods",
    "resourcequotas": "resource_quotas",
    "rolebindings": "bindings",
    "roles": "roles",
    "secrets": "secrets",
    "serviceaccounts": "service_accounts",
    "services": "services",
    "statefulsets": "controllers",
}
"""What a rule asks for, by the resource that holds it."""


ALLOWED = {
    "resourcequotas": {"hard": {"pods": "50"}},
    "limitranges": {"limits": [{"type": "PersistentVolumeClaim", "max": {"storage": "1Ti"}}]},
}
"""What a namespace allows, by plural; the jobs here keep to it."""

AGE = re.compile(r"\d+ s before it was read")
"""What differs between two reports of one state."""

OLDER = "1.29.15"
"""A release of Kubernetes of two years before."""


@pytest.fixture(scope="module", params=[RELEASE, OLDER])
def busy(
    request: pytest.FixtureRequest, running: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """Return a cluster with mpi-operator at work, a healthy job, a finished and a refused one."""
    if request.param == RELEASE:
        yield _busy(emptied(running))
        return
    with started(tmp_path_factory.mktemp("older"), str(request.param)) as older:
        yield _busy(older)


def _busy(cluster: Cluster) -> Cluster:
    cluster.install("mpi-operator-0.8.0")
    cluster.namespace("team-a")
    for plural, spec in ALLOWED.items():
        body = {"metadata": {"name": "fair"}, "spec": spec}
        cluster.admin.create(f"/api/v1/namespaces/team-a/{plural}", body)
    cluster.submit(mpijob("runs"))
    ends = with_field(mpijob("ends", "team-b", ends=0), "None", *CLEAN)
    cluster.submit(with_field(ends, {"limits": {"nvidia.com/gpu": "1"}}, *RESOURCES))
    cluster.submit(with_field(mpijob("refused"), 2, *LAUNCHERS))
    cluster.apply([OPEN])
    cluster.start_controllers()
    cluster.reaches("runs", "Running")
    cluster.reaches("ends", "Succeeded", "team-b")
    eventually(lambda: cluster.events("refused"), "the operator refuses the job")
    return cluster


OPEN = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "open", "namespace": "team-a"},
    "spec": {"podSelector": {}, "ingress": [{}]},
}
"""Closes nothing; a list without objects says nothing in an export."""

CLEAN = ("spec", "runPolicy", "cleanPodPolicy")
LAUNCHERS = ("spec", "mpiReplicaSpecs", "Launcher", "replicas")
WORKER = ("spec", "mpiReplicaSpecs", "Worker", "template", "spec", "containers", 0)
RESOURCES = (*WORKER, "resources")


def test_live_and_exported_say_the_same(busy: Cluster, tmp_path: Path) -> None:
    """Whoever may not reach the cluster gets from its export what a live scan would say."""
    live = busy.scan()

    for path in LISTS:
        listed = busy.admin.get(path)
        for item in listed["items"]:
            item.setdefault("apiVersion", listed["apiVersion"])
            item.setdefault("kind", listed["kind"].removesuffix("List"))
        (tmp_path / f"{path.rpartition('/')[2]}.json").write_text(json.dumps(listed))
    exported = _audit.files([str(tmp_path)], engine.load_rules())

    assert _said(live) == _said(exported)
    assert {"MPA085", "MPA110", "MPA140"} <= {rule for rule, *_ in _said(live)}
    assert {r.id for r in live.passed} == {r.id for r in exported.passed}
    assert live.verdict == exported.verdict
    assert live.complete


def test_scan_only_reads_what_it_declares(busy: Cluster) -> None:
    """Security teams let a scanner in that cannot change anything, by the server's own record."""
    token = account(busy, "reader")
    busy.apply(role("reader", rights.rules()))
    effective(busy, token)
    busy.scan(kubeconfig=busy.plane.kubeconfig("reader", token))

    asked = busy.plane.requests("system:serviceaccount:default:reader")
    resources = [event["objectRef"] for event in asked if "objectRef" in event]

    assert {event["verb"] for event in asked} <= {"get", "list"}
    assert {r["resource"] for r in resources} <= FIELDS.keys()
    assert [e["requestURI"] for e in asked if "objectRef" not in e] == ["/version"]
    assert {r["name"] for r in resources if r["resource"] == "customresourcedefinitions"} <= {
        "mpijobs.kubeflow.org",
        "podgroups.scheduling.volcano.sh",
        "podgroups.scheduling.x-k8s.io",
    }


def test_no_secret_leaves_the_server(busy: Cluster) -> None:
    """A scan sees that a job has an SSH key, and never the key."""
    token = account(busy, "discreet")
    busy.apply(role("discreet", rights.rules()))
    effective(busy, token)
    busy.scan(kubeconfig=busy.plane.kubeconfig("discreet", token))

    asked = busy.plane.requests("system:serviceaccount:default:discreet")
    answers = [
        e["responseObject"] for e in asked if e.get("objectRef", {}).get("resource") == "secrets"
    ]

    assert {answer["kind"] for answer in answers} == {"PartialObjectMetadataList"}
    assert "runs-ssh" in {item["metadata"]["name"] for a in answers for item in a["items"]}
    assert not re.search(r'"(data|stringData|ssh-privatekey)"', json.dumps(answers))


def test_printed_role_suffices_and_every_rule_counts(busy: Cluster) -> None:
    """The role is as small as it can be, and a right that is missing is never read as fine."""
    busy.kubectl("apply", "-f", "-", stdin=CliRunner().invoke(commands, ["rbac"]).output)
    whole = account(busy, "mpiaudit")
    effective(busy, whole)

    code, report = _scanned(busy, "mpiaudit", whole)
    assert (code, report["complete"]) == (0, True)

    rules = rights.rules()
    tokens = {}
    for rule in rules:
        (plural,) = rule["resources"]
        tokens[plural] = account(busy, f"without-{plural}")
        busy.apply(role(f"without-{plural}", [r for r in rules if r != rule]))
    for plural, token in tokens.items():
        effective(busy, token, "/api/v1/services" if plural == "pods" else "/api/v1/pods")
        code, report = _scanned(busy, plural, token)
        unjudged = {skip["rule"] for skip in report["not_judged"]}
        needing = {r.id for r in engine.load_rules() if FIELDS[plural] in r.needs}

        assert needing <= unjudged, plural
        assert (code, report["complete"]) == (3, False), plural


def test_one_object_at_a_time(busy: Cluster) -> None:
    """Paging changes nothing but the number of requests."""
    token = account(busy, "pager")
    busy.apply(role("pager", rights.rules()))
    effective(busy, token)
    kubeconfig = busy.plane.kubeconfig("pager", token)

    before = _outcome(busy.scan())
    by_one = _outcome(busy.scan(kubeconfig=kubeconfig, chunk_size=1))
    after = _outcome(busy.scan())

    assert by_one in (before, after)
    lists = [
        e
        for e in busy.plane.requests("system:serviceaccount:default:pager")
        if e["verb"] == "list" and e["objectRef"]["resource"] == "mpijobs"
    ]
    assert len(lists) == 3


def test_namespace_alone(busy: Cluster) -> None:
    """A team scans its own namespace; what lies outside of its rights is said to be unknown."""
    token = account(busy, "team")
    busy.kubectl("create", "clusterrole", "reads", "--verb=get,list", "--resource=*.*")
    busy.kubectl(
        "-n", "team-a", "create", "rolebinding", "reads",
        "--clusterrole=reads", "--serviceaccount=default:team",
    )  # fmt: skip
    effective(busy, token, "/api/v1/namespaces/team-a/pods")

    report = busy.scan(kubeconfig=busy.plane.kubeconfig("team", token), namespace="team-a")

    assert "MPA085" in {rule for rule, *_ in _said(report)}
    assert not report.complete
    assert {"controllers", "leases"} <= report.gaps.keys()


def test_impersonation(busy: Cluster) -> None:
    """An administrator sees what a colleague's scan would see."""
    report = busy.scan(as_user="nobody@example.org", as_groups=("system:authenticated",))

    assert not report.findings
    assert {"controllers", "crd", "jobs"} <= report.gaps.keys()
    assert "forbidden" in report.gaps["jobs"].reason


def _outcome(report: Report) -> tuple[set[tuple[str, ...]], set[str], int]:
    """Return all that a scan comes to. What a job's age decides may part two scans, not three."""
    return _said(report), {r.id for r in report.passed}, report.coverage.documents


def _said(report: Report) -> set[tuple[str, ...]]:
    """Return all that a report says of a fault but for where it was read."""
    found = [each for f in report.findings for each in (f, *f.explains)]
    return {
        (
            f.rule.id,
            f.severity.word,
            f.fingerprint,
            str(f.hit.at.object),
            AGE.sub("", f.hit.message),
        )
        for f in found
    }


def _scanned(cluster: Cluster, name: str, token: str) -> tuple[object, dict[str, Any]]:
    """Return the exit code of a scan by the holder of *token*, and its report."""
    kubeconfig = str(cluster.plane.kubeconfig(name, token))
    arguments = ["scan", "--fail-on", "critical", "-o", "json", "--kubeconfig", kubeconfig]
    done = CliRunner().invoke(commands, arguments, standalone_mode=False)
    return done.return_value, json.loads(done.stdout)
