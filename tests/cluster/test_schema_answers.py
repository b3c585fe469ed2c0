"""The API server refuses, drops and takes what `Schema` says it does, object by object."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cluster.client import Body, RefusedError
from cluster.cluster import Cluster, emptied
from cluster.jobs import mpijob, with_field, without_field
from cluster.releases import definition
from cluster.sweep import CRDS, MPIJOBS
from mpiaudit import engine
from mpiaudit.cli import _audit
from mpiaudit.model import FieldPath
from mpiaudit.rule import Confidence, Severity
from mpiaudit.schema.faults import Flaw, Schema

RELEASES = {"mpi-operator-0.8.0": "v2beta1", "training-operator-1.9.0": "v1"}
"""Whose CRD is asked, and the version that it serves."""

WORKER = ("spec", "mpiReplicaSpecs", "Worker")
POD = (*WORKER, "template", "spec")
CONTAINER = (*POD, "containers", 0)

TYPICAL = with_field(
    with_field(
        with_field(
            mpijob("typical", "default"),
            {"limits": {"nvidia.com/gpu": 8, "memory": "64Gi", "cpu": "1.5"}},
            *CONTAINER,
            "resources",
        ),
        [{"containerPort": 22, "name": "ssh"}, {"containerPort": 22, "protocol": "UDP"}],
        *CONTAINER,
        "ports",
    ),
    [
        {"name": "shm", "emptyDir": {"medium": "Memory"}},
        {"name": "pool", "hostPath": {"path": "/"}},
    ],
    *POD,
    "volumes",
)
"""A job with one of most things that people write."""

PLANTED: dict[str, Body] = {
    "v1 field": with_field(TYPICAL, "Running", "spec", "cleanPodPolicy"),
    "v2beta1 field": with_field(TYPICAL, "/root/.ssh", "spec", "sshAuthMountPath"),
    "policy at the top": {**TYPICAL, "runPolicy": {}},
    "container's field in the pod": with_field(TYPICAL, "Always", *POD, "imagePullPolicy"),
    "unknown null": with_field(TYPICAL, None, *WORKER, "template", "metadata", "creationTimestamp"),
    "label in the singular": with_field(TYPICAL, {"a": "b"}, "metadata", "label"),
    "variable twice": with_field(TYPICAL, [{"name": "A"}, {"name": "A"}], *CONTAINER, "env"),
    "port twice": with_field(
        TYPICAL, [{"containerPort": 1}, {"containerPort": 1, "protocol": "TCP"}],
        *CONTAINER, "ports",
    ),
    "quantity": with_field(TYPICAL, {"limits": {"cpu": "many"}}, *CONTAINER, "resources"),
    "fraction": with_field(TYPICAL, {"limits": {"cpu": 0.5}}, *CONTAINER, "resources"),
    "mount without path": with_field(TYPICAL, [{"name": "shm"}], *CONTAINER, "volumeMounts"),
    "no containers": without_field(TYPICAL, *POD, "containers"),
    "no replicas at all": without_field(TYPICAL, "spec", "mpiReplicaSpecs"),
    "no spec": without_field(TYPICAL, "spec"),
    "two faults": with_field(
        with_field(TYPICAL, "2", *WORKER, "replicas"), [1], *CONTAINER, "args"
    ),
}  # fmt: skip
"""What people get wrong."""

NOT_SERVED = {"v1": "MPA080", "v2beta1": "MPA214"}
"""The rule that names a job of a version that the CRD does not serve."""


ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    1.5,
    2.0,
    "",
    "x",
    "5",
    [],
    {},
    [None],
    ["x"],
    [{}],
    {"a": 1},
    {"a": None},
)


@pytest.fixture(scope="module", params=RELEASES)
def release(request: pytest.FixtureRequest, running: Cluster) -> str:
    """Return a release whose CRD is the cluster's."""
    name = str(request.param)
    cluster = emptied(running)
    cluster.apply([definition(name)])
    return name


@pytest.mark.parametrize("name", PLANTED)
def test_planted_fault(running: Cluster, release: str, name: str) -> None:
    """Whoever reads the report learns of each field what the API server would say of it."""
    job = {**PLANTED[name], "apiVersion": f"kubeflow.org/{RELEASES[release]}"}

    found = {(_spoken(f.path), f.flaw is Flaw.UNKNOWN) for f in _schema(release).faults(job)}

    unknown, refused = _answers(running, job)
    assert {path for path, is_unknown in found if is_unknown} == unknown
    assert {path for path, is_unknown in found if not is_unknown} == refused


def test_odd_values_anywhere(running: Cluster, release: str) -> None:
    """Of some thousand jobs with one odd value each, the same ones are refused."""
    version = RELEASES[release]
    schema, typical = _schema(release), {**TYPICAL, "apiVersion": f"kubeflow.org/{version}"}
    differ = []
    for path in _paths(typical["spec"], ("spec",)):
        for value in ODD:
            job = with_field(typical, value, *path)
            unknown, refused = _answers(running, job)
            answer = "refused" if refused else "drops a field" if unknown else "takes it"
            if _foretold(schema, job) != answer:
                differ.append((path, value, answer, unknown, refused))

    assert differ == []


def test_version_that_is_not_served(running: Cluster, release: str, tmp_path: Path) -> None:
    """A job of the other version is refused whatever is in it, and the audit says so first."""
    other = next(v for v in RELEASES.values() if v != RELEASES[release])
    job = {**TYPICAL, "apiVersion": f"kubeflow.org/{other}"}
    (tmp_path / "job.json").write_text(json.dumps(job))
    (tmp_path / "crd.json").write_text(json.dumps(running.admin.get(f"{CRDS}/{MPIJOBS}")))

    report = _audit.files([str(tmp_path)], engine.load_rules())
    answer = running.kubectl("create", "-f", str(tmp_path / "job.json"), check=False)

    shown = [f for f in report.findings if f.confidence > Confidence.POSSIBLE]
    said = {(f.rule.id, f.severity) for f in shown if f.hit.at.object.kind == "MPIJob"}
    assert said == {(NOT_SERVED[other], Severity.HIGH)}
    assert f'no matches for kind "MPIJob" in version "kubeflow.org/{other}"' in answer


def _foretold(schema: Schema, job: Body) -> str:
    """Return what becomes of *job*; the fields inside a value that is refused do not matter."""
    flaws = {fault.flaw for fault in schema.faults(job)}
    if flaws - {Flaw.UNKNOWN}:
        return "refused"
    return "drops a field" if flaws else "takes it"


def _schema(release: str) -> Schema:
    (version,) = definition(release)["spec"]["versions"]
    return Schema(version["schema"]["openAPIV3Schema"])


def _answers(cluster: Cluster, job: Body) -> tuple[set[str], set[str]]:
    """Return the fields that the API server does not know, and those it refuses the job for."""
    path = f"/apis/{job['apiVersion']}/namespaces/default/{MPIJOBS.split('.')[0]}?dryRun=All"
    strict = _refusal(cluster, f"{path}&fieldValidation=Strict", job)
    lenient = _refusal(cluster, f"{path}&fieldValidation=Ignore", job)
    refused = re.findall(r"(?:[\[ ]|^)((?:spec|metadata)[^ ,]*): ", lenient)
    return set(re.findall(r'unknown field "([^"]+)"', strict)), {_dotted(r) for r in refused}


def _refusal(cluster: Cluster, path: str, job: Body) -> str:
    try:
        cluster.admin.create(path, job)
    except RefusedError as error:
        return str(error)
    return ""


def _dotted(field: str) -> str:
    """Return a path as most messages have it: some put map keys in brackets."""
    return re.sub(r"\[([^0-9\]][^\]]*)\]", r".\1", field)


def _spoken(path: FieldPath) -> str:
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")


def _paths(value: Any, path: FieldPath) -> Iterator[FieldPath]:  # noqa: ANN401 - any JSON
    yield path
    if isinstance(value, dict | list):
        for step in value if isinstance(value, dict) else range(len(value)):
            yield from _paths(value[step], (*path, step))
