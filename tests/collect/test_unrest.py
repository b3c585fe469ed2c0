"""A cluster in which something is spoilt, or vanishes, is read for what it is."""

from pathlib import Path

import pytest

from collect.reading import read, reasons
from collect.server import Fault, serve
from collect.small import cluster

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


def test_a_kind_that_cannot_be_listed_is_a_gap(tmp_path: Path) -> None:
    """An aggregated API server may serve a kind and refuse to list it."""
    said = "the server does not allow this method on the requested resource"
    with serve(cluster(), Fault("/v2beta1/mpijobs", status=405, message=said)) as server:
        _, reading = read(server, tmp_path, JOBS)

    assert reasons(reading) == {"MPIJob": f"listing mpijobs broke off after 0: HTTP 405: {said}"}


def test_a_kind_that_vanishes_meanwhile_is_a_gap(tmp_path: Path) -> None:
    """Its definition was deleted between two lists: that is not the same as no jobs."""
    everywhere = Fault("/v2beta1/mpijobs", status=500)
    with serve(cluster(), everywhere, Fault("/team-b/mpijobs", status=404)) as server:
        _, reading = read(server, tmp_path, JOBS)

    assert reasons(reading) == {
        "MPIJob": "listing mpijobs broke off after 2: the kind was removed meanwhile"
    }
