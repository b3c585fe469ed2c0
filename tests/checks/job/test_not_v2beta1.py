"""What is said of a job in an old version is true of that very job, and of the CRD at hand."""

from typing import Any

from mpiaudit import engine
from mpiaudit.inventory.build import build
from mpiaudit.model import Resource
from mpiaudit.reading import Reading
from mpiaudit.report import Coverage, Finding

RULES = [rule for rule in engine.load_rules() if rule.id == "MPA080"]

Body = dict[str, Any]


def job(version: str, **spec: object) -> Body:
    """Return a manifest with this spec."""
    return {
        "apiVersion": f"kubeflow.org/{version}",
        "kind": "MPIJob",
        "metadata": {"name": "bert", "namespace": "ml"},
        "spec": spec,
    }


def definition(*served: str) -> Body:
    """Return an installed CRD of these versions."""
    versions = [{"name": v, "served": True, "storage": v == served[-1]} for v in served]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "mpijobs.kubeflow.org", "uid": "uid-crd"},
        "spec": {"versions": versions},
    }


def finding(*objects: Body) -> Finding:
    """Return the one finding about *objects*."""
    inventory = build(Reading(Resource(body, "page") for body in objects))
    (found,) = engine.audit(inventory, RULES, Coverage("page", live=False)).findings
    return found


def test_the_version_alone_mends_nothing() -> None:
    """The shape changes with it, and a job in a cluster keeps its image."""
    replicas: Body = {"Launcher": {"template": {}}, "Worker": {"template": {}}}

    hit = finding(job("v1", mpiReplicaSpecs=replicas, cleanPodPolicy="Running")).hit

    assert hit.fix is None
    assert hit.effect == (
        "no mpi-operator since 0.4 reads it, nor does Trainer 2; for v2beta1 cleanPodPolicy moves "
        "below runPolicy and Launcher.restartPolicy needs its old default, Never, in writing"
    )


def test_only_fields_that_are_there_are_named() -> None:
    """Most old jobs have neither mainContainer nor mpiDistribution."""
    replicas = {"Launcher": {"restartPolicy": "Never", "template": {}}}

    assert "for v2beta1" not in finding(job("v1", mpiReplicaSpecs=replicas)).hit.effect


def test_the_first_shape_had_one_template() -> None:
    """An API server wants mpiReplicaSpecs in v2beta1."""
    effect = finding(job("v1alpha1", gpus=8, template={})).hit.effect

    assert "template becomes those of mpiReplicaSpecs.Launcher and .Worker" in effect
    assert "gpus becomes limits of the Worker" in effect


def test_both_versions_are_served() -> None:
    """Then mpi-operator does see the job."""
    effect = finding(definition("v1", "v2beta1"), job("v1")).hit.effect

    assert effect == "it is read in v2beta1 as well, without what only the older version has"
