"""What is offered for mpi-operator's image is a release that starts with what is around it."""

import copy
import json
import shlex
from typing import Any

import pytest

from mpiaudit import engine
from mpiaudit.facts.crds import schemas
from mpiaudit.inventory.build import build
from mpiaudit.model import Resource
from mpiaudit.reading import Reading
from mpiaudit.report import Coverage, Finding
from mpiaudit.rule import Disposition, Fix

RULES = engine.load_rules()
LATEST = "mpioperator/mpi-operator:latest"
NEWEST = "docker.io/mpioperator/mpi-operator:0.8.2"
LEGACY = {"command": ["/opt/mpi-operator.v1"], "args": ["--kubectl-delivery-image=kubectl:1"]}

Body = dict[str, Any]


def operator(image: str, **container: object) -> Body:
    """Return a Deployment with what *container* adds to its container."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "mpi-operator", "namespace": "mpi-operator", "uid": "uid-operator"},
        "spec": {"template": {"spec": {"containers": [{"image": image, **container}]}}},
    }


def definition(*served: str, release: str = "", more: str = "") -> Body:
    """Return a CRD of these versions, with the fields of *release* and one that none has."""
    fields = next(
        (s.properties for s in schemas() if str(s.origin.newest) == release), frozenset[str]()
    )
    spec: Body = {more: {}} if more else {}
    for name in sorted(fields):
        inner = spec
        *above, last = name.split(".")
        for step in above:
            inner = inner.setdefault(step, {"properties": {}})["properties"]
        inner.setdefault(last, {})
    schema = {"openAPIV3Schema": {"properties": {"spec": {"properties": spec}}}}
    versions = [
        {"name": v, "served": True, "storage": v == served[-1], "schema": schema} for v in served
    ]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "mpijobs.kubeflow.org", "uid": "uid-crd"},
        "spec": {"group": "kubeflow.org", "versions": versions},
        "status": {"storedVersions": [served[-1]]},
    }


def findings(*objects: Body) -> dict[str, Finding]:
    """Return what is found in a cluster of *objects*, by rule."""
    inventory = build(Reading(Resource(copy.deepcopy(body), "cluster") for body in objects))
    report = engine.audit(inventory, RULES, Coverage("cluster", live=False))
    return {each.rule.id: each for f in report.findings for each in (f, *f.explains)}


def offered(rule: str, *objects: Body) -> Fix | None:
    """Return the fix of what *rule* finds, and it does find something."""
    return findings(*objects)[rule].hit.fix


def pasted(fix: Fix | None, deployment: Body, crd: Body) -> tuple[Body, Body]:
    """Return what the commands leave of a Deployment and of the CRD."""
    assert fix is not None
    deployment, crd = copy.deepcopy(deployment), copy.deepcopy(crd)
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    for line in fix.text.splitlines():
        words = shlex.split(line)
        if "patch" in words:
            for step in json.loads(words[-1]):
                container[step["path"].rpartition("/")[2]] = step["value"]
        else:
            assert words[:-1] == ["kubectl", "apply", "--server-side", "-f"]
            assert "/v0.8.0/" in words[-1]
            crd = definition("v2beta1", release="0.8.2")
    return deployment, crd


@pytest.mark.parametrize(
    "crd",
    [
        definition("v2beta1", release="0.4.0"),
        definition("v2beta1", release="0.4.0", more="runLauncherAsWorker"),
        definition("v2beta1", release="0.6.0"),
    ],
    ids=["too-old", "of-no-release", "of-0.6"],
)
def test_a_pinned_operator_has_its_crd(crd: Body) -> None:
    """Neither is older than the other, nor so old that it gets no fixes."""
    deployment = operator(LATEST)

    after = findings(*pasted(offered("MPA020", crd, deployment), deployment, crd))

    assert not after.keys() & {"MPA009", "MPA010", "MPA020", "MPA048", "MPA052"}


def test_an_operator_of_unknown_age_is_replaced_with_a_warning() -> None:
    """One before 0.5 named another Service in the hostfiles of the jobs that run."""
    fix = offered("MPA020", operator(LATEST))

    assert fix is not None
    assert fix.disposition is Disposition.INTERRUPTS


@pytest.mark.parametrize(
    ("release", "disposition"),
    [("0.4.0", Disposition.INTERRUPTS), ("0.5.0", Disposition.SAFE)],
)
def test_hostfiles_changed_with_one_release(release: str, disposition: Disposition) -> None:
    """What 0.5 writes is what the newest writes."""
    fix = offered("MPA052", operator(f"mpioperator/mpi-operator:{release}"))

    assert fix is not None
    assert fix.disposition is disposition
    assert ("hostfiles" in fix.summary) is (disposition is Disposition.INTERRUPTS)


@pytest.mark.parametrize(
    "container",
    [
        {"command": ["/opt/mpi-operator.v1"]},
        {"args": ["--gpus-per-node=8"]},
        {"command": ["/wrapper"]},
    ],
    ids=["command", "flag", "wrapper"],
)
def test_nothing_is_pinned_that_would_not_start(container: Body) -> None:
    """The newest release lacks the old program, and exits at a flag that it does not know."""
    assert offered("MPA020", operator(LATEST, **container)) is None


def test_nobody_knows_the_tags_of_an_image_of_ones_own() -> None:
    """A fork need not have been tagged like upstream."""
    assert offered("MPA020", operator("adityapb/mpi-operator:latest")) is None
    assert offered("MPA052", operator("adityapb/mpi-operator:0.5.0")) is None


def test_a_mirror_may_lack_a_tag() -> None:
    """It keeps the path, and not every image."""
    fix = offered("MPA052", operator("registry.example/hub/mpioperator/mpi-operator:0.5.0"))

    assert fix is not None
    assert fix.summary.endswith("registry.example must have that image")


def test_no_crd_is_applied_over_one_of_several_versions() -> None:
    """The API server would refuse it, and the operator would be moved without it."""
    assert offered("MPA020", operator(LATEST), definition("v1", "v2beta1")) is None


def test_a_program_of_v1_gets_the_last_image_that_has_it() -> None:
    """Without the command the image would run v2beta1, which this CRD does not serve."""
    crd, deployment = definition("v1"), operator(LATEST, **LEGACY)

    after = findings(*pasted(offered("MPA022", crd, deployment), deployment, crd))

    assert not after.keys() & {"MPA002", "MPA020", "MPA022", "MPA023"}


def test_an_old_program_is_dropped_where_the_new_one_is_served() -> None:
    """The CRD is that of the image."""
    fix = offered("MPA022", operator(NEWEST, **LEGACY), definition("v2beta1", release="0.8.2"))

    assert fix is not None
    assert '"op": "remove", "path": "/spec/template/spec/containers/0/command"' in fix.text


def test_no_image_has_a_program_for_the_crd() -> None:
    """A program of v1 would wait for its version in vain."""
    crd = definition("v1alpha1")

    assert offered("MPA022", operator(LATEST, command=["/opt/mpi-operator.v1"]), crd) is None
