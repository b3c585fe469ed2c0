"""One object of a cluster, with what lists leave out: all of its spec, and who owns its fields."""

from __future__ import annotations

import msgspec

from mpiaudit.collect import kinds as known
from mpiaudit.collect.api import Api, BrokenError, MissingError, RefusedError
from mpiaudit.collect.kinds import Kind
from mpiaudit.collect.shape import Body
from mpiaudit.model import Reference, Resource

_KINDS = {
    kind.name: kind
    for kind in (
        known.CRD,
        known.DEPLOYMENT,
        known.STATEFUL_SET,
        known.JOB,
        known.SERVICE,
        known.CONFIG_MAP,
        known.CLUSTER_ROLE,
        known.CLUSTER_ROLE_BINDING,
        known.ROLE,
        known.ROLE_BINDING,
    )
}
"""What may be read whole; never a Secret."""


class _List(msgspec.Struct):
    items: list[Body] | None


def closer(api: Api, resource: Resource) -> Resource | None:
    """Return *resource* as the API server has it now; None where it can no longer be read."""
    reference = resource.reference
    kind = _KINDS.get(reference.kind)
    if reference.kind == "MPIJob":
        kind = known.mpijob(reference.api_version.rpartition("/")[2])
    if kind is None:
        return None
    try:
        body = _body(api, kind, reference)
    except (RefusedError, MissingError, BrokenError):
        return None
    return Resource(_readable(kind, body), resource.source) if body else None


def _body(api: Api, kind: Kind, reference: Reference) -> Body | None:
    """Return the object by the verb that a scan may use: get for a CRD, list for all others."""
    namespace, name = reference.namespace, reference.name
    if kind is known.CRD:
        return api.get(kind.path("", name), msgspec.json.Decoder(Body).decode)
    query = {"fieldSelector": f"metadata.name={name}"}
    found = api.get(kind.path(namespace), msgspec.json.Decoder(_List).decode, query)
    return next(iter(found.items or ()), None)


def _readable(kind: Kind, body: Body) -> Body:
    """Return *body* with its kind, and of a ConfigMap only the keys."""
    if kind is known.CONFIG_MAP:
        body["data"] = dict.fromkeys(body.get("data") or (), "")
    return {"apiVersion": kind.api_version, "kind": kind.name, **body}
