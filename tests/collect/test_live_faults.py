"""What is said of an API server that fails: never nothing, and never too much."""

import threading
from pathlib import Path

import pytest

from collect.reading import MALFORMED, MPI_PODS, PODS, read, reasons
from collect.server import Fault, kubeconfig, serve
from collect.small import ALL, cluster, thing
from mpiaudit.collect.live import Options, collect

ENDLESS = '{"kind": "PodList", "metadata": {"continue": "2"}, "items": []}'


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mpiaudit.collect.api.PAUSE", 0)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("/pods", status=429, headers={"Retry-After": "0"}, times=3),
        Fault("/pods", status=500, times=3),
        Fault("/pods", status=503, times=1),
        Fault("/pods", how="cut", times=3),
        Fault("/pods", content=MALFORMED, times=3),
        Fault("/pods", how="hangup", times=3),
    ],
    ids=["429", "500", "503", "cut", "malformed", "hangup"],
)
def test_what_passes_is_asked_for_again(fault: Fault, tmp_path: Path) -> None:
    """A busy API server is no reason for half a report."""
    with serve(cluster(), fault) as server:
        found, reading = read(server, tmp_path, PODS)

    assert found == MPI_PODS
    assert reading.gaps == {}


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault("", status=500, message="etcd is\nill"), "HTTP 500: etcd is ill"),
        (Fault("", status=429, headers={"Retry-After": "0"}), "HTTP 429: no"),
        (Fault("", status=422, message="bad selector"), "HTTP 422: bad selector"),
        (Fault("", status=301), "HTTP 301: no"),
        (Fault("", content=MALFORMED), "the answer cannot be read: JSON is malformed"),
        (Fault("", content=ENDLESS), "the API server offers the same page again"),
        (Fault("", content='{"kind": "Pod", "metadata": {}, "items": null}'), "a Pod where a list"),
        (Fault("", content='{"hello": "world"}'), "the answer cannot be read: Object missing"),
        (Fault("", content='"\xff"'), "the answer cannot be read: "),
        (Fault("", content="[" * 100_000), "the answer cannot be read: "),
        (Fault("", how="cut"), "IncompleteRead"),
        (Fault("", how="hangup"), "Remote end closed connection without response"),
    ],
    ids=[
        "500",
        "429",
        "422",
        "301",
        "malformed",
        "endless",
        "one",
        "stranger",
        "text",
        "deep",
        "cut",
        "hangup",
    ],
)
def test_what_does_not_pass_is_a_gap(fault: Fault, reason: str, tmp_path: Path) -> None:
    """A list that cannot be read must not look like an empty one."""
    fault.match = "/pods"
    with serve(cluster(), fault) as server:
        found, reading = read(server, tmp_path, PODS)

    assert found == []
    assert reasons(reading)["Pod"].startswith("listing pods broke off after 0: ")
    assert reason in reasons(reading)["Pod"]
    assert len(server.asked("/pods")) <= 24


def test_a_slow_answer_is_a_gap_that_names_the_option(tmp_path: Path) -> None:
    """Whoever has a slow cluster learns which option to raise."""
    with serve(cluster(), Fault("/pods", how="slow")) as server:
        _, reading = read(server, tmp_path, PODS, timeout=0.05)

    assert reasons(reading) == {
        "Pod": "listing pods broke off after 0: no answer within 0.05 s (--request-timeout)"
    }


def test_a_broken_list_keeps_what_was_read(tmp_path: Path) -> None:
    """Half of a list proves as much as it shows, and is known to be half."""
    fault = Fault("/mpijobs?", status=500, message="gone wrong", after=1)
    with serve(cluster(), fault) as server:
        found, reading = read(server, tmp_path, frozenset({"MPIJob", "Service"}), chunk=1)

    assert found == ["team-a/pi", "team-a/pi", "team-a/web"]
    assert reasons(reading) == {
        "MPIJob": "listing mpijobs broke off after 1: HTTP 500: gone wrong",
        "Service": "looked for only where MPIJobs were read: "
        "listing mpijobs broke off after 1: HTTP 500: gone wrong",
    }


def test_a_list_that_expires_begins_again(tmp_path: Path) -> None:
    """A long list on a busy cluster outlives etcd's history; nothing is lost, nothing doubled."""
    fault = Fault("/mpijobs?", status=410, after=2, times=1)
    with serve(cluster(), fault) as server:
        found, reading = read(server, tmp_path, frozenset({"MPIJob"}), chunk=1)

    assert found == ["team-a/e", "team-a/pi", "team-b/pi"]
    assert reading.gaps == {}


def test_a_list_that_always_expires_is_a_gap(tmp_path: Path) -> None:
    """An audit ends, even where a list never does."""
    with serve(cluster(), Fault("continue=", status=410)) as server:
        found, reading = read(server, tmp_path, frozenset({"MPIJob"}), chunk=1)

    assert found == ["team-a/pi"]
    assert reasons(reading) == {
        "MPIJob": "listing mpijobs broke off after 4: it expired 4 times (410); "
        "try a larger --chunk-size"
    }


def test_an_odd_object_is_kept_beside_the_others(tmp_path: Path) -> None:
    """One object that fits no schema must not hide a thousand that do, nor show its values."""
    odd = thing("pi-config", "team-a", labels={"app": "pi"}, data={"key": "private"})
    odd["metadata"]["generation"] = "not a number"
    with serve(cluster() | {"configmaps": [odd]}) as server:
        options = Options(kubeconfig(tmp_path / "config", server))

        (found,) = collect(frozenset({"ConfigMap"}), options).resources

    assert found.get("metadata", "generation") == "not a number"
    assert found.get("metadata", "managedFields", 0, "fieldsV1") is None
    assert found.get("data") == {"key": ""}
    assert (found.api_version, found.kind) == ("v1", "ConfigMap")


def test_leaving_early_ends_all_threads(tmp_path: Path) -> None:
    """Ctrl-C ends a scan of a big cluster at once."""
    before = set(threading.enumerate())
    with serve(cluster()) as server:
        options = Options(kubeconfig(tmp_path / "config", server), chunk_size=1)
        resources = collect(ALL, options).resources
        next(resources)
        mine = [t for t in set(threading.enumerate()) - before if t.name.startswith("reader")]

        resources.close()  # type: ignore[attr-defined]
        for thread in mine:
            thread.join(5)

        assert len(mine) == 4
        assert not any(thread.is_alive() for thread in mine)
