"""What mpi-operator 0.8.0 refuses is what the rules call refused; the fix makes it run."""

from dataclasses import dataclass

import pytest

from cluster.client import Body, eventually
from cluster.cluster import Cluster, emptied, every
from cluster.jobs import mpijob, with_field, without_field
from mpiaudit.report import Finding

SPECS = ("spec", "mpiReplicaSpecs")
LONG = "a" * 55


@dataclass(frozen=True)
class Refused:
    """A job that no launcher is ever made for."""

    job: Body
    rule: str
    says: str
    """What mpi-operator's Event says."""

    @property
    def name(self) -> str:
        """The job's name."""
        return str(self.job["metadata"]["name"])


REFUSED = [
    Refused(
        with_field(mpijob("launchers"), 2, *SPECS, "Launcher", "replicas"), "MPA085", "must be 1"
    ),
    Refused(
        with_field(mpijob("workers"), 0, *SPECS, "Worker", "replicas"),
        "MPA086",
        "must be greater than or equal to 1",
    ),
    Refused(
        with_field(mpijob("always"), "Always", *SPECS, "Launcher", "restartPolicy"),
        "MPA087",
        'Unsupported value: "Always"',
    ),
    Refused(
        with_field(mpijob("policy"), "running", "spec", "runPolicy", "cleanPodPolicy"),
        "MPA088",
        'Unsupported value: "running"',
    ),
    Refused(
        with_field(mpijob("ttl"), -1, "spec", "runPolicy", "ttlSecondsAfterFinished"),
        "MPA089",
        "ttlSecondsAfterFinished: Invalid value: -1",
    ),
    Refused(
        with_field(mpijob("slots"), -1, "spec", "slotsPerWorker"),
        "MPA090",
        "slotsPerWorker: Invalid value: -1",
    ),
    Refused(
        without_field(mpijob("headless"), *SPECS, "Launcher"),
        "MPA083",
        "must have Launcher replica spec",
    ),
    Refused(mpijob(LONG), "MPA081", "must be no more than 63 characters"),
    Refused(mpijob("resnet.v2"), "MPA082", "a DNS-1035 label must"),
]


@dataclass(frozen=True)
class Watched:
    """What was said of the jobs, by whom."""

    foretold: list[Finding]
    """The findings before any controller ran."""

    events: dict[str, list[tuple[str, str]]]
    pods: set[str]
    """The pods when every job had been looked at."""

    confirmed: list[Finding]
    """The findings then."""

    mended: set[str]
    """The jobs that ran after the fix of their finding was pasted."""

    left: list[Finding]
    """The findings after that."""


@pytest.fixture(scope="module")
def watched(running: Cluster) -> Watched:
    """Submit all of them, scan, let mpi-operator look, paste the fixes, and scan again."""
    cluster = emptied(running)
    cluster.install("mpi-operator-0.8.0")
    for refused in REFUSED:
        cluster.submit(refused.job)
    foretold = every(cluster.scan().findings)
    cluster.start_controllers()
    names = [refused.name for refused in REFUSED]
    eventually(lambda: all(cluster.events(name) for name in names), "all are looked at")
    events = {name: cluster.events(name) for name in names}
    pods = cluster.names("pods")
    confirmed = every(cluster.scan().findings)
    mended = _paste(cluster, foretold)
    for name in mended:
        cluster.reaches(name, "Running")
    return Watched(foretold, events, pods, confirmed, mended, every(cluster.scan().findings))


def _paste(cluster: Cluster, findings: list[Finding]) -> set[str]:
    """Run each fix that is a command, and return whose they were."""
    mended = set()
    for refused in REFUSED:
        for finding in findings:
            fix = finding.hit.fix
            about = (finding.rule.id, finding.hit.at.object.name)
            if about == (refused.rule, refused.name) and fix and fix.text.startswith("kubectl"):
                cluster.shell(fix.text)
                mended.add(refused.name)
    return mended


def _about(findings: list[Finding], name: str) -> set[str]:
    return {f.rule.id for f in findings if f.hit.at.object.name == name}


@pytest.mark.parametrize("refused", REFUSED, ids=lambda refused: refused.name[:12])
def test_refused_as_foretold(watched: Watched, refused: Refused) -> None:
    """Whoever submits it sees nothing happen; the scan says why, before and after."""
    assert refused.rule in _about(watched.foretold, refused.name)
    ((reason, message),) = watched.events[refused.name]
    assert reason == "ValidationError"
    assert refused.says in message
    assert not {pod for pod in watched.pods if pod.startswith(refused.name)}
    assert {refused.rule, "MPA110"} <= _about(watched.confirmed, refused.name)


def test_fixes_make_them_run(watched: Watched) -> None:
    """A fix that can be pasted is enough, and nothing more is said of the job's spec."""
    assert watched.mended == {"launchers", "workers", "always", "policy", "slots", "ttl"}
    for name in watched.mended:
        assert not {r.rule for r in REFUSED if r.name == name} & _about(watched.left, name)
