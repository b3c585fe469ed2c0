"""Which schema judges a job, and how much its answer weighs."""

from typing import Any

import pytest

from mpiaudit import engine
from mpiaudit.inventory.build import build
from mpiaudit.model import Resource
from mpiaudit.reading import Reading
from mpiaudit.report import Coverage, Finding
from mpiaudit.rule import Confidence, Severity

Body = dict[str, Any]

RULES = [rule for rule in engine.load_rules() if rule.id in {"MPA212", "MPA213"}]
SPEC = {"type": "object", "properties": {"known": {"type": "integer"}}}


def definition(spec: Any, **fields: Any) -> Body:  # noqa: ANN401 - any schema
    """Return an installed CRD whose v2beta1 has this *spec*."""
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}
    version = {"name": "v2beta1", "served": True, "storage": True, "schema": schema}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "mpijobs.kubeflow.org", "uid": "crd"},
        "spec": {"group": "kubeflow.org", "versions": [version], **fields},
    }


def job(spec: Body, **metadata: Any) -> Body:  # noqa: ANN401 - any metadata
    """Return a job."""
    named = {"name": "pi", "namespace": "team-a", **metadata}
    return {"apiVersion": "kubeflow.org/v2beta1", "kind": "MPIJob", "metadata": named, "spec": spec}


def found(*bodies: Body) -> list[Finding]:
    """Return what the two rules find, none of them failing."""
    resources = [Resource(body, f"{number}.yaml") for number, body in enumerate(bodies)]
    report = engine.audit(build(Reading(iter(resources))), RULES, Coverage("files", live=False))
    assert report.skips == ()
    return list(report.findings)


def test_the_installed_definition_decides() -> None:
    """A field that only this cluster's definition declares is no fault in it."""
    (finding,) = found(definition(SPEC), job({"known": 1, "slotsPerWorker": 1}))

    assert finding.hit.message == "the CRD declares no spec.slotsPerWorker"
    assert finding.confidence is Confidence.CERTAIN


@pytest.mark.parametrize("spec", [None, {"type": "text"}, {"required": [1]}])
def test_a_definition_that_is_none_has_no_say(spec: object) -> None:
    """The job will meet another one: the newest release's is what is known of it."""
    (finding,) = found(definition(spec), job({"slotsPerWorkers": 1, "mpiReplicaSpecs": {}}))

    assert finding.hit.message.startswith("kubeflow/mpi-operator v0.8.0 declares no")
    assert finding.confidence is Confidence.LIKELY


@pytest.mark.parametrize(
    ("api_version", "fields"),
    [
        ("apiextensions.k8s.io/v1beta1", {}),
        ("apiextensions.k8s.io/v1", {"preserveUnknownFields": True}),
    ],
)
def test_nothing_gets_lost_where_the_definition_keeps_it(api_version: str, fields: Body) -> None:
    """Definitions from before structural schemas drop no field."""
    crd = {**definition(SPEC, **fields), "apiVersion": api_version}

    assert found(crd, job({"anything": 1})) == []


def test_a_running_job_is_not_called_refused() -> None:
    """It was accepted by an older definition; only the next apply of its manifest fails."""
    applied = '{"apiVersion": "kubeflow.org/v2beta1", "kind": "MPIJob", "spec": {"known": "1"}}'
    notes = {"kubectl.kubernetes.io/last-applied-configuration": applied}
    there = job({"known": "1"}, uid="there", annotations=notes)

    (finding,) = found(definition(SPEC), there)

    assert (finding.rule.id, finding.severity) == ("MPA213", Severity.MEDIUM)
    assert "when it is applied again" in finding.hit.effect
    assert found(there) == []
