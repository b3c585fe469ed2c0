"""MPIJobs inside other objects: what Katib, Argo Workflows and ConfigMaps will create."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mpiaudit.manifest.read import Fault, Item, read
from mpiaudit.model import FieldPath, Resource, dig

KIND = "MPIJob"

CARRIERS = frozenset(
    {"ConfigMap", "Experiment", "Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate"}
    | {"CronWorkflow"}
)
"""Kinds that may hold an MPIJob.

kubeflow/katib v0.18.0 pkg/apis/controller/experiments/v1beta1/experiment_types.go;
argoproj/argo-workflows v3.6.0 pkg/apis/workflow/v1alpha1/workflow_types.go.
"""

_TRIAL: FieldPath = ("spec", "trialTemplate", "trialSpec")
_PARAMETER = re.compile(r"\{\{[^{}]*\}\}")
_FILLED = "${parameter}"
"""Stands for an Argo parameter: YAML can read it, and no rule takes it for a value."""


def jobs(carrier: Resource) -> Iterator[Resource | str]:
    """Yield the MPIJobs inside *carrier*; a text that looks like one and cannot be read is said.

    They lie where they are written: `Resource.prefix` leads to the object, or to the text that
    spells it.
    """
    trial = carrier.get(*_TRIAL)
    if carrier.kind == "Experiment" and dig(trial, "kind") == KIND:
        metadata = {"generateName": f"{carrier.reference.name}-", **_mapping(trial, "metadata")}
        yield _inside(carrier, _TRIAL, {**trial, "metadata": metadata})
    for path, text in _texts(carrier):
        if KIND not in text:
            continue
        for found in read(_PARAMETER.sub(_FILLED, text).encode(), frozenset({KIND})):
            match found:
                case Item(body=body) if body.get("kind") == KIND:
                    yield _inside(carrier, path, body)
                case Fault() if f"kind: {KIND}" in text:
                    dotted = ".".join(map(str, path))
                    yield f"{carrier.reference} .{dotted} holds an MPIJob that cannot be read"


def _inside(carrier: Resource, path: FieldPath, body: Mapping[str, Any]) -> Resource:
    """Return the job; where it names no namespace it is made in its carrier's."""
    metadata = {"namespace": carrier.reference.namespace, **_mapping(body, "metadata")}
    return Resource(
        {**body, "metadata": metadata},
        carrier.source,
        carrier.document,
        (*carrier.prefix, *path),
    )


def _texts(carrier: Resource) -> Iterator[tuple[FieldPath, str]]:
    """Yield each text that may spell a manifest, with its path."""
    if carrier.kind == "ConfigMap":
        paths: list[FieldPath] = [("data", key) for key in _mapping(carrier.body, "data")]
    else:
        spec = ("spec", "workflowSpec") if carrier.kind == "CronWorkflow" else ("spec",)
        templates = carrier.get(*spec, "templates")
        count = len(templates) if isinstance(templates, list) else 0
        paths = [(*spec, "templates", i, "resource", "manifest") for i in range(count)]
    for path in paths:
        text = carrier.get(*path)
        if isinstance(text, str):
            yield path, text


def _mapping(value: object, key: str) -> Mapping[str, Any]:
    found = dig(value, key)
    return found if isinstance(found, Mapping) else {}
