"""A cluster in which something is under way, or spoilt, is read for what it is."""

from pathlib import Path

import pytest

from collect.reading import read, reasons
from collect.server import Fault, serve
from collect.small import ALL, Body, cluster

SINCE = "2026-11-24T04:30:00Z"
ROLLS = (
    "Deployment mpi-operator/mpi-operator is being rolled out: "
    "not all of its pods are of the release that it names"
)
JOBS = frozenset({"MPIJob"})


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mpiaudit.collect.api.PAUSE", 0)


def test_a_spoilt_list_names_the_namespace(tmp_path: Path) -> None:
    """One object that cannot be decoded spoils the list, and the API server does not say which."""
    everywhere = Fault("/v2beta1/mpijobs", status=500, message="proto: illegal wireType 7")
    here = Fault("/team-a/mpijobs", status=500, message="proto: illegal wireType 7")
    with serve(cluster(), everywhere, here) as server:
        found, reading = read(server, tmp_path, JOBS)

    assert found == ["team-b/pi"]
    assert reasons(reading) == {
        "MPIJob": "listing mpijobs broke off after 1: "
        "HTTP 500: proto: illegal wireType 7 (in team-a)"
    }


def test_a_spoilt_list_is_a_gap_wherever_the_object_is(tmp_path: Path) -> None:
    """An object may outlive its namespace: then each namespace can be listed, but not all."""
    with serve(cluster(), Fault("/v2beta1/mpijobs", status=500, message="ill")) as server:
        found, reading = read(server, tmp_path, JOBS)

    assert found == ["team-a/e", "team-a/pi", "team-b/pi"]
    assert reasons(reading) == {"MPIJob": "listing mpijobs broke off after 3: HTTP 500: ill"}


def test_a_kind_that_vanishes_meanwhile_is_a_gap(tmp_path: Path) -> None:
    """Its definition was deleted between two lists: that is not the same as no jobs."""
    everywhere = Fault("/v2beta1/mpijobs", status=500)
    with serve(cluster(), everywhere, Fault("/team-b/mpijobs", status=404)) as server:
        _, reading = read(server, tmp_path, JOBS)

    assert reasons(reading) == {
        "MPIJob": "listing mpijobs broke off after 2: the kind was removed meanwhile"
    }


def test_only_namespaces_that_matter_are_told_when_they_go(tmp_path: Path) -> None:
    """Big clusters always have some that go; those with jobs or a controller are told."""
    objects = cluster()
    for namespace in objects["namespaces"]:
        _going(namespace)
    with serve(objects) as server:
        _, reading = read(server, tmp_path, ALL)

    assert reading.notes == [
        "namespace mpi-operator is being deleted, with all that is in it",
        "namespace team-a is being deleted, with all that is in it",
        "namespace team-b is being deleted, with all that is in it",
    ]


@pytest.mark.parametrize(
    ("generation", "status", "notes"),
    [
        (2, {"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1}, []),
        (2, {"observedGeneration": 2, "replicas": 2, "updatedReplicas": 1}, [ROLLS]),
        (2, {"observedGeneration": 2, "replicas": 1}, [ROLLS]),
        (3, {"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1}, [ROLLS]),
        (1, {"observedGeneration": 1}, []),
        (1, {}, []),
    ],
    ids=["done", "half", "begun", "unseen", "none", "silent"],
)
def test_a_rollout_is_told(generation: int, status: Body, notes: list[str], tmp_path: Path) -> None:
    """Meanwhile the Deployment names another release than the one that is at work."""
    objects = cluster()
    deployment = objects["deployments"][0]
    deployment["metadata"]["generation"] = generation
    deployment["status"] = status
    with serve(objects) as server:
        _, reading = read(server, tmp_path, ALL)

    assert reading.notes == notes


def _going(body: Body) -> None:
    body["metadata"]["deletionTimestamp"] = SINCE
