"""What ``mpiaudit policy`` prints is taken by the API server, and does what it says."""

import json
from collections.abc import Iterator
from copy import deepcopy

import pytest
from click.testing import CliRunner

from cluster.client import Body, RefusedError, eventually
from cluster.cluster import Cluster, emptied
from cluster.jobs import mpijob
from cluster.releases import definition, shipped
from cluster.sweep import CRDS
from mpiaudit.cli import commands

POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
BINDINGS = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
OLD = "/apis/kubeflow.org/v1/namespaces/team-a/mpijobs/old"
ADVICE = "write this MPIJob in kubeflow.org/v2beta1"
CREATED = "mpijob.kubeflow.org/new created (server dry run)\n"


@pytest.fixture(scope="module")
def both(running: Cluster) -> Cluster:
    """Return a cluster whose CRD serves v1 beside v2beta1, and converts one to the other."""
    crd = definition("mpi-operator-0.8.0")
    (stored,) = crd["spec"]["versions"]
    crd["spec"]["versions"] = [stored, {**deepcopy(stored), "name": "v1", "storage": False}]
    cluster = emptied(running)
    cluster.apply([crd])
    return cluster


@pytest.fixture
def old(both: Cluster) -> Iterator[Cluster]:
    """Return it with the v1 job ``old``, which a controller has still to tidy up after."""
    job = mpijob("old") | {"apiVersion": "kubeflow.org/v1"}
    job["metadata"]["finalizers"] = ["testbed/tidy"]
    both.submit(job)
    yield both
    for path in (BINDINGS, POLICIES):
        both.admin.delete(path)
    eventually(lambda: made(both, "v1") == CREATED, "no policy is in force", 30)
    if both.admin.find(OLD):
        both.admin.merge(OLD, {"metadata": {"finalizers": None}})
        both.admin.delete(OLD)


def policy(*arguments: str) -> str:
    """Return what ``mpiaudit policy`` prints."""
    done = CliRunner().invoke(commands, ["policy", *arguments], standalone_mode=False)
    assert done.exception is None
    return done.output


def made(cluster: Cluster, version: str) -> str:
    """Return what kubectl says to a new job of *version*, which is not kept."""
    job = json.dumps(mpijob("new") | {"apiVersion": f"kubeflow.org/{version}"})
    flags = ("--dry-run=server", "--warnings-as-errors", "-f", "-")
    return cluster.kubectl("create", *flags, stdin=job, check=False)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "Warning: Validation failed for"),
        (["--enforce"], "denied request"),
    ],
)
def test_old_jobs_can_end_and_no_new_one_is_taken(
    arguments: list[str], says: str, old: Cluster
) -> None:
    """A new v1 job is warned about or denied; v2beta1, and what happens to old jobs, is not."""
    old.kubectl("apply", "-f", "-", stdin=policy("vap", *arguments))

    eventually(lambda: says in made(old, "v1"), f"kubectl says {says!r}", 30)
    assert ADVICE in made(old, "v1")
    assert made(old, "v2beta1") == CREATED
    label = ("label", "mpijobs.v1.kubeflow.org/old", "-n", "team-a", "a=b", "--warnings-as-errors")
    assert old.kubectl(*label) == "mpijob.kubeflow.org/old labeled\n"
    old.admin.merge(f"{OLD}/status", {"status": {"startTime": "2026-01-01T00:00:00Z"}})
    old.admin.delete(OLD)
    assert old.admin.get(OLD)["metadata"]["deletionTimestamp"]
    old.admin.merge(OLD, {"metadata": {"finalizers": None}})
    assert old.admin.find(OLD) is None


def test_denied_job_is_not_there(old: Cluster) -> None:
    """The one who makes it gets the reason, and nothing is stored."""
    old.kubectl("apply", "-f", "-", stdin=policy("vap", "--enforce"))
    eventually(lambda: "denied request" in made(old, "v1"), "v1 is denied", 30)
    jobs = OLD.removesuffix("/old")

    with pytest.raises(RefusedError, match=ADVICE) as refused:
        old.admin.create(jobs, mpijob("new") | {"apiVersion": "kubeflow.org/v1"})

    assert refused.value.status == 422
    assert old.admin.names(jobs) == ["old"]


@pytest.fixture(scope="module")
def kyverno(running: Cluster) -> Iterator[Cluster]:
    """Return a cluster with the definitions of Kyverno 1.19.1, and no Kyverno."""
    crds: list[Body] = shipped("kyverno-1.19.1")
    running.apply(crds)
    yield running
    for crd in crds:
        running.admin.delete(f"{CRDS}/{crd['metadata']['name']}")


def strictly(cluster: Cluster, text: str) -> str:
    """Return what the API server says to *text*, of which it may drop nothing."""
    flags = ("--dry-run=server", "--validate=strict", "-f", "-")
    return cluster.kubectl("create", *flags, stdin=text, check=False)


@pytest.mark.parametrize("enforce", [[], ["--enforce"]])
@pytest.mark.parametrize(
    ("legacy", "kind"),
    [([], "validatingpolicy.policies.kyverno.io"), (["--legacy"], "clusterpolicy.kyverno.io")],
)
def test_kyverno_takes_the_policy(
    legacy: list[str], kind: str, enforce: list[str], kyverno: Cluster
) -> None:
    """Every field is one of Kyverno's, and every value one that it knows."""
    text = policy("kyverno", *legacy, *enforce)

    assert strictly(kyverno, text) == f"{kind}/mpiaudit-mpijob-v2beta1 created (server dry run)\n"
    assert "unknown field" in strictly(kyverno, text.replace("operations:", "operation:"))
