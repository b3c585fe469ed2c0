"""Where the sshd of the workers listens, as far as a manifest tells."""

from typing import Any

import pytest

from mpiaudit.checks.network.ssh_ports import ssh_ports
from mpiaudit.inventory.job import Job
from mpiaudit.model import Resource

BASE = "mpioperator/mpi-pi:openmpi"


def job(container: dict[str, Any] | None) -> Job:
    """Return a job whose workers run *container*."""
    worker = {"template": {"spec": {"containers": [container] if container else []}}}
    body = {
        "apiVersion": "kubeflow.org/v2beta1",
        "kind": "MPIJob",
        "metadata": {"name": "pi"},
        "spec": {"mpiReplicaSpecs": {"Worker": worker}},
    }
    parsed = Job.parse(Resource(body, "job.yaml"))
    assert parsed
    return parsed


@pytest.mark.parametrize(
    ("container", "ports"),
    [
        (None, (22, 2222)),
        ({"image": "example.com/hpc:1"}, (22, 2222)),
        ({"image": BASE}, (2222,)),
        ({"image": "registry.example.com/mirror/mpioperator/base:v0.8.0"}, (2222,)),
        ({"image": "mpioperator/mpi-pi:0.3.0"}, (22, 2222)),
        ({"image": "mpioperator/tensorflow-benchmarks:latest"}, (22, 2222)),
        ({"image": BASE, "command": ["/usr/sbin/sshd", "-De"]}, (2222,)),
        ({"image": BASE, "command": ["/usr/sbin/sshd", "-De", "-p", "2200"]}, (2200,)),
        ({"image": BASE, "command": ["/usr/sbin/sshd"], "args": ["-De", "-p2200"]}, (2200,)),
        ({"image": BASE, "args": ["/usr/sbin/sshd", "-De", "-oPort=2200"]}, (2200,)),
        ({"image": BASE, "command": ["sh", "-c", "sshd -o 'Port 2200'; sleep 1d"]}, (2200,)),
        ({"image": BASE, "command": ["sh", "-c", "/start.sh -p 99"]}, (22, 2222)),
        ({"image": BASE, "command": ["sh", "-c", "sshd -De; server -p 99"]}, (2222,)),
        ({"image": BASE, "ports": [{"name": "ssh", "containerPort": 2022}]}, (2022,)),
        ({"image": BASE, "ports": [{"containerPort": 22}]}, (22,)),
        ({"image": BASE, "ports": [{"containerPort": 8080}, {"name": "ssh"}]}, (2222,)),
        ({"image": BASE, "command": ["sshd", "-p", "99999"]}, (2222,)),
    ],
    ids=str,
)
def test_port(container: dict[str, Any] | None, ports: tuple[int, ...]) -> None:
    """A policy is held against the port that the launcher really connects to."""
    assert ssh_ports(job(container)) == ports
