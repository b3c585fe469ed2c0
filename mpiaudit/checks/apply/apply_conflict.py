"""MPA211."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import evidence
from mpiaudit.reading import Conflict
from mpiaudit.rule import Confidence, Hit, Severity, rule

SHOWN = 4
"""Fields that a message names; the others are counted."""

CLIENT_SIDE = "kubectl-client-side-apply"
"""The field manager of a client-side ``kubectl apply``: who goes on like that meets no conflict."""

AT_WORK = {
    "argocd-controller": "Argo CD puts them back; change them in its source",
    "helm": "the next helm upgrade puts them back; change the chart's values",
    "kustomize-controller": "Flux puts them back; change them in its source",
    "helm-controller": "Flux puts them back; change the values of the HelmRelease",
    "kube-controller-manager": "an autoscaler may set them; leave them out of the manifest",
    "kubectl-edit": "somebody set them by hand: take them over into the manifest, or back",
    "kubectl-patch": "somebody set them by hand: take them over into the manifest, or back",
    "kubectl-set": "somebody set them by hand: take them over into the manifest, or back",
}
"""What to expect of an owner, by its name."""


@rule(
    "MPA211",
    Severity.MEDIUM,
    confidence=Confidence.LIKELY,
    remedy="Let one owner apply the object: leave the fields out of the manifest, or have the "
    "other owner drop them.",
    symptom_of=("MPA006", "MPA210"),
)
def apply_conflict(conflicts: tuple[Conflict, ...]) -> Iterator[Hit]:
    """Applied server-side, the manifest would conflict with another owner of its fields.

    ``kubectl apply --server-side`` answers ``Apply failed with 1 conflict`` and changes nothing of
    the object; the rest of the manifest goes in, and a pipeline stops. Whoever owns the fields
    may set them back in any case, however the manifest is applied.

    Detected by ``managedFields``: a field that the manifest sets to another value than the object
    has, and that a manager other than kubectl owns. Not one that was last applied client-side
    and is unchanged, for kubectl takes it over.

    Defaults inside a field that is owned as a whole count as well: training-operator's Deployment
    over itself, applied client-side before, conflicts in its ``fieldRef``.

    Wrong when: it is applied client-side, or under another field manager's name (likely, not
    certain; only possible where the owner is itself a client-side apply). Objects without
    managedFields are not judged: ``kubectl get -o yaml`` hides them unless given
    ``--show-managed-fields``, and a snapshot keeps none but the CRD's.

    Source: kubernetes-sigs/structured-merge-diff v6.3.0 merge/update.go; kubernetes/kubernetes
    v1.34.4 staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/lastappliedmanager.go;
    compared with the conflicts that Kubernetes 1.34 lists.
    """
    for conflict in conflicts:
        shown = [*conflict.fields[:SHOWN]]
        more = len(conflict.fields) - len(shown)
        shown += [f"{more} more"] if more else []
        yield Hit(
            conflict.at,
            f"conflict with {conflict.manager}: {evidence.listing(shown)}",
            also=(conflict.standing,),
            effect=_effect(conflict),
            confidence=Confidence.POSSIBLE if _owner(conflict) == CLIENT_SIDE else None,
        )


def _owner(conflict: Conflict) -> str:
    return conflict.manager.split('"')[1]


def _effect(conflict: Conflict) -> str:
    expected = AT_WORK.get(_owner(conflict))
    stays = "a server-side apply changes nothing of the object"
    return f"{stays}; {expected}" if expected else stays
