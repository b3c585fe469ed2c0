"""No value that a manifest may hold makes a rule crash."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from mpiaudit import engine
from mpiaudit.inventory.build import build
from mpiaudit.model import FieldPath, Resource
from mpiaudit.reading import Reading
from mpiaudit.report import Coverage

Body = dict[str, Any]

CONTAINER = {
    "name": "mpi",
    "image": "example.com/mpi:1",
    "command": ["mpirun", "-n", "2"],
    "args": ["a"],
    "env": [{"name": "A", "value": "b"}, {"name": "B", "valueFrom": {}}],
    "resources": {"limits": {"nvidia.com/gpu": 2}},
    "volumeMounts": [{"name": "v", "mountPath": "/v"}],
    "ports": [{"containerPort": 22}],
}

JOB: Body = {
    "apiVersion": "kubeflow.org/v2beta1",
    "kind": "MPIJob",
    "metadata": {
        "name": "pi",
        "namespace": "team-a",
        "uid": "1",
        "creationTimestamp": "2026-11-24T05:00:00Z",
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"},
        "labels": {"app": "pi"},
        "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "p", "controller": True}],
        "managedFields": [{"manager": "kubectl-create", "apiVersion": "kubeflow.org/v2beta1"}],
    },
    "spec": {
        "slotsPerWorker": 1,
        "runPolicy": {"cleanPodPolicy": "Running", "suspend": False},
        "mpiReplicaSpecs": {
            "Launcher": {"template": {"spec": {"containers": [CONTAINER]}}},
            "Worker": {
                "replicas": 2,
                "restartPolicy": "Never",
                "template": {
                    "metadata": {"annotations": {"a": "b"}, "labels": {"a": "b"}},
                    "spec": {
                        "hostNetwork": True,
                        "dnsPolicy": "None",
                        "dnsConfig": {"nameservers": ["10.0.0.10"], "searches": ["svc"]},
                        "affinity": {"podAntiAffinity": {}},
                        "volumes": [{"name": "v"}],
                        "containers": [CONTAINER],
                    },
                },
            },
        },
    },
    "status": {"conditions": [{"type": "Failed", "status": "True", "reason": "r"}]},
}
"""A job that has every field some rule looks at."""

ODD: tuple[object, ...] = (
    None,
    True,
    -1,
    0,
    1.5,
    "",
    "${X}",
    [],
    {},
    [None],
    [[1]],
    {"1": 2},
    {"a": [None]},
    10**30,
)


def steps(value: object, path: FieldPath = ()) -> Iterator[FieldPath]:
    """Yield the path of everything inside *value*."""
    inside = value.items() if isinstance(value, dict) else ()
    entries = enumerate(value) if isinstance(value, list) else inside
    for step, each in entries:
        yield (*path, step)
        yield from steps(each, (*path, step))


def replaced(body: Body, path: FieldPath, value: object) -> Body:
    """Return *body* with *value* at *path*."""
    changed = copy.deepcopy(body)
    inside: Any = changed
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = value
    return changed


@pytest.mark.parametrize("path", list(steps(JOB)), ids=str)
def test_no_value_of_a_wrong_type_crashes(path: FieldPath) -> None:
    """Real manifests hold anything anywhere; a crashed rule is a rule that says nothing."""
    rules = engine.load_rules()
    for value in ODD:
        resource = Resource(replaced(JOB, path, value), "job.yaml")

        report = engine.audit(build(Reading(iter([resource]))), rules, Coverage("", live=False))

        assert [s for s in report.skips if "the check itself failed" in s.gap.reason] == []
