"""Measure all rules over many jobs against calling empty functions, in one run.

The jobs are copies of one, or differ in arguments, environment and workers. The empty functions
are as many as there are rules, each called once for each job. The target is printed and gates
nothing: run it before and after a change.
"""

from __future__ import annotations

import argparse
import copy
import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from mpiaudit import engine
from mpiaudit.inventory.build import build
from mpiaudit.inventory.inventory import Inventory
from mpiaudit.model import Resource
from mpiaudit.reading import Reading
from mpiaudit.report import Coverage

TARGET = 3
"""How many times as long as the empty functions it may take."""

NAMESPACES = 50
TAKEN = "2026-01-01T12:00:00Z"

CRD: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "mpijobs.kubeflow.org", "uid": "crd"},
    "spec": {
        "group": "kubeflow.org",
        "versions": [
            {"name": "v2beta1", "served": True, "storage": True, "subresources": {"status": {}}}
        ],
    },
}
OPERATOR: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "mpi-operator", "namespace": "mpi-operator", "uid": "operator"},
    "spec": {
        "replicas": 1,
        "selector": {"matchLabels": {"app": "mpi-operator"}},
        "template": {
            "metadata": {"labels": {"app": "mpi-operator"}},
            "spec": {
                "containers": [{"name": "mpi-operator", "image": "mpioperator/mpi-operator:0.8.0"}]
            },
        },
    },
    "status": {"replicas": 1, "updatedReplicas": 1, "readyReplicas": 1},
}
LAUNCHER: dict[str, Any] = {
    "name": "launcher",
    "image": "example.com/train:1",
    "securityContext": {"runAsUser": 1000},
    "command": ["mpirun"],
    "args": ["-np", "2", "-bind-to", "none", "python", "/train.py", "--epochs=3"],
    "env": [{"name": "SEED", "value": "1"}],
    "resources": {"limits": {"cpu": 1, "memory": "1Gi"}},
}
WORKER: dict[str, Any] = {
    "name": "worker",
    "image": "example.com/train:1",
    "securityContext": {"runAsUser": 1000},
    "command": ["/usr/sbin/sshd"],
    "args": ["-De", "-f", "/home/mpiuser/.sshd_config"],
    "resources": {"limits": {"cpu": 4, "memory": "4Gi", "nvidia.com/gpu": 2}},
    "volumeMounts": [{"name": "shm", "mountPath": "/dev/shm"}],  # noqa: S108 - in a pod
}
MEMORY = {"name": "shm", "emptyDir": {"medium": "Memory"}}
JOB: dict[str, Any] = {
    "apiVersion": "kubeflow.org/v2beta1",
    "kind": "MPIJob",
    "spec": {
        "slotsPerWorker": 2,
        "runPolicy": {"cleanPodPolicy": "Running"},
        "sshAuthMountPath": "/home/mpiuser/.ssh",
        "mpiReplicaSpecs": {
            "Launcher": {"replicas": 1, "template": {"spec": {"containers": [LAUNCHER]}}},
            "Worker": {
                "replicas": 1,
                "template": {"spec": {"containers": [WORKER], "volumes": [MEMORY]}},
            },
        },
    },
    "status": {"conditions": [{"type": "Running", "status": "True"}]},
}


def copied(index: int) -> dict[str, Any]:
    """Return a job that differs in nothing but who it is."""
    body = copy.deepcopy(JOB)
    namespace = f"team-{index % NAMESPACES}"
    body["metadata"] = {
        "name": f"job-{index}",
        "namespace": namespace,
        "uid": f"uid-{index}",
        "creationTimestamp": f"2026-01-01T{index % 12:02}:00:00Z",
    }
    return body


def differing(index: int) -> dict[str, Any]:
    """Return a job that has its own arguments, environment and number of workers."""
    body = copied(index)
    replicas = body["spec"]["mpiReplicaSpecs"]
    replicas["Worker"]["replicas"] = 1 + index % 64
    container = replicas["Launcher"]["template"]["spec"]["containers"][0]
    container["args"][-1] = f"--epochs={index}"
    container["env"][0]["value"] = str(index)
    return body


CROWDS = {"copies of one": copied, "all different": differing}


def cluster(count: int, job: Callable[[int], dict[str, Any]]) -> Iterator[Resource]:
    """Yield a cluster that is in order, with *count* jobs."""
    for index, body in enumerate((CRD, OPERATOR, *map(job, range(count)))):
        yield Resource(body, "cluster:bench", document=index)


def empty(_: object) -> None:
    """Do nothing."""


def idle(inventory: Inventory, rules: int) -> float:
    """Return the seconds that it takes to do nothing for each of *rules* and each job."""
    start = time.process_time()
    for _ in range(rules):
        for job in inventory.jobs:
            empty(job)
    return time.process_time() - start


def measure(name: str, count: int) -> str:
    """Return the line of the report for one kind of crowd."""
    rules = engine.load_rules()
    engine.audit(Inventory(), rules, Coverage("warm", live=True))
    reading = Reading(iter(list(cluster(count, CROWDS[name]))), taken=TAKEN)
    start = time.process_time()
    inventory = build(reading)
    built = time.process_time() - start
    nothing = min(idle(inventory, len(rules)) for _ in range(3))
    start = time.process_time()
    report = engine.audit(inventory, rules, Coverage("bench", live=True))
    judged = time.process_time() - start
    return (
        f"{count} jobs, {name}\n    {judged / nothing:.1f}x (<= {TARGET}x)  "
        f"{judged:.2f} s / {nothing:.2f} s; {len(rules)} rules, {len(report.findings)} findings, "
        f"inventory built in {built:.2f} s"
    )


def main() -> None:
    """Measure jobs that are alike, and jobs that are not, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=10_000)
    chosen = parser.parse_args()
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, max_tasks_per_child=1) as processes:
        for line in processes.map(measure, CROWDS, [chosen.jobs] * len(CROWDS)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
