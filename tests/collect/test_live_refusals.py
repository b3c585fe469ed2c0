"""What an API server does not know, or will not say."""

from pathlib import Path

import pytest

from collect.reading import MALFORMED, MPI_PODS, PODS, read, reasons
from collect.server import Fault, kubeconfig, serve
from collect.small import ALL, cluster, crd, job
from mpiaudit.collect.live import Options, collect
from mpiaudit.model import AuditError


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mpiaudit.collect.api.PAUSE", 0)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (
            'pods is forbidden: User "system:serviceaccount:a:b" cannot list resource "pods"',
            'may not list pods: forbidden for "system:serviceaccount:a:b"',
        ),
        ("not\n here", "may not list pods: forbidden: not here"),
    ],
)
def test_a_refusal_names_who_may_not_do_what(message: str, reason: str, tmp_path: Path) -> None:
    """The gap is closed by one line in a Role, so it says which."""
    with serve(cluster(), Fault("/pods", status=403, message=message)) as server:
        found, reading = read(server, tmp_path, ALL)

    assert len(found) == 24
    assert reasons(reading) == {"Pod": reason}


def test_an_unknown_kind_is_absent_and_no_gap(tmp_path: Path) -> None:
    """An API server without a kind has no objects of it: nothing is missing."""
    with serve(cluster(), Fault("/leases", status=404)) as server:
        found, reading = read(server, tmp_path, frozenset({"Lease"}))

    assert (found, reading.absent, reading.gaps) == ([], {"Lease"}, {})


def test_without_the_definition_there_are_no_jobs(tmp_path: Path) -> None:
    """A cluster without the CRD is judged, not skipped."""
    with serve(cluster() | {"customresourcedefinitions": []}) as server:
        found, reading = read(server, tmp_path, frozenset({"MPIJob", "Service", "ConfigMap"}))

    assert (found, reading.absent, reading.gaps) == ([], {"MPIJob"}, {})


def test_without_the_right_to_read_the_definition_jobs_are_still_found(tmp_path: Path) -> None:
    """Reading CRDs takes a ClusterRole that many users lack."""
    objects = {"customresourcedefinitions": [crd("v1")], "mpijobs": [job("pi", "a")]}
    with serve(objects, Fault("/customresourcedefinitions", status=403)) as server:
        found, reading = read(server, tmp_path, frozenset({"MPIJob"}))

    assert found == ["a/pi"]
    assert reasons(reading) == {
        "CustomResourceDefinition": "may not get customresourcedefinitions "
        "mpijobs.kubeflow.org: forbidden: no"
    }
    assert reading.notes == [
        "MPIJobs are listed in the first of v2beta1, v1, v1alpha2, v1alpha1 that is served"
    ]


def test_a_definition_that_serves_nothing_leaves_jobs_unknown(tmp_path: Path) -> None:
    """Its objects are stored all the same, and may come back."""
    definition = crd("v1")
    definition["spec"]["versions"][0]["served"] = False
    with serve({"customresourcedefinitions": [definition]}) as server:
        _, reading = read(server, tmp_path, frozenset({"MPIJob"}))

    assert reasons(reading) == {
        "MPIJob": "mpijobs.kubeflow.org serves no version, so its objects cannot be listed"
    }


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault("", status=401), "context 'lab': .* credentials \\(401\\); log in again"),
        (Fault("", status=404), "is no Kubernetes API server; see --context"),
        (Fault("", how="slow"), "no answer from .*: no answer within 0.5 s"),
        (Fault("", content=MALFORMED), "no answer from .*: the answer cannot be read"),
    ],
    ids=["401", "404", "slow", "malformed"],
)
def test_an_audit_of_nothing_is_refused(fault: Fault, message: str, tmp_path: Path) -> None:
    """An expired token or a web server at that address must not end in a clean report."""
    with serve({}, fault) as server, pytest.raises(AuditError, match=message):
        read(server, tmp_path, ALL, timeout=0.5)


def test_a_dead_server_is_told_in_one_line(tmp_path: Path) -> None:
    """The address and the reason, and no traceback of a library."""
    with serve({}) as server:
        path = kubeconfig(tmp_path / "config", server)

    with pytest.raises(AuditError) as caught:
        collect(ALL, Options(path))

    assert str(caught.value) == (
        f"no answer from the API server {server.url}: Failed to establish a new connection: "
        "[Errno 111] Connection refused; see --context"
    )


def test_a_refused_version_is_no_gap(tmp_path: Path) -> None:
    """Hardened clusters hide it, and no rule needs it."""
    with serve(cluster(), Fault("/version", status=403)) as server:
        found, reading = read(server, tmp_path, PODS)

    assert (found, reading.server, reading.gaps) == (MPI_PODS, "", {})


def test_a_namespace_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """A misspelt -n would otherwise find nothing wrong."""
    with serve(cluster()) as server:
        options = Options(kubeconfig(tmp_path / "config", server), namespace="team-c")

        with pytest.raises(AuditError, match="there is no namespace 'team-c'"):
            collect(ALL, options)
