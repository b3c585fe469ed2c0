"""MPA006."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import evidence, fixes
from mpiaudit.inventory.crd import Crd
from mpiaudit.rule import Confidence, Hit, Severity, rule


@rule(
    "MPA006",
    Severity.CRITICAL,
    confidence=Confidence.LIKELY,
    remedy="Migrate the stored objects first, or back up, delete the CRD (with all MPIJobs) and "
    "apply the new one.",
)
def crd_refused_by_stored_versions(crds: tuple[Crd, ...]) -> Iterator[Hit]:
    """The CRD to be applied lacks a version that the installed one has stored.

    ``kubectl apply --server-side`` first reports conflicts with another field manager; with
    ``--force-conflicts`` it ends with ``status.storedVersions[0]: Invalid value``. Whatever else
    is in the same manifest goes in: the new controller then meets the old CRD and exits.

    Found where an exported CRD and the manifest of another one were given together. The API
    server only compares names, so an entry with ``served: false`` is enough.

    Wrong when: the manifest is not meant for this cluster, hence likely and not certain. The
    opposite mistake is not refused and not found here: mpi-operator 0.3.0's CRD over a newer
    one goes in and opens v1 again.

    Source: kubernetes/kubernetes v1.34.0
    staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go;
    seen in both directions between mpi-operator 0.8.0 and training-operator 1.9 on Kubernetes
    1.34.
    """
    installed = [c for c in crds if c.identity.exported and c.stored]
    targets = [c for c in crds if not c.identity.exported]
    for target in targets:
        for crd in installed:
            missing = [v for v in crd.stored if target.version(v) is None]
            if not missing:
                continue
            migrated = crd.storage in crd.served and target.version(crd.storage)
            yield Hit(
                target.at("spec", "versions"),
                f"the installed CRD has stored {evidence.listing(crd.stored)}; "
                f"this one has {evidence.listing([v.name for v in target.versions], 'no version')}",
                also=(crd.at("status", "storedVersions"),),
                effect="the CRD is refused, while the rest of its manifest goes in",
                fix=fixes.rewrite_stored(crd) if migrated else None,
            )
