"""Manifests laid over a cluster, as if they had been applied to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from mpiaudit.collect import answer
from mpiaudit.collect.applied import (
    Key,
    controller_in,
    differ,
    is_patch,
    key_of,
    merged,
    selects,
    stands_alone,
    written,
)
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import CRD_NAME, Crd
from mpiaudit.inventory.job import LAST_APPLIED
from mpiaudit.inventory.view import mapping
from mpiaudit.model import Resource
from mpiaudit.reading import Answers, Reading

CRD: Key = ("apiextensions.k8s.io", "CustomResourceDefinition", "", CRD_NAME)


def lay(files: Reading, cluster: Reading, namespace: str) -> Reading:
    """Return what the cluster would hold after ``kubectl apply``, with the cluster's gaps.

    An object of *files* takes the place of the cluster's, keeps its own source, and takes over
    what only the API server knows. *namespace* is where those go that name none. One that the API
    server would refuse leaves the cluster's in force: a CRD that drops a stored version and an
    MPIJob of a version that is not served stand beside it, as manifests; of one that changes an
    immutable field the refusal remains in `Reading.answers`, with all conflicts of owners; of a
    controller without an image, as in a patch, a note. Of two objects of one name the last counts.

    Not predicted: admission, fields that another applier owns and that
    would survive, and what controllers then do. Where a controller's settings change, its pods
    and its status are left out, for they say nothing of the new ones.
    """
    laid = replace(
        cluster, resources=iter(()), notes=[], faults=[], comments=files.comments, answers=Answers()
    )
    laid.resources = _resources(files, cluster, namespace, laid)
    return laid


def _resources(
    files: Reading, cluster: Reading, namespace: str, laid: Reading
) -> Iterator[Resource]:
    layers = _Layers(laid.answers or Answers(), cluster.closer)
    for resource in files.resources:
        manifest = written(resource, namespace)
        if stands_alone(manifest):
            layers.cover(manifest)
        else:
            yield manifest
    for resource in cluster.resources:
        if not layers.holds(resource):
            yield resource
    yield from layers.applied()
    laid.notes += [*cluster.notes, *files.notes, *layers.notes, *_unowned(layers.answers)]
    laid.faults += [*cluster.faults, *files.faults]
    laid.inputs = cluster.inputs + files.inputs
    laid.documents = cluster.documents + files.documents


def _unowned(answers: Answers) -> Iterator[str]:
    """Say what stays unjudged; where no owners are known at all, the rule itself is skipped."""
    unknown = answers.owned.count(False)
    if unknown and any(answers.owned):
        yield (
            f"objects in force whose fields' owners are not known: {unknown}; whether a server-side"
            " apply over them would conflict was not judged"
        )


@dataclass
class _Layers:
    """The objects of the files, and those of the cluster that they may stand for."""

    answers: Answers
    closer: Callable[[Resource], Resource | None] | None
    above: dict[Key, Resource] = field(default_factory=dict)
    below: dict[Key, Resource] = field(default_factory=dict)
    controllers: list[Controller] = field(default_factory=list)
    """Those of the files."""

    pods: list[Resource] = field(default_factory=list)
    """Pods of the cluster that one of `controllers` selects."""

    crd: Crd | None = None
    """The definition in force."""

    new: int = 0
    """MPIJobs of the files that the cluster does not have."""

    refused: set[Key] = field(default_factory=set)

    notes: list[str] = field(default_factory=list)

    def cover(self, manifest: Resource) -> None:
        """Take an object of the files; the last of its name counts."""
        key = key_of(manifest)
        if key in self.above:
            first = self.above[key].reference
            self.notes.append(f"{first.source}: {first} is given again; the last one counts")
        self.above[key] = manifest
        if controller := controller_in(manifest):
            self.controllers.append(controller)

    def holds(self, resource: Resource) -> bool:
        """Return whether an object of the cluster is kept back for `applied`."""
        key = key_of(resource)
        if key in self.above:
            self.below[key] = resource
            self._ask(key, resource)
            return True
        if key == CRD:
            self.crd = Crd.parse(resource)
        if resource.kind == "Pod" and any(selects(c, resource) for c in self.controllers):
            self.pods.append(resource)
            return True
        return False

    def _ask(self, key: Key, below: Resource) -> None:
        """Note what the API server would say to a manifest over *below*."""
        above = self.above[key]
        if not answer.concerns(above, below):
            return
        known = len(self.answers.refusals)
        whole = self.closer(below) if self.closer else None
        answer.judge(self.answers, above, whole or below)
        if len(self.answers.refusals) > known:
            self.refused.add(key)

    def applied(self) -> Iterator[Resource]:
        """Yield what is then in force of all that was kept back."""
        changed: list[Controller] = []
        for key in sorted(self.above, key=CRD.__ne__):
            above, below = self.above[key], self.below.get(key)
            if below and key in self.refused:
                self.crd = Crd.parse(below) if key == CRD else self.crd
                yield below
            elif key == CRD:
                yield from self._definitions(above, below)
            elif below is None:
                self.new += above.kind == "MPIJob"
                yield above
            elif above.kind == "MPIJob":
                yield from self._jobs(above, below)
            elif controller_in(below) and is_patch(above):
                self.notes.append(
                    f"{above.source}: {above.reference} is not applied: a container has no image,"
                    " as in a patch"
                )
                yield below
            elif (new := controller_in(above)) and differ(new, controller_in(below)):
                changed.append(new)
                yield merged(above, below, status=False)
            else:
                yield merged(above, below)
        yield from (p for p in self.pods if not any(selects(c, p) for c in changed))
        if self.new and self.closer is None:
            self.notes.append(
                f"MPIJobs that the cluster does not have yet: {self.new}; whether their children's"
                " names are taken there was not looked for"
            )

    def _definitions(self, above: Resource, below: Resource | None) -> Iterator[Resource]:
        """Yield the definition in force, and the one that would be refused.

        The API server refuses one that lacks a stored version, and adds a new storage version to
        those stored: kubernetes/kubernetes v1.34.0 staging/src/k8s.io/apiextensions-apiserver
        pkg/apis/apiextensions/validation/validation.go and
        pkg/registry/customresourcedefinition/strategy.go.
        """
        applied = merged(above, below) if below else above
        self.crd = Crd.parse(applied)
        if self.crd is None or below is None:
            yield applied
        elif any(self.crd.version(stored) is None for stored in self.crd.stored):
            self.crd = Crd.parse(below)
            yield from (below, above)
        else:
            stored = list(dict.fromkeys((*self.crd.stored, self.crd.storage)))
            status = {**mapping(applied.get("status")), "storedVersions": stored}
            yield replace(applied, body={**applied.body, "status": status})

    def _jobs(self, above: Resource, below: Resource) -> Iterator[Resource]:
        """Yield the job in force, and the manifest that would be refused."""
        version = above.api_version.rpartition("/")[2]
        if self.crd and version not in self.crd.served:
            yield from (below, above)
            return
        job = merged(above, below)
        applied = json.dumps(above.body, default=str)
        metadata = mapping(job.get("metadata"))
        annotations = {**mapping(metadata.get("annotations")), LAST_APPLIED: applied}
        yield replace(job, body={**job.body, "metadata": {**metadata, "annotations": annotations}})
