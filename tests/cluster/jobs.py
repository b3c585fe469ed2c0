"""MPIJobs to submit."""

from copy import deepcopy
from typing import Any

from cluster.client import Body

SSHD = ["/usr/sbin/sshd", "-De"]


def mpijob(name: str, space: str = "team-a", *, ends: int | None = None, workers: int = 2) -> Body:
    """Return a v2beta1 MPIJob that runs for ever, or whose launcher *ends* with that exit code."""
    launcher = {"name": "launcher", "image": "registry.test/mpi:1", "command": ["mpirun", "pi"]}
    worker = {"name": "worker", "image": "registry.test/mpi:1", "command": SSHD}
    annotations = {} if ends is None else {"testbed/ends": str(ends), "testbed/after": "1"}
    return {
        "apiVersion": "kubeflow.org/v2beta1",
        "kind": "MPIJob",
        "metadata": {"name": name, "namespace": space},
        "spec": {
            "slotsPerWorker": 1,
            "runPolicy": {"cleanPodPolicy": "Running"},
            "mpiReplicaSpecs": {
                "Launcher": {
                    "replicas": 1,
                    "restartPolicy": "Never",
                    "template": {
                        "metadata": {"annotations": annotations},
                        "spec": {"containers": [launcher]},
                    },
                },
                "Worker": {"replicas": workers, "template": {"spec": {"containers": [worker]}}},
            },
        },
    }


def with_field(job: Body, value: Any, *path: str | int) -> Body:  # noqa: ANN401 - any JSON
    """Return a copy of *job* in which the field at *path* is *value*."""
    changed = deepcopy(job)
    part: Any = changed
    for step in path[:-1]:
        part = part.setdefault(step, {}) if isinstance(part, dict) else part[step]
    part[path[-1]] = value
    return changed


def without_field(job: Body, *path: str | int) -> Body:
    """Return a copy of *job* in which there is no field at *path*."""
    changed = deepcopy(job)
    part: Any = changed
    for step in path[:-1]:
        part = part[step]
    del part[path[-1]]
    return changed
