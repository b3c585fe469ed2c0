"""MPA018."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.evidence import listing
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.installers import MANAGERS
from mpiaudit.rule import Confidence, Hit, Severity, rule


@rule(
    "MPA018",
    Severity.LOW,
    remedy="Let one tool install the CRD, and take it out of what the other one applies.",
)
def several_installers(crds: tuple[Crd, ...]) -> Iterator[Hit]:
    """Several tools install the CRD.

    mpi-operator and training-operator both ship a CRD of this name, and so do charts and
    distributions. Each upgrade by one tool is refused as a conflict, or, where it is forced, puts
    its own schema in the place of the other's; a GitOps tool then puts the other one back.

    Detected by the field managers that each apply the whole definition server-side, and by the
    marks that Helm, Argo CD and Flux leave on what they install.

    Wrong when: managedFields are hidden, as ``kubectl get -o yaml`` does (only marks are seen); a
    tool was replaced by another and left its mark, or its ownership, behind (a mark alone:
    likely, not certain). A client-side apply that was followed by a server-side one is one
    installer, and so is whoever sets only a part, as a webhook's certificate (not reported).

    Source: kubernetes/kubernetes v1.34.0
    staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1/types.go (``versions`` is
    atomic: one forced apply takes it all); kubeflow/mpi-operator v0.8.0
    manifests/base/kubeflow.org_mpijobs.yaml and kubeflow/trainer v1.9.4
    manifests/base/crds/kubeflow.org_mpijobs.yaml; the ownership left by both kinds of apply was
    seen on Kubernetes 1.34.
    """
    for crd in crds:
        marks = crd.marks if set(crd.appliers) <= set(MANAGERS.values()) else ()
        tools = sorted({*crd.appliers, *marks})
        if len(tools) <= 1 or not crd.installed:
            continue
        several = len(crd.appliers) > 1
        yield Hit(
            crd.at("metadata", "managedFields") if several else crd.at("metadata"),
            f"{listing(tools)} each {'apply' if several else 'have installed'} this CRD",
            effect="an upgrade by one of them is refused, or undone by the other",
            confidence=None if several else Confidence.LIKELY,
        )
