"""MPA005."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import evidence, fixes
from mpiaudit.inventory.crd import Crd
from mpiaudit.rule import Hit, Severity, rule


@rule(
    "MPA005",
    Severity.HIGH,
    remedy="Rewrite all MPIJobs in the storage version, then take the other entries out of "
    "status.storedVersions.",
    symptom_of=("MPA006", "MPA008"),
)
def stored_versions_left(crds: tuple[Crd, ...]) -> Iterator[Hit]:
    """The CRD remembers an old storage version, so that a CRD without it is refused.

    The upgrade ends with ``status.storedVersions[0]: Invalid value: "v1": missing from
    spec.versions``, even where not one MPIJob exists: the list is a history, not an inventory.
    The other documents of the same apply go in, so the new controller meets the old CRD. Taking
    the entry out before the objects are rewritten makes them unreadable, for every client.

    Found in ``status.storedVersions``: any entry that is not the storage version.

    Wrong when: a storage migration is under way, which ends with the entry's removal. A CRD
    that was never applied has no such list and is not judged.

    Source: kubernetes/kubernetes v1.34.0
    staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go;
    kubeflow/trainer issues 1930 and 2007; seen with the CRDs of mpi-operator 0.3.0 and 0.8.0 on
    Kubernetes 1.34.
    """
    for crd in crds:
        left = [v for v in crd.stored if v != crd.storage]
        if not left or not crd.storage:
            continue
        yield Hit(
            crd.at("status", "storedVersions", crd.stored.index(left[0])),
            f"storedVersions is {', '.join(crd.stored)}; jobs are written as {crd.storage} now, "
            f"and a CRD without {evidence.listing(left)} is refused",
            effect="the next CRD is refused, while the rest of its manifest goes in",
            fix=fixes.rewrite_stored(crd) if crd.storage in crd.served else None,
        )
