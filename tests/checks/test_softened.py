"""What lowers the severity or the confidence of a rule, or silences it: cases, one by one."""

from typing import Any

import pytest

from mpiaudit import engine
from mpiaudit.inventory.build import build
from mpiaudit.model import Resource
from mpiaudit.reading import Reading
from mpiaudit.report import Coverage, Finding

RULES = {r.id: r for r in engine.load_rules()}
ENDED = {
    "conditions": [
        {"type": "Succeeded", "status": "True", "lastTransitionTime": "2026-03-01T10:00:00Z"}
    ]
}


def job(name: str = "train", *, uid: str = "1", age: int = 0, **parts: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a job as exported *age* seconds after it was made: *parts* are of its body."""
    minute, second = divmod(3600 - age, 60)
    created = f"2026-03-01T09:{minute:02}:{second:02}Z" if age else "2026-03-01T09:00:00Z"
    metadata = {"name": name, "namespace": "team-a"}
    if uid:
        metadata |= {"uid": uid, "creationTimestamp": created}
    return {"apiVersion": "kubeflow.org/v2beta1", "kind": "MPIJob", "metadata": metadata, **parts}


def replicas(worker: dict[str, Any], launcher: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a spec with these pod specs and two workers."""
    return {
        "mpiReplicaSpecs": {
            "Launcher": {"template": {"spec": launcher or {}}},
            "Worker": {"replicas": 2, "template": {"spec": worker}},
        }
    }


def worker_pod(index: int, **limits: str) -> dict[str, Any]:
    """Return a running worker of the job with uid 1."""
    owner = {"apiVersion": "kubeflow.org/v2beta1", "kind": "MPIJob", "uid": "1", "controller": True}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"train-worker-{index}",
            "uid": f"pod-{index}",
            "labels": {"training.kubeflow.org/job-role": "worker"},
            "ownerReferences": [owner],
        },
        "spec": {"containers": [{"resources": {"limits": limits}}]},
        "status": {"phase": "Running"},
    }


def lease(renewed: str) -> dict[str, Any]:
    """Return a Lease, whose time is that of the export."""
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "other", "uid": "lease"},
        "spec": {"renewTime": renewed},
    }


def audit(rule: str, *bodies: dict[str, Any]) -> list[Finding]:
    """Return what *rule* finds in one List of *bodies*."""
    listed = (Resource(b, "all.yaml", prefix=("items", n)) for n, b in enumerate(bodies))
    found = engine.audit(build(Reading(listed)), [RULES[rule]], Coverage("all", live=False))
    assert found.skips == ()
    return list(found.findings)


def weights(found: list[Finding]) -> list[str]:
    """Return the severity and the confidence of each finding, in words."""
    return [f"{f.severity.word} {f.confidence.word}" for f in found]


@pytest.mark.parametrize(
    ("container", "status", "expected"),
    [
        ({"command": ["sleep", "1"]}, {}, ["high likely"]),
        ({"command": ["sleep", "1"]}, ENDED, ["low likely"]),
        ({"args": ["sleep", "1"]}, {}, ["high possible"]),
        ({"command": ["bash", "-c", "exec ./run"]}, {}, []),
        ({"command": ["bash", "run.sh"]}, {}, []),
        ({"command": ["${COMMAND}"]}, {}, []),
    ],
    ids=["sleep", "finished", "behind an entry point", "program", "script", "template"],
)
def test_a_worker_without_sshd(
    container: dict[str, Any], status: dict[str, Any], expected: list[str]
) -> None:
    """Only programs that are known to serve no SSH are reported; the rest may well do."""
    body = job(spec=replicas({"containers": [container]}), status=status)

    assert weights(audit("MPA099", body)) == expected


@pytest.mark.parametrize(
    ("age", "expected"),
    [(15, []), (60, ["high possible"]), (330, ["high likely"])],
    ids=["young", "waiting", "forgotten"],
)
def test_a_job_without_status(age: int, expected: list[str]) -> None:
    """A controller that is being moved needs a minute or two; after five it is not coming."""
    found = audit("MPA111", job(age=age), lease("2026-03-01T10:00:00Z"))

    assert weights(found) == expected


def test_a_long_queue_takes_its_time() -> None:
    """150 jobs submitted at once were all reconciled after 205 s: none had been forgotten."""
    jobs = [job(f"train-{n}", uid=str(n + 1), age=200) for n in range(150)]

    assert audit("MPA111", *jobs, lease("2026-03-01T10:00:00Z")) == []


def test_workers_on_the_nodes_network_that_are_kept_apart() -> None:
    """Anti-affinity is the cure, so a job that has it is only noted."""
    apart = {"hostNetwork": True, "affinity": {"podAntiAffinity": {"required": [{}]}}}

    assert weights(audit("MPA120", job(spec=replicas({"hostNetwork": True})))) == ["medium likely"]
    assert weights(audit("MPA120", job(spec=replicas(apart)))) == ["low likely"]


def test_dns_of_the_worker_alone() -> None:
    """The launcher resolves the names; without any server the API server refuses the pod."""
    assert weights(audit("MPA121", job(spec=replicas({"dnsPolicy": "Default"})))) == [
        "medium likely"
    ]
    assert weights(audit("MPA121", job(spec=replicas({"dnsPolicy": "None"})))) == ["high certain"]


@pytest.mark.parametrize(
    ("image", "uid", "status", "expected"),
    [
        ("mpioperator/mpi-pi:0.7.0-openmpi", "", {}, ["high likely"]),
        ("mpioperator/mpi-pi:openmpi", "", {}, ["medium possible"]),
        ("mpioperator/mpi-pi:openmpi", "1", {"startTime": "x"}, ["low possible"]),
        ("mpioperator/mpi-pi:openmpi", "1", {}, []),
        ("mpioperator/mpi-pi:0.7.0-openmpi", "1", ENDED, []),
        ("mpioperator/mpi-pi@sha256:0123", "", {}, []),
    ],
    ids=["pinned", "moving", "pulled earlier", "never started", "finished", "digest"],
)
def test_an_image_with_open_mpi_5(
    image: str, uid: str, status: dict[str, Any], expected: list[str]
) -> None:
    """A tag that moves may have been pulled before it moved; a digest says nothing."""
    launcher = {"containers": [{"image": image, "command": ["mpirun", "/pi"]}]}
    body = job(uid=uid, spec=replicas({"containers": [{}]}, launcher), status=status)

    assert weights(audit("MPA135", body)) == expected


@pytest.mark.parametrize(
    ("limits", "taken", "expected"),
    [
        ({"nvidia.com/gpu": "4"}, "2026-03-01T10:00:05Z", ["high certain"]),
        ({}, "2026-03-01T10:00:05Z", []),
        ({}, "2026-03-01T10:00:45Z", ["medium certain"]),
    ],
    ids=["GPUs", "just ended", "no GPUs"],
)
def test_workers_of_a_finished_job(limits: dict[str, str], taken: str, expected: list[str]) -> None:
    """GPUs are missed at once; a processor for half a minute is not."""
    found = audit("MPA140", job(status=ENDED), worker_pod(0, **limits), lease(taken))

    assert weights(found) == expected


def test_what_finished_jobs_hold_is_added_up() -> None:
    """The sum is what convinces; it comes from pods, since status shows no worker by then."""
    found = audit(
        "MPA140",
        job(status=ENDED),
        worker_pod(0, **{"nvidia.com/gpu": "8"}),
        worker_pod(1, **{"nvidia.com/gpu": "8"}),
    )

    assert found[0].hit.message == (
        "train succeeded; 2 of its workers still run and hold 16 GPUs; "
        "cleanPodPolicy is not set, which means None"
    )
    assert found[0].hit.effect == (
        "finished jobs here: 1, their workers still running: 2, GPUs these hold: 16"
    )
