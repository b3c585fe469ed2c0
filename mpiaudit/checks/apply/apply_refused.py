"""MPA210."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.reading import Refusal
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule

LESSER = frozenset({"ConfigMap", "Job", "Service"})
"""Kinds without which controllers and jobs mostly go on."""


@rule(
    "MPA210",
    Severity.HIGH,
    remedy="Leave the field as it is, or give the object another name; "
    "else delete the object and apply the manifest then.",
)
def apply_refused(refusals: tuple[Refusal, ...]) -> Iterator[Hit]:
    """The API server would refuse the manifest: it changes a field that may not change.

    ``kubectl apply`` ends with ``field is immutable``, ``cannot change roleRef`` or ``Forbidden``.
    This object stays as it was, and all others of the same manifest go in: new and old then meet.
    ``--force-conflicts`` does not help, and ``kubectl replace --force`` deletes.

    Detected by comparing manifests with the objects that they would be applied over, in a cluster
    or among exports: the roleRef of bindings, the selector of Deployments, what a StatefulSet may
    not change, template, selector and completions of Jobs, the clusterIP of Services, the keys of
    immutable ConfigMaps, scope, group and names of CRDs.

    Wrong when: an export is of another cluster, or not meant to be applied over (likely, not
    certain). What a manifest leaves out is not judged, nor the values of ConfigMaps and Secrets,
    nor admission webhooks.

    Source: kubernetes/kubernetes v1.34.4 pkg/apis/{rbac,apps,batch,core}/validation/validation.go
    and staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go;
    compared with the answers of Kubernetes 1.34 to the same manifests.
    """
    for refusal in refusals:
        yield Hit(
            refusal.at,
            f"{refusal.field}: {refusal.reason}",
            also=(refusal.standing,),
            effect="this object stays as it was, while the rest of its manifest goes in",
            fix=_recreate(refusal),
            severity=Severity.MEDIUM if refusal.at.object.kind in LESSER else None,
            confidence=None if refusal.standing.object.live else Confidence.LIKELY,
        )


def _recreate(refusal: Refusal) -> Fix | None:
    """Return the commands that put the manifest in place of what is there, where little is lost.

    None where the manifest is in no file of its own: an archive's, or the export's.
    """
    new, old = refusal.at.object, refusal.standing.object
    if ":" in new.source or new.source in {"-", old.source}:
        return None
    match old.kind:
        case "RoleBinding" | "ClusterRoleBinding":
            summary = "deletes the binding and makes it anew: its rights are missing in between"
        case "Deployment":
            summary = "deletes the controller with its pod and makes it anew; jobs go on"
        case _:
            return None
    space = f"-n {old.namespace} " if old.namespace else ""
    commands = [
        f"kubectl {space}delete {old.kind.lower()} {old.name}",
        f"kubectl apply --server-side -f {new.source}",
    ]
    return Fix(summary, "\n".join(commands))
