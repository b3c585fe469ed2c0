"""A patch that a fix offers changes exactly the field that was found, however it is spelt."""

import json
import shlex

from mpiaudit.checks.job import patches
from mpiaudit.inventory.job import Job
from mpiaudit.model import Resource


def _job() -> Job:
    body = {
        "apiVersion": "kubeflow.org/v2beta1",
        "kind": "MPIJob",
        "metadata": {"name": "pi", "namespace": "team-a", "uid": "u-1"},
        "spec": {"mpiReplicaSpecs": {"Launcher": {"replicas": 1}}},
    }
    job = Job.parse(Resource(body, "cluster"))
    assert job
    return job


def test_pointer_escapes_slashes() -> None:
    """An annotation's key holds a slash, which would otherwise lead into another field."""
    path = ("metadata", "annotations", "kueue.x-k8s.io/queue~name")

    assert patches.pointer(path) == "/metadata/annotations/kueue.x-k8s.io~1queue~0name"


def test_command_survives_the_shell() -> None:
    """A path with an apostrophe must neither end the quotation nor run as a command."""
    steps = patches.replace(("spec", "sshAuthMountPath"), "/it's", "/it's/own")

    words = shlex.split(patches.command(_job(), steps))

    assert words[:-1] == [
        "kubectl", "-n", "team-a", "patch", "mpijobs.v2beta1.kubeflow.org", "pi",
        "--type=json", "-p",
    ]  # fmt: skip
    assert json.loads(words[-1]) == [
        {"op": "test", "path": "/spec/sshAuthMountPath", "value": "/it's"},
        {"op": "replace", "path": "/spec/sshAuthMountPath", "value": "/it's/own"},
    ]
