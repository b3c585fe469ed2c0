"""The definition of ``mpijobs.kubeflow.org``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from mpiaudit.facts import crds as facts
from mpiaudit.inventory import installers
from mpiaudit.inventory.job import LAST_APPLIED, PATCH
from mpiaudit.inventory.view import View, identity, mapping, mappings, text, words
from mpiaudit.model import Resource

CRD_NAME = "mpijobs.kubeflow.org"
GROUP = "kubeflow.org"


@dataclass(frozen=True, slots=True)
class CrdVersion:
    """One entry of ``spec.versions``."""

    name: str
    index: int
    """Its place in ``spec.versions``."""

    served: bool
    storage: bool
    properties: frozenset[str]
    """The fields of spec and ``runPolicy``, dotted: ``runPolicy.managedBy``; empty without a
    structural schema."""

    schema: Mapping[str, Any] = field(hash=False)
    """The ``openAPIV3Schema``; empty where the CRD gives none."""

    prunes: bool = True
    """Whether the CRD has fields dropped that a schema does not declare, which
    ``preserveUnknownFields`` forbids, the default of ``apiextensions.k8s.io/v1beta1``."""

    status_apart: bool = True
    """Whether the status is a subresource, which is where controllers write it."""

    @property
    def keeps_unknown(self) -> bool:
        """Whether fields of spec that it does not declare are kept rather than dropped."""
        if not self.prunes:
            return True
        spec = _fields(self.schema).get("spec")
        return mapping(spec).get("x-kubernetes-preserve-unknown-fields") is True


@dataclass(frozen=True, slots=True)
class Crd(View):
    """The MPIJob CRD, as installed or as a manifest would have it."""

    versions: tuple[CrdVersion, ...]
    stored: tuple[str, ...]
    """``status.storedVersions``; empty in a manifest that was never applied."""

    conversion: str
    """``None`` (the Kubernetes strategy of that name) or ``Webhook``."""

    origin: facts.Origin | None
    """Which release wrote it; None where it fits no release, or several."""

    applied: int
    """Bytes of the last-applied configuration; 0 where there is none."""

    appliers: tuple[str, ...]
    """Who applies all of it server-side; empty where managedFields is absent."""

    marks: tuple[str, ...]
    """The tools that have marked it as installed by them."""

    kustomized: bool
    """Whether its file lies beside a kustomization, which may change it or leave it out."""

    @property
    def served(self) -> tuple[str, ...]:
        """The versions the API server answers, in the manifest's order."""
        return tuple(v.name for v in self.versions if v.served)

    @property
    def storage(self) -> str:
        """The one version that objects are written in; empty where none is marked."""
        return next((v.name for v in self.versions if v.storage), "")

    @property
    def installed(self) -> bool:
        """Whether it was read from an API server rather than from a manifest to apply."""
        return self.identity.exported

    def version(self, name: str) -> CrdVersion | None:
        """Return the version *name*, or None."""
        return next((v for v in self.versions if v.name == name), None)

    @classmethod
    def parse(cls, resource: Resource) -> Self | None:
        """Return the definition, or None for another CRD, or for a patch.

        A manifest without a version defines nothing: kustomize merges it into one that has them.
        """
        if resource.get("metadata", "name") != CRD_NAME:
            return None
        who = identity(resource)
        versions = tuple(_versions(mapping(resource.get("spec")), resource.api_version))
        if not who.exported and (PATCH in resource.body or not versions):
            return None
        served = tuple(v.name for v in versions if v.served)
        return cls(
            who,
            versions=versions,
            stored=words(resource.get("status", "storedVersions")),
            conversion=text(resource.get("spec", "conversion", "strategy")) or "None",
            origin=facts.origin(
                served,
                text(
                    resource.get("metadata", "annotations", "controller-gen.kubebuilder.io/version")
                ),
                frozenset[str]().union(*(v.properties for v in versions if v.served)),
            ),
            applied=len(text(resource.get("metadata", "annotations", LAST_APPLIED)).encode()),
            appliers=installers.appliers(resource),
            marks=installers.marks(resource),
            kustomized=resource.beside_kustomization,
        )


def _versions(spec: Mapping[str, Any], api_version: str) -> list[CrdVersion]:
    """Return the versions; ``apiextensions.k8s.io/v1beta1`` may have one, outside the list."""
    keeps = spec.get("preserveUnknownFields", api_version.endswith("/v1beta1"))
    entries = list(mappings(spec.get("versions")))
    if not entries and spec.get("version"):
        entries = [{"name": spec["version"], "served": True, "storage": True}]
    shared = mapping(mapping(spec.get("validation")).get("openAPIV3Schema"))
    common = spec.get("subresources")
    return [
        CrdVersion(
            name=text(entry.get("name")),
            index=index,
            served=entry.get("served") is True,
            storage=entry.get("storage") is True,
            properties=_properties(schema),
            schema=schema,
            prunes=keeps is not True,
            status_apart=mapping(entry.get("subresources") or common).get("status") is not None,
        )
        for index, entry in enumerate(entries)
        for schema in [mapping(mapping(entry.get("schema")).get("openAPIV3Schema")) or shared]
    ]


def _properties(schema: Mapping[str, Any]) -> frozenset[str]:
    spec = _fields(_fields(schema).get("spec"))
    policy = _fields(spec.get("runPolicy"))
    gang = _fields(policy.get("schedulingPolicy"))
    return (
        frozenset(spec)
        | {f"runPolicy.{name}" for name in policy}
        | {f"runPolicy.schedulingPolicy.{name}" for name in gang}
    )


def _fields(schema: object) -> Mapping[str, Any]:
    return mapping(mapping(schema).get("properties"))
