"""The Deployment and the CRD of a release, as its authors ship them."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from packaging.version import Version

from mpiaudit.facts import crds, releases, schemas
from mpiaudit.facts.releases import MPI_OPERATOR, TRAINER, TRAINING_OPERATOR
from mpiaudit.inventory.crd import CRD_NAME, GROUP
from mpiaudit.model import Resource, dig

SOURCE = "cluster:target"
"""What stands before the release in `Resource.source`: like a cluster it has no lines."""

DEFINITION = "CustomResourceDefinition"

_OPEN = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


@dataclass(frozen=True, slots=True)
class Target:
    """One release, and what its controller is told beyond what ships."""

    product: str
    version: Version
    flags: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return ``mpi-operator 0.8.0``, and the flags that were added."""
        return " ".join((self.product, str(self.version), *self.flags))

    @property
    def definition(self) -> crds.Schema | None:
        """The CRD of MPIJob that it ships; None where it ships none."""
        known = releases.nearest(self.product, self.version)
        fitting = [
            schema
            for schema in crds.schemas()
            if schema.origin.product == self.product
            and known
            and schema.origin.oldest <= known.version <= schema.origin.newest
        ]
        return fitting[-1] if fitting else None


@dataclass(frozen=True, slots=True)
class _Install:
    """What is the same in the Deployments of all releases."""

    namespace: str
    name: str
    images: tuple[tuple[str, str], ...]
    """Where its image is pulled from since which release, oldest first."""

    labels: Mapping[str, str]
    container: Mapping[str, tuple[str, ...]]
    """``command`` and ``args``, where they are set."""

    annotations: Mapping[str, str]


_OUTSIDE_A_MESH = {"sidecar.istio.io/inject": "false"}

_INSTALLS = {
    MPI_OPERATOR: _Install(
        "mpi-operator",
        "mpi-operator",
        (("0.1", "mpioperator/mpi-operator"),),
        {
            "app": "mpi-operator",
            "app.kubernetes.io/component": "mpijob",
            "app.kubernetes.io/name": "mpi-operator",
            "kustomize.component": "mpi-operator",
        },
        {"args": ("-alsologtostderr", "--lock-namespace=mpi-operator")},
        _OUTSIDE_A_MESH,
    ),
    TRAINING_OPERATOR: _Install(
        "kubeflow",
        "training-operator",
        (
            ("1.3", "public.ecr.aws/j1r0q0g6/training/training-operator"),
            ("1.5", "kubeflow/training-operator"),
            ("1.9.1", "ghcr.io/kubeflow/training-v1/training-operator"),
        ),
        {"control-plane": "kubeflow-training-operator"},
        {"command": ("/manager",)},
        _OUTSIDE_A_MESH,
    ),
    TRAINER: _Install(
        "kubeflow-system",
        "kubeflow-trainer-controller-manager",
        (("2.0", "ghcr.io/kubeflow/trainer/trainer-controller-manager"),),
        {
            "app.kubernetes.io/component": "manager",
            "app.kubernetes.io/name": "trainer",
            "app.kubernetes.io/part-of": "kubeflow",
        },
        {},
        {},
    ),
}
"""What the controllers of each product are installed as.

kubeflow/mpi-operator v0.3.0 to v0.8.0 manifests/overlays/standalone and
manifests/base/deployment.yaml; kubeflow/trainer v1.3.0 to v1.9.4 manifests/overlays/standalone
and manifests/base/deployment.yaml, v2.0.0 to v2.3.0 manifests/overlays/manager and
manifests/base/manager/manager.yaml.
"""


def deployment(target: Target) -> Resource:
    """Return the controller, as one of a whole list: what is not listed is not there."""
    shipped = _INSTALLS[target.product]
    container: dict[str, Any] = {k: [*words] for k, words in shipped.container.items()}
    if target.flags:
        container["args"] = [*container.get("args", ()), *target.flags]
    container["image"] = _image(target)
    container["name"] = target.product
    template = {
        "metadata": {"labels": {**shipped.labels}, "annotations": {**shipped.annotations}},
        "spec": {"serviceAccountName": shipped.name, "containers": [container]},
    }
    return _listed(
        target,
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": shipped.name, "namespace": shipped.namespace},
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": {**shipped.labels}},
                "template": template,
            },
            "status": {"readyReplicas": 1},
        },
    )


def another_definition(target: Target) -> Resource:
    """Return a CRD of another kind that it ships, as one of a whole list without MPIJob's.

    kubeflow/trainer v1.3.0 and v2.0.0 manifests/base/crds.
    """
    name = f"{'trainjobs.trainer' if target.product == TRAINER else 'tfjobs'}.{GROUP}"
    return _listed(target, {**_CRD, "metadata": {"name": name}})


def definition(target: Target, schema: crds.Schema) -> Resource:
    """Return the installed CRD of MPIJob, whose *schema* is that of *target*.

    Fields are as in the release, but for those of a pod template, which are the newest ones; all
    are left open where the release keeps what it does not declare.
    """
    known = releases.nearest(target.product, target.version)
    versions = [
        {
            "name": name,
            "served": True,
            "storage": known is not None and name == known.reads,
            "subresources": {"status": {}},
            **({"schema": {"openAPIV3Schema": _structure(name, schema)}} if whole(schema) else {}),
        }
        for name in sorted(schema.served)
    ]
    written = {"controller-gen.kubebuilder.io/version": schema.controller_gen}
    metadata = {"name": CRD_NAME, "uid": f"CRD of {target}", "annotations": written}
    body = {**_CRD, "metadata": metadata, "spec": {"group": GROUP, "versions": versions}}
    return Resource(body, f"{SOURCE} {target}")


def whole(schema: crds.Schema) -> bool:
    """Return whether all fields of spec and ``runPolicy`` are known: no CRD by hand is."""
    return bool(schema.controller_gen)


def _listed(target: Target, body: dict[str, Any]) -> Resource:
    metadata = {**body["metadata"], "uid": f"{body['kind']} of {target}"}
    return Resource({**body, "metadata": metadata}, f"{SOURCE} {target}", prefix=("items", 0))


_CRD = {"apiVersion": "apiextensions.k8s.io/v1", "kind": DEFINITION}


def _image(target: Target) -> str:
    """Return the image, by the tag that the release's manifests name, else by its version."""
    version = target.version
    since = _INSTALLS[target.product].images
    pulled = [name for first, name in since if Version(first) <= Version(version.base_version)]
    known = (r for r in releases.releases(target.product) if r.version == version)
    tag = next((tag for release in known for tag in release.tags), "")
    candidate = f"-rc.{version.pre[1]}" if version.pre else ""
    return f"{pulled[-1]}:{tag or f'{version.base_version}{candidate}'}"


def _structure(version: str, schema: crds.Schema) -> dict[str, Any]:
    newest = schemas.shipped(version)
    structure: dict[str, Any] = deepcopy(dict(newest.structural)) if newest else {}
    fields = dig(structure, "properties", "spec", "properties")
    _restrict(fields, "", schema.properties)
    if schema.origin.product != MPI_OPERATOR or "runPolicy.managedBy" not in schema.properties:
        _loosen(dig(fields, "mpiReplicaSpecs", "additionalProperties", "properties", "template"))
    return structure


def _restrict(fields: dict[str, Any], above: str, declared: frozenset[str]) -> None:
    """Take out of *fields* what is not *declared*; what declared fields hold stays."""
    for name in [n for n in fields if f"{above}{n}" not in declared]:
        below = f"{above}{name}."
        if any(field.startswith(below) for field in declared):
            _restrict(fields[name]["properties"], below, declared)
        else:
            del fields[name]


def _loosen(template: dict[str, Any]) -> None:
    """Open what a pod template of mpi-operator before 0.6 or of training-operator has otherwise.

    kubeflow/mpi-operator v0.4.0 and v0.5.0 manifests/base/kubeflow.org_mpijobs.yaml and
    kubeflow/trainer v1.4.0 to v1.9.4 manifests/base/crds/kubeflow.org_mpijobs.yaml: alpha fields
    that have gone, ``schedulingGroup``, and ``hostAliases`` without ``ip``.
    """
    pod = dig(template, "properties", "spec", "properties")
    pod["schedulingGroup"] = dict(_OPEN)
    pod["resourceClaims"]["items"] |= _OPEN
    pod["volumes"]["items"]["properties"]["ephemeral"] = dict(_OPEN)
    pod["hostAliases"]["items"].pop("required", None)
