"""MPA004."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mpiaudit.checks import evidence, fixes
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd, CrdVersion
from mpiaudit.rule import Disposition, Fix, Hit, Severity, rule

STATED = 4
"""How many of the fields that get lost a message names."""


@rule(
    "MPA004",
    Severity.MEDIUM,
    remedy="Migrate all jobs to v2beta1, then stop serving the other versions.",
    symptom_of=("MPA228",),
)
def several_versions_served(
    crds: tuple[Crd, ...], controllers: tuple[Controller, ...] | None = None
) -> Iterator[Hit]:
    """The CRD serves several versions without converting them: fields get lost on writes.

    Strategy None changes nothing but ``apiVersion``, and the API server then drops every field
    that the target version does not declare. A job written as v1 loses ``cleanPodPolicy`` and
    ``mainContainer`` when it is stored; a v1 client that writes to a v2beta1 job, a controller's
    status update included, takes its v2beta1 fields away, and defaults come back in their place.
    Nobody is warned. Two controllers that act on one job are another finding.

    Found from the served versions, and from the fields that their schemas declare.

    Wrong when: other versions are listed but not served, a conversion webhook really converts, or
    every version keeps the fields that it does not declare, as all do under
    ``apiextensions.k8s.io/v1beta1`` by default (none of these is reported).

    Source: kubernetes/kubernetes v1.34.0
    staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/customresource_handler.go
    (``unstructuredSchemaCoercer``) and pkg/apis/apiextensions/v1beta1/defaults.go
    (``PreserveUnknownFields``), kubeflow/mpi-operator v0.3.0 manifests/base/crd.yaml:16-92;
    seen with training-operator 1.9.0 and mpi-operator 0.8.0 on Kubernetes 1.34: a status update
    in v1 turned ``sshAuthMountPath: /home/mpiuser/.ssh`` into ``/root/.ssh``.
    """
    for crd in crds:
        if len(crd.served) < len({"one", "another"}) or crd.conversion != "None":
            continue
        if not any(_drops(v) for v in crd.versions if v.served or v.storage):
            continue
        readers = {c.reads for c in controllers or () if c.active and c.reads in crd.served}
        yield Hit(
            crd.at("spec", "versions"),
            f"{evidence.listing(crd.served)} are served, {crd.storage or 'none'} is stored, "
            f"conversion is None{_losses(crd)}",
            effect="a write in one version drops the fields that only another one has",
            fix=None if controllers is None else _fix(crd, readers),
            severity=Severity.HIGH if crd.installed and len(readers) > 1 else None,
        )


def _drops(version: CrdVersion) -> bool:
    """Return whether it drops what it does not declare: below a declared field, if nowhere else.

    kubernetes/kubernetes v1.34.0 staging/src/k8s.io/apiextensions-apiserver
    pkg/apis/apiextensions/v1/types_jsonschema.go (``XPreserveUnknownFields``).
    """
    nested = any("." in name for name in version.properties)
    return version.prunes and (nested or not version.keeps_unknown)


def _losses(crd: Crd) -> str:
    """Return the fields that are lost on the way, in words; empty where no schema tells."""
    stored = crd.version(crd.storage)
    others = [v for v in crd.versions if v.served and v is not stored]
    if stored is None:
        return ""
    lost = [(f"stored as {stored.name}", _dropped(v, stored)) for v in others]
    lost += [(f"written as {v.name}", _dropped(stored, v)) for v in others]
    return "".join(f"; lost when {when}: {names}" for when, names in lost if names)


def _dropped(source: CrdVersion, target: CrdVersion) -> str:
    """Return the fields of *source* that *target* drops, or the empty string."""
    if not source.properties or not target.properties or target.keeps_unknown:
        return ""
    fields = sorted(source.properties - target.properties)
    more = f" and {len(fields) - STATED} more" if len(fields) > STATED else ""
    return ", ".join(fields[:STATED]) + more


def _fix(crd: Crd, readers: set[str]) -> Fix | None:
    """Return the patch that leaves v2beta1 alone, where no controller needs another version."""
    others = [v.index for v in crd.versions if v.served and v.name != "v2beta1"]
    if crd.storage != "v2beta1" or readers - {"v2beta1"}:
        return None
    return replace(fixes.unserve(crd, *others), disposition=Disposition.INTERRUPTS)
