"""The annotation in which a client-side apply keeps a copy of the object, and how large it gets."""

from __future__ import annotations

import json

from mpiaudit.inventory.job import LAST_APPLIED
from mpiaudit.inventory.view import mapping, mappings, text, texts
from mpiaudit.model import Resource

LIMIT = 262_144
"""Bytes that the keys and values of all annotations may have together.

kubernetes/kubernetes v1.34.4 staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go.
"""

KUBECTL = "kubectl"
"""The field manager of ``kubectl apply --server-side``."""

_ESCAPED = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}
"""What Go's encoding/json escapes and Python's json leaves."""


def client_side(resource: Resource) -> bool:
    """Return whether *resource* was applied client-side, and not server-side since."""
    writers = mappings(resource.get("metadata", "managedFields"))
    later = any((w.get("manager"), w.get("operation")) == (KUBECTL, "Apply") for w in writers)
    return not later and bool(text(resource.get("metadata", "annotations", LAST_APPLIED)))


def annotated(above: Resource, below: Resource) -> int:
    """Return the bytes of all annotations once *above* is applied client-side over *below*.

    Source: kubernetes/kubernetes v1.34.4 staging/src/k8s.io/kubectl/pkg/util/apply.go; compared
    with what kubectl 1.34 writes.
    """
    ours = dict(texts(above.get("metadata", "annotations")))
    ours.pop(LAST_APPLIED, None)
    theirs = dict(texts(below.get("metadata", "annotations")))
    for key in (LAST_APPLIED, *_applied_keys(theirs)):
        theirs.pop(key, None)
    metadata = {**mapping(above.get("metadata")), "annotations": ours}
    copy = json.dumps(
        {**above.body, "metadata": metadata}, separators=(",", ":"), ensure_ascii=False
    )
    kept = {**theirs, **ours, LAST_APPLIED: f"{copy.translate(_ESCAPED)}\n"}
    return sum(len(part.encode()) for pair in kept.items() for part in pair)


def _applied_keys(annotations: dict[str, str]) -> list[str]:
    """Return the annotations that were applied, and go where a manifest no longer has them."""
    try:
        applied = json.loads(annotations.get(LAST_APPLIED, ""))
    except (ValueError, RecursionError):
        return []
    return list(texts(mapping(mapping(applied).get("metadata")).get("annotations")))
