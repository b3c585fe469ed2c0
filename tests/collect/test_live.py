"""What is read of a cluster, and what is not."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from collect.server import ApiServer, kubeconfig, serve
from collect.small import ALL, cluster, crd, job, pod, thing
from mpiaudit.collect.live import Options, collect
from mpiaudit.model import Resource
from mpiaudit.reading import Reading

WHOLE = {
    "CustomResourceDefinition mpijobs.kubeflow.org",
    "MPIJob team-a/pi",
    "MPIJob team-a/e",
    "MPIJob team-b/pi",
    "Deployment mpi-operator/mpi-operator",
    "Deployment team-a/web",
    "Pod mpi-operator/mpi-operator-1",
    "Pod team-a/pi-worker-0",
    "Pod team-b/pi-worker-0",
    "Pod team-a/old-worker-0",
    "Job team-a/pi-launcher",
    "Service team-a/pi",
    "Service team-a/web",
    "ConfigMap team-a/pi-config",
    "ConfigMap team-a/e-config",
    "Secret team-a/pi-ssh",
    "ServiceAccount team-a/default",
    "ServiceAccount mpi-operator/mpi-operator",
    "Namespace team-a",
    "Namespace team-b",
    "Namespace mpi-operator",
    "Namespace elsewhere",
    "Lease mpi-operator/mpi-operator",
    "ClusterRole mpi-operator",
    "ClusterRoleBinding mpi-operator",
    "Role mpi-operator/lock",
    "RoleBinding mpi-operator/lock",
    "Event team-a/pi.1",
}
"""All that matters of the small cluster."""


@pytest.fixture
def server() -> Iterator[ApiServer]:
    """Run the small cluster."""
    with serve(cluster()) as running:
        yield running


@pytest.fixture
def options(server: ApiServer, tmp_path: Path) -> Options:
    """Return the options that read the small cluster."""
    return Options(kubeconfig=kubeconfig(tmp_path / "config", server), request_timeout=10)


def names(reading: Reading) -> list[str]:
    """Return kind, namespace and name of all that is read, sorted."""
    return sorted(str(resource.reference) for resource in reading.resources)


def by_name(reading: Reading) -> dict[str, Resource]:
    """Return all that is read by kind, namespace and name."""
    return {str(resource.reference): resource for resource in reading.resources}


@pytest.mark.parametrize("chunk", [0, 1, 2, 500])
def test_pages_of_any_size_give_every_object_once(options: Options, chunk: int) -> None:
    """Nothing is lost or doubled at a page's edge, and strangers' objects are left alone."""
    reading = collect(ALL, replace(options, chunk_size=chunk))

    assert names(reading) == sorted(WHOLE)
    assert (reading.gaps, reading.absent, reading.notes) == ({}, set(), [])
    assert reading.documents == 28


def test_a_reading_knows_the_servers_clock_and_version(options: Options) -> None:
    """Ages are counted by the clock that wrote the timestamps."""
    reading = collect(ALL, options)

    assert reading.taken == "2026-11-24T05:00:00Z"
    assert reading.server == "v1.34.4"
    assert {resource.source for resource in reading.resources} == {"cluster:lab"}


def test_only_get_is_sent(server: ApiServer, options: Options) -> None:
    """An audit may run with a read-only role, on a cluster in use."""
    names(collect(ALL, options))

    assert {request.method for request in server.requests} == {"GET"}


def test_the_values_of_secrets_and_config_maps_are_never_kept(
    server: ApiServer, options: Options
) -> None:
    """A report is passed around; what must not be in it must not be read."""
    found = by_name(collect(ALL, options))

    asked = {tuple(request.headers["Accept"]) for request in server.asked("/secrets")}
    assert asked == {("application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",)}
    assert set(found["Secret team-a/pi-ssh"].body) == {"apiVersion", "kind", "metadata"}
    assert found["Secret team-a/pi-ssh"].api_version == "v1"
    assert found["ConfigMap team-a/pi-config"].body["data"] == {"hostfile": ""}
    assert found["ConfigMap team-a/e-config"].body["data"] == {"mine": ""}


def test_a_pod_keeps_only_what_is_looked_at(options: Options) -> None:
    """Fifty thousand pods fit into memory because most of each is skipped."""
    found = by_name(collect(ALL, options))

    body = found["Pod mpi-operator/mpi-operator-1"].body
    assert body["metadata"].pop("uid")
    assert body == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "mpi-operator-1",
            "namespace": "mpi-operator",
            "labels": {"app": "mpi-operator"},
            "creationTimestamp": "2026-11-24T04:00:00Z",
            "managedFields": [
                {
                    "manager": "mpi-operator",
                    "operation": "Update",
                    "apiVersion": "kubeflow.org/v2beta1",
                }
            ],
        },
        "spec": {"subdomain": "pi", "containers": [{"name": "main", "image": "pi:1"}]},
        "status": {"phase": "Running"},
    }


def test_a_namespace_limits_jobs_but_not_controllers(options: Options) -> None:
    """A job in one namespace is reconciled from another one."""
    reading = collect(ALL, replace(options, namespace="team-b"))

    assert set(names(reading)) == {
        "CustomResourceDefinition mpijobs.kubeflow.org",
        "MPIJob team-b/pi",
        "Deployment mpi-operator/mpi-operator",
        "Deployment team-a/web",
        "Pod mpi-operator/mpi-operator-1",
        "Pod team-b/pi-worker-0",
        "ServiceAccount mpi-operator/mpi-operator",
        "Namespace team-a",
        "Namespace team-b",
        "Namespace mpi-operator",
        "Namespace elsewhere",
        "Lease mpi-operator/mpi-operator",
        "ClusterRole mpi-operator",
        "ClusterRoleBinding mpi-operator",
        "Role mpi-operator/lock",
        "RoleBinding mpi-operator/lock",
    }


def test_all_namespaces_outweighs_a_namespace(options: Options) -> None:
    """As with kubectl -A -n."""
    kinds = frozenset({"MPIJob"})

    reading = collect(kinds, replace(options, namespace="team-b", all_namespaces=True))

    assert names(reading) == ["MPIJob team-a/e", "MPIJob team-a/pi", "MPIJob team-b/pi"]


def test_a_selector_limits_what_lies_around_jobs_as_well(options: Options) -> None:
    """A pod of a job that was not selected is no orphan."""
    kinds = frozenset({"MPIJob", "Pod", "Event", "Service"})

    reading = collect(kinds, replace(options, selector="team=team-b"))

    assert names(reading) == ["MPIJob team-b/pi", "Pod team-b/pi-worker-0"]


def test_only_the_kinds_that_are_needed_are_asked_for(server: ApiServer, options: Options) -> None:
    """Selecting few rules costs few requests, and few permissions."""
    names(collect(frozenset({"Deployment", "Lease"}), options))

    assert sorted(request.path for request in server.requests) == [
        "/apis/apps/v1/deployments",
        "/apis/coordination.k8s.io/v1/leases",
        "/apis/coordination.k8s.io/v1/leases",
        "/version",
    ]


def test_jobs_are_listed_once_in_the_storage_version(tmp_path: Path) -> None:
    """A list answers in the version asked for, so two lists would double every job."""
    objects = {"customresourcedefinitions": [crd("v1", "v2beta1")], "mpijobs": [job("pi", "a")]}
    with serve(objects) as server:
        options = Options(kubeconfig=kubeconfig(tmp_path / "config", server))

        (found,) = collect(frozenset({"MPIJob"}), options).resources

        assert found.api_version == "kubeflow.org/v1"
        assert [request.path for request in server.asked("/kubeflow.org/")] == [
            "/apis/kubeflow.org/v1/mpijobs"
        ]


def test_a_hundred_namespaces_cost_one_list_of_each_kind(tmp_path: Path) -> None:
    """Every user has a namespace in Kubeflow: a list each would be thousands of requests."""
    spaces = [f"user-{number}" for number in range(100)]
    objects = cluster() | {"mpijobs": [job("pi", space) for space in (*spaces, "team-a")]}
    with serve(objects) as server:
        options = Options(kubeconfig=kubeconfig(tmp_path / "config", server))

        found = names(collect(frozenset({"Service", "Secret"}), options))

        assert found == ["Secret team-a/pi-ssh", "Service team-a/pi", "Service team-a/web"]
        assert sorted(request.path for request in server.asked("/se")) == [
            "/api/v1/secrets",
            "/api/v1/services",
        ]


def test_a_strangers_pod_in_a_workers_place_is_read(tmp_path: Path) -> None:
    """It has no label to find it by, and the Event about it may be older than its end."""
    taken = 'Resource "pi-worker-1" of Kind "" already exists and is not managed by MPIJob'
    objects = cluster()
    objects["pods"].append(pod("pi-worker-1", "team-a", {"app": "web"}))
    objects["events"].append(
        thing(
            "pi.2",
            "team-a",
            involvedObject={"kind": "MPIJob", "name": "pi"},
            reason="ErrResourceExists",
            message=taken,
        )
    )
    with serve(objects) as server:
        options = Options(kubeconfig=kubeconfig(tmp_path / "config", server))

        found = names(collect(frozenset({"Pod", "Event"}), options))

    assert "Pod team-a/pi-worker-1" in found
    assert "Pod team-a/web-1" not in found


def test_progress_is_told_in_plain_words(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for a big cluster sees that something happens."""
    monkeypatch.setattr("mpiaudit.collect.live.INTERVAL", 0)
    words: list[str] = []

    names(collect(frozenset({"MPIJob"}), options, words.append))

    assert words == ["3 MPIJob"]
