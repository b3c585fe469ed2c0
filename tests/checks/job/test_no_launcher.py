"""What becomes of a job without a Launcher, and the patch that gives it one."""

from typing import Any

import pytest

from mpiaudit import engine
from mpiaudit.inventory.build import build
from mpiaudit.model import Resource
from mpiaudit.reading import Reading
from mpiaudit.report import Coverage
from mpiaudit.rule import Hit

RULES = [rule for rule in engine.load_rules() if rule.id == "MPA083"]
REFUSED = "the API server refuses it"

Body = dict[str, Any]


def job(version: str = "v2beta1", uid: str = "", **spec: object) -> Body:
    """Return a job with this spec."""
    metadata = {"name": "bert", "namespace": "ml"} | ({"uid": uid} if uid else {})
    return {
        "apiVersion": f"kubeflow.org/{version}",
        "kind": "MPIJob",
        "metadata": metadata,
        "spec": spec,
    }


def definition(*required: str) -> Body:
    """Return a CRD whose schema requires these fields of spec."""
    schema = {"openAPIV3Schema": {"properties": {"spec": {"required": list(required)}}}}
    version = {"name": "v2beta1", "served": True, "storage": True, "schema": schema}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "mpijobs.kubeflow.org"},
        "spec": {"versions": [version]},
    }


def hit(*objects: Body) -> Hit:
    """Return the one hit in *objects*."""
    inventory = build(Reading(Resource(body, "page") for body in objects))
    (found,) = engine.audit(inventory, RULES, Coverage("page", live=False)).findings
    return found.hit


@pytest.mark.parametrize(
    ("objects", "effect"),
    [
        ([job(slotsPerWorker=1)], REFUSED),
        ([job("v1", template={})], REFUSED),
        ([job("v1alpha2", slotsPerWorker=1)], ""),
        ([definition("mpiReplicaSpecs"), job(slotsPerWorker=1)], REFUSED),
        ([definition(), job(slotsPerWorker=1)], ""),
        ([job(mpiReplicaSpecs={"Worker": {}})], ""),
        ([job(uid="uid-bert", slotsPerWorker=1)], ""),
    ],
    ids=["missing", "old-shape", "too-old", "by-the-crd", "open-crd", "no-key", "taken-once"],
)
def test_the_field_is_required(objects: list[Body], effect: str) -> None:
    """Every CRD since mpi-operator 0.4 says so; that of 0.3.0 takes anything."""
    assert hit(*objects).effect == effect


def test_a_replica_of_a_job_in_a_cluster_is_moved() -> None:
    """Lines of a manifest would make it null there."""
    fix = hit(job(uid="uid-bert", mpiReplicaSpecs={"launcher": {"template": {}}})).fix

    assert fix is not None
    assert fix.text.endswith(
        '[{"op": "move", "from": "/spec/mpiReplicaSpecs/launcher", '
        '"path": "/spec/mpiReplicaSpecs/Launcher"}]\''
    )
