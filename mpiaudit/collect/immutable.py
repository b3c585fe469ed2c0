"""Fields that an API server lets nobody change, and manifests that would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mpiaudit.inventory.view import mapping, mappings, text
from mpiaudit.model import FieldPath, Resource

CHANGED = "field is immutable"

STATEFUL_SET = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
    "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and "
    "'minReadySeconds' are forbidden"
)
SEALED = "field is immutable when `immutable` is set"

_JOB = (
    "template",
    "selector",
    "completions",
    "completionMode",
    "podFailurePolicy",
    "backoffLimitPerIndex",
    "managedBy",
    "successPolicy",
)
_DIRECTIVES = {("nodeSelector",), ("tolerations",), ("affinity",), ("schedulingGates",)}
"""What may change in the pods of a Job that is suspended and was never started."""

_RBAC = "rbac.authorization.k8s.io"


class Breach(NamedTuple):
    """One field that may not change, and would."""

    path: FieldPath
    field: str
    """As the API server names it."""

    reason: str
    """In the API server's words."""


def breaches(above: Resource, below: Resource) -> Iterator[Breach]:
    """Yield what keeps *above* from being applied over *below*; only what *above* spells out.

    A field that it leaves out stays, or goes, depending on who owns it: not judged. Neither are
    the values of a ConfigMap and all of a Secret, which are not read.

    Source: kubernetes/kubernetes v1.34.4, the functions Validate...Update of
    pkg/apis/{rbac,apps,batch,core}/validation/validation.go and
    staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go;
    compared with the answers of Kubernetes 1.34.
    """
    match above.kind:
        case "RoleBinding" | "ClusterRoleBinding":
            yield from _binding(above, below)
        case "Deployment":
            yield from _changed(above, below, ("spec", "selector"), exact=True)
        case "StatefulSet":
            yield from _stateful_set(above, below)
        case "Job":
            yield from _job(above, below)
        case "Service":
            yield from _service(above, below)
        case "ConfigMap":
            yield from _config_map(above, below)
        case "CustomResourceDefinition":
            yield from _definition(above, below)


def difference(new: Any, old: Any) -> FieldPath | None:  # noqa: ANN401 - manifests are untyped
    """Return the first field that *new* sets to something else than *old* has, or None.

    What *new* leaves out, or sets to null or to nothing, does not differ.
    """
    if new is None or new in ({}, []):
        return None
    if isinstance(new, Mapping) and isinstance(old, Mapping):
        for key, value in new.items():
            inner = difference(value, old.get(key))
            if inner is not None:
                return (key, *inner)
        return None
    if isinstance(new, list) and isinstance(old, list) and len(new) == len(old):
        for index, value in enumerate(new):
            inner = difference(value, old[index])
            if inner is not None:
                return (index, *inner)
        return None
    return None if new == old else ()


def _binding(above: Resource, below: Resource) -> Iterator[Breach]:
    new, old = mapping(above.get("roleRef")), mapping(below.get("roleRef"))
    if new and old and _role(new) != _role(old):
        yield Breach(("roleRef",), "roleRef", "cannot change roleRef")


def _role(reference: Mapping[str, Any]) -> tuple[str, str, str]:
    group, kind, name = (text(reference.get(key)) for key in ("apiGroup", "kind", "name"))
    return group or _RBAC, kind, name


def _stateful_set(above: Resource, below: Resource) -> Iterator[Breach]:
    fields = ("selector", "serviceName", "podManagementPolicy", "volumeClaimTemplates")
    for field in fields:
        path = ("spec", field)
        exact, whole = field == "selector", bool(below.get("spec", "podManagementPolicy"))
        for breach in _changed(above, below, path, exact=exact, whole=whole):
            yield Breach(breach.path, "spec", STATEFUL_SET)


def _job(above: Resource, below: Resource) -> Iterator[Breach]:
    idle = below.get("spec", "suspend") is True and not below.get("status", "startTime")
    for field in _JOB:
        whole = bool(below.get("spec", "template"))
        for breach in _changed(above, below, ("spec", field), whole=whole):
            if not (idle and _movable(breach.path)) and not (
                field == "completions" and _elastic(above, below)
            ):
                yield breach


def _movable(path: FieldPath) -> bool:
    """Return whether *path* leads to what the scheduler reads in a Job's template."""
    inside = path[2:]
    return inside[:1] == ("metadata",) or (inside[:1] == ("spec",) and inside[1:2] in _DIRECTIVES)


def _elastic(above: Resource, below: Resource) -> bool:
    """Return whether both count as many completions as pods that run at once, by their index."""
    if below.get("spec", "completionMode") != "Indexed":
        return False
    return bool(above.get("spec", "completions") == above.get("spec", "parallelism"))


def _service(above: Resource, below: Resource) -> Iterator[Breach]:
    new, old = (text(r.get("spec", "clusterIP")) for r in (above, below))
    types = {text(r.get("spec", "type")) for r in (above, below)}
    if new and old and new != old and "ExternalName" not in types:
        yield Breach(("spec", "clusterIP"), "spec.clusterIPs[0]", "may not change once set")


def _config_map(above: Resource, below: Resource) -> Iterator[Breach]:
    if below.get("immutable") is not True:
        return
    if above.get("immutable") is False:
        yield Breach(("immutable",), "immutable", SEALED)
    known = mapping(below.get("data")).keys()
    for key in mapping(above.get("data")).keys() - known:
        yield Breach(("data", key), "data", SEALED)
        return


def _definition(above: Resource, below: Resource) -> Iterator[Breach]:
    conditions = mappings(below.get("status", "conditions"))
    established = any(
        (c.get("type"), c.get("status")) == ("Established", "True") for c in conditions
    )
    paths: list[FieldPath] = [("spec", "group"), ("spec", "names", "plural")]
    if established:
        paths += [("spec", "scope"), ("spec", "names", "kind")]
    for path in paths:
        yield from _changed(above, below, path, exact=True)


def _changed(
    above: Resource, below: Resource, path: FieldPath, *, exact: bool = False, whole: bool = False
) -> Iterator[Breach]:
    """Yield the breach at *path*: *exact* as a whole, else by its parts.

    What *below* lacks may not have been read, unless it is *whole*.
    """
    new, old = above.get(*path), below.get(*path)
    if new is None or (old is None and not whole):
        return
    inside = difference(new, old)
    if inside is None and exact:
        inside = None if difference(old, new) is None else ()
    if inside is not None:
        yield Breach((*path, *inside), ".".join(map(str, path)), CHANGED)
