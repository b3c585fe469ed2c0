"""MPA012."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.inventory.crd import CRD_NAME, Crd
from mpiaudit.inventory.job import LAST_APPLIED
from mpiaudit.model import Location
from mpiaudit.reading import Refusal
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule

LIMIT = 262_144
"""Bytes that the keys and values of all annotations may have together."""

CLOSE = 200_000
"""Bytes of a last-applied configuration that leave little room for the next release's."""

SERVER_SIDE = "kubectl"
"""The field manager of a server-side apply by kubectl."""


@rule(
    "MPA012",
    Severity.LOW,
    confidence=Confidence.LIKELY,
    remedy="Apply the CRD with --server-side, in the pipeline as well.",
    symptom_of=("MPA006",),
)
def client_side_apply_too_large(
    crds: tuple[Crd, ...], outsized: tuple[Refusal, ...] = ()
) -> Iterator[Hit]:
    """The CRD is applied client-side, and is, or gets, too large for that.

    A client-side ``kubectl apply`` keeps all of the CRD in an annotation, and fails with
    ``metadata.annotations: Too long: may not be more than 262144 bytes``. The CRD stays as it
    was, the rest of the manifest goes in, and the new controller meets the old CRD. mpi-operator
    since 0.5 and training-operator 1.9.4 do not fit; their READMEs ask for ``--server-side``.

    Detected by the annotation that a client-side apply left on the CRD of a cluster or an
    export: a manifest given with it is measured as kubectl would; without one, an annotation of
    more than 200 kB is reported.

    Wrong when: it is applied server-side from now on, or by a tool that only kept the annotation
    (likely, not certain). Not found where kubectl has applied it server-side since.

    Source: kubernetes/kubernetes v1.34.4
    staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go and
    staging/src/k8s.io/kubectl/pkg/util/apply.go; compared with kubectl 1.34 for the CRDs of
    mpi-operator 0.4.0 to 0.8.0 and training-operator 1.7.0 to 1.9.4.
    """
    measured = {o.standing.object for o in outsized}
    for outsize in outsized:
        yield Hit(
            outsize.at,
            f"{outsize.field}: {outsize.reason}",
            also=(outsize.standing,),
            effect="a client-side apply fails and the CRD stays as it was",
            fix=_server_side(outsize),
        )
    for crd in crds:
        if crd.applied > CLOSE and crd.ref not in measured and _client_side(crd):
            yield Hit(
                Location(crd.ref, ("metadata", "annotations", LAST_APPLIED)),
                f"{crd.applied:,} bytes of last-applied configuration, and {LIMIT:,} are allowed "
                "for all annotations",
                effect="the CRD of a later release will not fit",
            )


def _client_side(crd: Crd) -> bool:
    """Return whether kubectl has not applied it server-side since it wrote the annotation."""
    return not any(w.manager == SERVER_SIDE and not w.subresource for w in crd.identity.writers)


def _server_side(outsize: Refusal) -> Fix | None:
    """Return the command to apply a manifest that is in a file of its own."""
    source = outsize.at.object.source
    if ":" in source or source in {"-", outsize.standing.object.source}:
        return None
    return Fix(
        f"replaces {CRD_NAME}; takes over what was applied client-side",
        f"kubectl apply --server-side -f {source}",
    )
