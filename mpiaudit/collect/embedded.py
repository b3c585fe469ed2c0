"""MPIJobs inside other objects: what Katib, Argo, queues and people will create from them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mpiaudit.collect import carriers
from mpiaudit.collect.carriers import CARRIERS, KIND
from mpiaudit.manifest.build import Document, documents
from mpiaudit.manifest.read import Data, Fault, Item, read
from mpiaudit.manifest.split import find
from mpiaudit.manifest.template import filled
from mpiaudit.model import FieldPath, Resource, dig

_DEEPEST = 4
"""Objects within objects that are looked into: a ConfigMap with a Workflow with an AppWrapper."""

_NOT_MADE = frozenset({"get", "delete", "patch"})
"""What Argo does with a manifest other than to create or replace an object by it.

argoproj/argo-workflows v3.6.0 pkg/apis/workflow/v1alpha1/workflow_types.go (``ResourceTemplate``
``action``); argoproj/argo-events v1.9.0 pkg/apis/sensor/v1alpha1/types.go
(``KubernetesResourceOperation``, ``LiveObject``).
"""

_ASIDE = frozenset({"annotations", "labels", "managedFields", "ownerReferences", "status"})
"""Fields in which no object is to be created: copies, examples and references."""

_TRIAL = "${trialParameters."
"""In a template of Katib's trials, which are made in the namespace of the Experiment, whatever
the template says (kubeflow/katib v0.18.0 pkg/controller.v1beta1/experiment/manifest/generator.go).
"""

_OUTSIDE = frozenset({"metadata", "status"})
_PARAMETER = re.compile(r"[$%{(<]")
_SPELLED = re.compile(r"\bkind[\"']?[ \t]*:[ \t]*[\"']?MPIJob\b")
_UNKIND = ("deploymentSpec", "implementation", "pipelineSpec")


def held(carrier: Resource, kinds: frozenset[str] | None = None) -> Iterator[Resource | str]:
    """Yield the MPIJobs inside *carrier*; what looks like one and cannot be judged is said.

    The objects of an OpenShift template are yielded where they are of one of *kinds*. All lie
    where they are written: `Resource.prefix` leads to the object. Below a text that spells
    objects its next step is the number of the document in it.

    Where it is not known what becomes of the objects in *carrier*, only a mapping that could run
    as it stands counts: a launcher with an image is more than a pattern or a patch needs.
    """
    if carriers.policy(carrier):
        if any(_names_job(value) for _, value in _parts(carrier.body)):
            said = "names MPIJob; what a policy changes or refuses is not judged"
            yield f"{carrier.reference} {said}"
    elif carriers.possible(carrier):
        yield from _held(carrier, kinds, _DEEPEST)


def pipelines(source: str, data: Data) -> Iterator[Resource]:
    """Yield the pipelines and components of Kubeflow Pipelines in *data*: they have no kind.

    kubeflow/pipelines 755c8d1 api/v2alpha1/pipeline_spec.proto (``PipelineSpec``
    ``deployment_spec``), sdk/python/kfp/dsl/structures.py (``implementation``).
    """
    if not _mentions(data, KIND) or not any(_mentions(data, key) for key in _UNKIND):
        return
    for number, built in enumerate(documents(data[:])):
        value = built.value if isinstance(built, Document) else None
        if isinstance(value, Mapping) and "kind" not in value and value.keys() & _UNKIND:
            name = dig(value, "pipelineInfo", "name") or value.get("name")
            head = {"apiVersion": "pipelines.kubeflow.org/v2beta1", "kind": "Pipeline"}
            yield Resource({**value, **head, "metadata": {"name": name}}, source, number)


def _held(carrier: Resource, kinds: frozenset[str] | None, depth: int) -> Iterator[Resource | str]:
    known = carriers.known(carrier)
    for path, value in _parts(carrier.body):
        if isinstance(value, str):
            yield from _spelled(carrier, path, value, depth)
        elif value["kind"] == KIND:
            if known or _could_run(value):
                yield _inside(carrier, path, value)
        else:
            inner = _inside(carrier, path, value)
            if carrier.kind == "Template" and (kinds is None or inner.kind in kinds):
                yield inner
            yield from _within(inner, depth)


def _within(inner: Resource, depth: int) -> Iterator[Resource | str]:
    if depth and carriers.possible(inner):
        yield from _held(inner, None, depth - 1)


def _parts(body: Mapping[str, Any]) -> Iterator[tuple[FieldPath, Any]]:
    """Yield each object and each text below *body* that may be, or hold, an MPIJob."""
    waiting: list[tuple[FieldPath, Any]] = [
        ((key,), body[key]) for key in reversed(list(body)) if key not in _OUTSIDE
    ]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            if KIND in value:
                yield path, value
        elif isinstance(value, list):
            waiting.extend(((*path, i), value[i]) for i in range(len(value) - 1, -1, -1))
        elif isinstance(value, Mapping) and not _is_copy_or_patch(value):
            if _is_object(value):
                yield path, value
            else:
                below = (key for key in reversed(list(value)) if key not in _ASIDE)
                waiting.extend(((*path, key), value[key]) for key in below)


def _is_object(value: Mapping[str, Any]) -> bool:
    kind, version = value.get("kind"), value.get("apiVersion")
    return isinstance(kind, str) and (kind == KIND or isinstance(version, str))


def _is_copy_or_patch(value: Mapping[str, Any]) -> bool:
    """Return whether what *value* holds exists already, or is looked up, changed or deleted."""
    done = (value.get("action"), value.get("operation"))
    exists = dig(value, "metadata", "uid") or value.get("liveObject") is True
    return bool(exists) or any(isinstance(word, str) and word in _NOT_MADE for word in done)


def _could_run(body: Mapping[str, Any]) -> bool:
    """Return whether *body* is an MPIJob of Kubeflow with a launcher that has an image."""
    if not str(body.get("apiVersion")).startswith("kubeflow.org/"):
        return False
    spec = dig(body, "spec")
    templates = (dig(spec, "mpiReplicaSpecs", "Launcher", "template"), dig(spec, "template"))
    return any(dig(one, "spec", "containers", 0, "image") for one in templates)


def _trial(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return *body* without a namespace that is known."""
    return {**body, "metadata": {**_mapping(body, "metadata"), "namespace": _TRIAL}}


def _is_whole(body: Mapping[str, Any]) -> bool:
    """Return whether *body* is an MPIJob of Kubeflow and says what to run: no patch of one."""
    fields = ("mpiReplicaSpecs", "replicas", "gpus", "processingUnits")
    ours = str(body.get("apiVersion")).startswith("kubeflow.org/")
    return ours and any(dig(body, "spec", field) is not None for field in fields)


def _spelled(carrier: Resource, path: FieldPath, text: str, depth: int) -> Iterator[Resource | str]:
    """Yield what the *text* at *path* holds."""
    dotted = ".".join(map(str, path))
    if not carriers.known(carrier):
        if _SPELLED.search(text):
            yield (
                f"{carrier.reference} .{dotted} spells an MPIJob that is not judged:"
                f" it is not known what becomes of a text in a {carrier.kind}"
            )
        return
    made = path[-2:] == ("resource", "manifest")
    sure = made or (carrier.kind, path[0]) == ("ConfigMap", "data")
    if not (sure or _SPELLED.search(text)):
        return
    content = filled(text).encode()
    for found in read(content, CARRIERS | {KIND} | carriers.mentioned(content)):
        match found:
            case Item(body=body):
                trial = _trial(body) if _TRIAL in text else body
                inner = _inside(carrier, (*path, found.document, *found.prefix), trial)
                if inner.kind != KIND:
                    yield from _within(inner, depth)
                elif made or _could_run(body) or (sure and _is_whole(body)):
                    yield inner
                elif sure:
                    yield f"{carrier.reference} .{dotted} holds no whole MPIJob; it is not judged"
            case Fault() if sure and _SPELLED.search(text):
                yield f"{carrier.reference} .{dotted} holds an MPIJob that cannot be read"


def _inside(carrier: Resource, path: FieldPath, body: Mapping[str, Any]) -> Resource:
    """Return the object at *path*; what it does not name it has of its carrier.

    It is made in the carrier's namespace, and under a name that begins with the carrier's. A
    namespace that is a parameter is unknown, and so empty. So is that of what a template holds:
    it is chosen when the template is processed (openshift/api 344baf8 template/v1/types.go).
    """
    metadata = {"namespace": carrier.reference.namespace, **_mapping(body, "metadata")}
    if carrier.kind == "Template" or _PARAMETER.search(str(metadata["namespace"])):
        metadata["namespace"] = ""
    if carrier.reference.name and not (metadata.get("name") or metadata.get("generateName")):
        metadata["generateName"] = f"{carrier.reference.name.rstrip('*').rstrip('-')}-"
    prefix = (*carrier.prefix, *path)
    return Resource({**body, "metadata": metadata}, carrier.source, carrier.document, prefix)


def _mentions(data: Data, word: str) -> bool:
    return find(data, word.encode(), 0, len(data)) >= 0


def _names_job(value: object) -> bool:
    return isinstance(value, str) or dig(value, "kind") == KIND


def _mapping(value: object, key: str) -> Mapping[str, Any]:
    found = dig(value, key)
    return found if isinstance(found, Mapping) else {}
