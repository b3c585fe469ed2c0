"""Who installs an object again and again, by what each leaves in its metadata."""

from __future__ import annotations

from mpiaudit.inventory.view import mapping, mappings, text
from mpiaudit.model import Resource

MANAGERS = {
    "kubectl": "kubectl",
    "helm": "Helm",
    "argocd-controller": "Argo CD",
    "kustomize-controller": "Flux",
}
"""Tools by the field manager under which they apply.

kubernetes/kubernetes v1.34.0 staging/src/k8s.io/kubectl/pkg/cmd/apply/apply.go,
helm/helm v4.0.0 cmd/helm/helm.go, argoproj/argo-cd v3.1.8 common/common.go,
fluxcd/kustomize-controller v1.7.0 main.go.
"""

_ANNOTATIONS = {
    "meta.helm.sh/release-name": "Helm",
    "argocd.argoproj.io/tracking-id": "Argo CD",
}
_LABELS = {"kustomize.toolkit.fluxcd.io/name": "Flux"}


def appliers(resource: Resource) -> tuple[str, ...]:
    """Return the tools that apply all of a CRD server-side, sorted; other managers by their name.

    Whoever applies a whole CRD owns its group, and shares it with all others that do: nobody
    changes it. What a controller sets in a CRD, a webhook's certificate, does not count.
    """
    entries = mappings(resource.get("metadata", "managedFields"))
    found = {
        text(entry.get("manager"))
        for entry in entries
        if entry.get("operation") == "Apply"
        and not entry.get("subresource")
        and "f:group" in mapping(mapping(entry.get("fieldsV1")).get("f:spec"))
    }
    return tuple(sorted({MANAGERS.get(name, name) for name in found}))


def marks(resource: Resource) -> tuple[str, ...]:
    """Return the tools that have marked an object as installed by them, sorted."""
    annotations = mapping(resource.get("metadata", "annotations"))
    labels = mapping(resource.get("metadata", "labels"))
    found = {_ANNOTATIONS[name] for name in _ANNOTATIONS if name in annotations}
    return tuple(sorted(found | {_LABELS[name] for name in _LABELS if name in labels}))
