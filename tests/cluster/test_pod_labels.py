"""The pods that mpi-operator makes bear the labels by which policies are judged beforehand."""

from typing import Any

import pytest

from cluster.client import Body, eventually
from cluster.cluster import Cluster, fired
from cluster.jobs import mpijob, with_field
from mpiaudit.checks.network import reach
from mpiaudit.collect.live import Options, collect
from mpiaudit.inventory.build import build, kinds_for

CLOSED: Body = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "default-deny", "namespace": "team-a"},
    "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
}
NEEDS = ("jobs", "network_policies", "namespaces", "crd", "controllers")
OF_UID = {"controller-uid", "batch.kubernetes.io/controller-uid"}
"""Labels of a batch Job's pod that nobody knows beforehand."""


@pytest.mark.parametrize(
    ("release", "both"), [("0.4.0", False), ("0.6.0", False), ("0.8.0", False), ("0.8.0", True)]
)
def test_labels_are_those_foreseen(cluster: Cluster, release: str, both: object) -> None:
    """A policy is judged before the job runs, so its pods must be known to the letter."""
    cluster.install(f"mpi-operator-{release}")
    job = with_field(mpijob("pi"), {"labels": {"team": "a"}}, *TEMPLATE)
    cluster.submit(with_field(job, both, "spec", "runLauncherAsWorker") if both else job)
    cluster.apply([CLOSED])
    foreseen = _foreseen(cluster)
    cluster.start_controllers()

    found = eventually(lambda: _labels(cluster), "launcher and worker 0 are there")

    assert found == foreseen
    assert found["worker"]["team"] == "a"


def test_a_closed_namespace_is_found_and_opened(cluster: Cluster) -> None:
    """What the API server took is what was meant, and what a finding offers it takes as well."""
    cluster.install("mpi-operator-0.8.0")
    cluster.submit(mpijob("pi"))
    cluster.apply([CLOSED])
    closed = cluster.scan()

    found = [f for f in closed.findings if f.rule.id in RULES]
    for finding in found:
        assert finding.hit.fix
        cluster.kubectl("apply", "-f", "-", stdin=finding.hit.fix.text)

    assert {"MPA123", "MPA124", "MPA125"} <= fired(closed)
    assert fired(cluster.scan()).isdisjoint(RULES)


RULES = {"MPA123", "MPA124", "MPA125", "MPA126"}
TEMPLATE = ("spec", "mpiReplicaSpecs", "Worker", "template", "metadata")


def _foreseen(cluster: Cluster) -> dict[str, Any]:
    """Return the labels of the pods to come, by role."""
    options = Options(str(cluster.plane.kubeconfig("admin")))
    inventory = build(collect(kinds_for(NEEDS), options))
    (crew,) = reach.crews(*(getattr(inventory, need) for need in NEEDS))
    return {role: pod.labels.known for role, pod in crew.pods.items()}


def _labels(cluster: Cluster) -> dict[str, Any] | None:
    """Return the labels of the launcher and of worker 0, by role; None while one is missing."""
    found = {}
    for pod in cluster.admin.items("/api/v1/namespaces/team-a/pods"):
        metadata = pod["metadata"]
        labels = {k: v for k, v in metadata["labels"].items() if k not in OF_UID}
        if metadata["name"] == "pi-worker-0":
            found["worker"] = labels
        elif metadata["name"].startswith("pi-launcher"):
            found["launcher"] = labels
    return found if len(found) == 2 else None
