"""The API server refuses exactly the manifests that a scan says it would refuse."""

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path

import pytest

from cluster.client import Body
from cluster.cluster import Cluster, emptied, every
from cluster.jobs import mpijob
from cluster.releases import definition
from mpiaudit import engine
from mpiaudit.cli import _audit
from mpiaudit.collect.live import Options
from mpiaudit.model import dig
from mpiaudit.report import Report

RBAC = "rbac.authorization.k8s.io"
LABELS = {"app": "mpi-operator"}
IMAGE = "mpioperator/mpi-operator:0.8.0"


def pods(image: str = IMAGE) -> Body:
    """Return the pod template of a controller."""
    return {
        "metadata": {"labels": LABELS},
        "spec": {"containers": [{"name": "mpi-operator", "image": image}]},
    }


STANDING: dict[str, Body] = {
    "Deployment": {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "mpi-operator", "namespace": "mpi-operator"},
        "spec": {"replicas": 1, "selector": {"matchLabels": LABELS}, "template": pods()},
    },
    "StatefulSet": {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "mpi-operator", "namespace": "mpi-operator"},
        "spec": {
            "serviceName": "mpi-operator",
            "replicas": 0,
            "selector": {"matchLabels": LABELS},
            "template": pods(),
        },
    },
    "ClusterRoleBinding": {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "testbed-mpi-operator"},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "view"},
        "subjects": [
            {"kind": "ServiceAccount", "name": "mpi-operator", "namespace": "mpi-operator"}
        ],
    },
    "RoleBinding": {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "mpi-operator", "namespace": "mpi-operator"},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "view"},
        "subjects": [],
    },
    "Job": {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "pi-launcher", "namespace": "team-a"},
        "spec": {
            "completions": 1,
            "template": {
                "spec": {
                    "restartPolicy": "Never",
                    "containers": [{"name": "launcher", "image": "pi:1"}],
                }
            },
        },
    },
    "Service": {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "pi", "namespace": "team-a"},
        "spec": {"clusterIP": "None", "selector": {"job": "pi"}},
    },
    "ConfigMap": {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "pi-config", "namespace": "team-a"},
        "immutable": True,
        "data": {"hostfile": ""},
    },
}  # fmt: skip
"""One object of each kind; beside them the CRD of mpi-operator 0.8.0 and the MPIJob team-a/pi."""

Edit = Callable[[Body], object]


def setting(value: object, *path: str | int) -> Edit:
    """Return the edit that sets one field."""

    def edit(body: Body) -> None:
        dig(body, *path[:-1])[path[-1]] = value

    return edit


def switched(*path: str, on: bool) -> Edit:
    """Return the edit that turns one field on or off."""
    return setting(on, *path)


def lacking(*path: str) -> Edit:
    """Return the edit that leaves one field out."""

    def edit(body: Body) -> None:
        del dig(body, *path[:-1])[path[-1]]

    return edit


def relabelled(body: Body) -> None:
    """Give a workload another label, in the selector and in the template."""
    body["spec"]["selector"]["matchLabels"] = {"app": "other"}
    body["spec"]["template"]["metadata"]["labels"] = {"app": "other"}


REFUSED: list[tuple[str, str, Edit, str]] = [
    ("another role", "ClusterRoleBinding", setting("edit", "roleRef", "name"), "roleRef"),
    ("another kind of role", "RoleBinding", setting("Role", "roleRef", "kind"), "roleRef"),
    ("another selector", "Deployment", relabelled, "spec.selector"),
    ("one label more", "Deployment",
     setting({**LABELS, "a": "b"}, "spec", "selector", "matchLabels"), "spec.selector"),
    ("another selector", "StatefulSet", relabelled, "spec"),
    ("another service", "StatefulSet", setting("other", "spec", "serviceName"), "spec"),
    ("parallel pods", "StatefulSet", setting("Parallel", "spec", "podManagementPolicy"), "spec"),
    ("another image", "Job",
     setting("pi:2", "spec", "template", "spec", "containers", 0, "image"), "spec.template"),
    ("more completions", "Job", setting(2, "spec", "completions"), "spec.completions"),
    ("indexed", "Job", setting("Indexed", "spec", "completionMode"), "spec.completionMode"),
    ("managed elsewhere", "Job", setting("example.com/x", "spec", "managedBy"), "spec.managedBy"),
    ("an address", "Service", setting("127.96.7.7", "spec", "clusterIP"), "spec.clusterIPs[0]"),
    ("one key more", "ConfigMap", setting("x", "data", "discover_hosts.sh"), "data"),
    ("mutable", "ConfigMap", switched("immutable", on=False), "immutable"),
    ("cluster scope", "CRD", setting("Cluster", "spec", "scope"), "spec.scope"),
    ("another kind", "CRD", setting("MpiJob", "spec", "names", "kind"), "spec.names.kind"),
]  # fmt: skip
"""What is done, to which object, how, and the field that the API server names."""

TAKEN: list[tuple[str, str, Edit]] = [
    ("unchanged", "ClusterRoleBinding", dict),
    ("other subjects", "ClusterRoleBinding", setting([], "subjects")),
    ("the default group", "RoleBinding", setting("", "roleRef", "apiGroup")),
    ("another image", "Deployment",
     setting("mpioperator/mpi-operator:0.6.0",
             "spec", "template", "spec", "containers", 0, "image")),
    ("empty expressions", "Deployment", setting([], "spec", "selector", "matchExpressions")),
    ("labels beside the selector", "Deployment",
     setting({**LABELS, "a": "b"}, "spec", "template", "metadata", "labels")),
    ("more pods", "StatefulSet", setting(1, "spec", "replicas")),
    ("another image", "StatefulSet",
     setting("mpioperator/mpi-operator:0.6.0",
             "spec", "template", "spec", "containers", 0, "image")),
    ("the default policy", "StatefulSet", setting("OrderedReady", "spec", "podManagementPolicy")),
    ("other defaults", "Job", setting(3, "spec", "backoffLimit")),
    ("suspended", "Job", switched("spec", "suspend", on=True)),
    ("no address", "Service", lacking("spec", "clusterIP")),
    ("another selector", "Service", setting({"job": "other"}, "spec", "selector")),
    ("another label", "ConfigMap", setting({"a": "b"}, "metadata", "labels")),
    ("short names", "CRD", setting(["mj"], "spec", "names", "shortNames")),
    ("another singular", "CRD", setting("mpi", "spec", "names", "singular")),
]  # fmt: skip
"""What looks dangerous, and is taken."""


@pytest.fixture(scope="module")
def standing(running: Cluster) -> Iterator[Cluster]:
    """Return a cluster with one object of each kind."""
    cluster = emptied(running)
    cluster.apply([definition("mpi-operator-0.8.0")])
    cluster.namespace("mpi-operator")
    cluster.submit(mpijob("pi", "team-a"))
    cluster.apply(STANDING.values())
    yield cluster
    emptied(running)


def manifest(kind: str, edit: Edit) -> Body:
    """Return the manifest of the object of one kind, edited."""
    body = definition("mpi-operator-0.8.0") if kind == "CRD" else deepcopy(STANDING[kind])
    edit(body)
    return body


def over(cluster: Cluster, body: Body, folder: Path) -> Report:
    """Return the report on a manifest over the cluster."""
    path = folder / "manifest.json"
    path.write_text(json.dumps(body))
    rules = engine.load_rules()
    options = Options(kubeconfig=str(cluster.plane.kubeconfig("admin")))
    return _audit.cluster(options, rules, None, _audit.manifests([str(path)], rules))


def messages(report: Report, rule: str) -> set[str]:
    """Return the messages of one rule."""
    return {f.hit.message for f in every(report.findings) if f.rule.id == rule}


def applied(cluster: Cluster, folder: Path, *flags: str) -> str:
    """Return what kubectl says to the manifest that `over` wrote, tried on the server."""
    path = str(folder / "manifest.json")
    return cluster.kubectl("apply", "--dry-run=server", *flags, "-f", path, check=False)


@pytest.mark.parametrize(
    ("kind", "edit", "field"), [case[1:] for case in REFUSED], ids=lambda v: str(v)[:20]
)
def test_refused(standing: Cluster, tmp_path: Path, kind: str, edit: Edit, field: str) -> None:
    """A pipeline learns before it begins which object the API server would not take, and why."""
    report = over(standing, manifest(kind, edit), tmp_path)

    answer = applied(standing, tmp_path, "--server-side", "--force-conflicts")

    found = re.findall(r"([\w.\[\]]+): (?:Invalid value|Forbidden)", answer)
    assert {m.partition(":")[0] for m in messages(report, "MPA210")} == {field}
    assert field in found, answer


@pytest.mark.parametrize(("kind", "edit"), [case[1:] for case in TAKEN], ids=lambda v: str(v)[:20])
def test_taken(standing: Cluster, tmp_path: Path, kind: str, edit: Edit) -> None:
    """Nobody is warned of a change that goes in."""
    report = over(standing, manifest(kind, edit), tmp_path)

    answer = applied(standing, tmp_path, "--server-side", "--force-conflicts")

    assert messages(report, "MPA210") == set()
    assert "serverside-applied" in answer, answer


def test_a_new_job_meets_a_name_that_is_taken(standing: Cluster, tmp_path: Path) -> None:
    """In a namespace without MPIJobs nothing would be looked at but for the one that comes."""
    standing.namespace("team-b")
    taken = {"name": "new-config", "namespace": "team-b"}
    standing.apply([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": taken}])

    report = over(standing, mpijob("new", "team-b"), tmp_path)

    said = "ConfigMap team-b/new-config exists and is not owned by team-b/new"
    assert said in messages(report, "MPA068")
    assert not [note for note in report.coverage.notes if "children's names" in note]
