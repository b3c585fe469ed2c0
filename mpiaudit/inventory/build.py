"""From what a collector read to an `Inventory`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeVar

from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.definitions import in_force, unclear
from mpiaudit.inventory.inventory import Inventory
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.neighbour import (
    ConfigMap,
    Event,
    Lease,
    Namespace,
    Secret,
    Service,
    ServiceAccount,
)
from mpiaudit.inventory.network_policy import NetworkPolicy
from mpiaudit.inventory.podgroup import PodGroupKind
from mpiaudit.inventory.quota import LimitRange, ResourceQuota
from mpiaudit.inventory.rbac import GROUP as RBAC
from mpiaudit.inventory.rbac import Binding, Role
from mpiaudit.inventory.suppression import Suppression, of_comment, of_object
from mpiaudit.inventory.view import View, timestamp
from mpiaudit.inventory.workload import LauncherJob, Pod
from mpiaudit.model import Gap, Resource
from mpiaudit.reading import Answers, Reading

V = TypeVar("V", bound=View)


class Kind(NamedTuple):
    """How objects of one kind are kept."""

    field: str
    """The inventory's field."""

    group: str | None
    """The API group; a kind of the same name in another group is something else.
    None where the parser tells."""

    parse: Callable[[Resource], View | None]


def _definition(resource: Resource) -> Crd | PodGroupKind | None:
    return Crd.parse(resource) or PodGroupKind.defined(resource)


KINDS: Mapping[str, Kind] = {
    "CustomResourceDefinition": Kind("crds", "apiextensions.k8s.io", _definition),
    "Deployment": Kind("controllers", "apps", Controller.parse),
    "StatefulSet": Kind("controllers", "apps", Controller.parse),
    "MPIJob": Kind("jobs", None, Job.parse),
    "Pod": Kind("pods", "", Pod.parse),
    "Job": Kind("launcher_jobs", "batch", LauncherJob.parse),
    "Service": Kind("services", "", Service.parse),
    "ResourceQuota": Kind("resource_quotas", "", ResourceQuota.parse),
    "LimitRange": Kind("limit_ranges", "", LimitRange.parse),
    "NetworkPolicy": Kind("network_policies", "networking.k8s.io", NetworkPolicy.parse),
    "ConfigMap": Kind("config_maps", "", ConfigMap.parse),
    "Secret": Kind("secrets", "", Secret.parse),
    "ServiceAccount": Kind("service_accounts", "", ServiceAccount.parse),
    "Namespace": Kind("namespaces", "", Namespace.parse),
    "Event": Kind("events", None, Event.parse),
    "Lease": Kind("leases", "coordination.k8s.io", Lease.parse),
    "ClusterRole": Kind("roles", RBAC, Role.parse),
    "Role": Kind("roles", RBAC, Role.parse),
    "ClusterRoleBinding": Kind("bindings", RBAC, Binding.parse),
    "RoleBinding": Kind("bindings", RBAC, Binding.parse),
    "PodGroup": Kind("pod_groups", None, PodGroupKind.used),
}

_READ_WITH = {
    "crd": {"crds"},
    "controllers": {"pods"},
    "now": {"leases", "events"},
    "refusals": {"roles", "bindings", "services", "launcher_jobs", "config_maps"},
    "conflicts": {"roles", "bindings", "services"},
}
"""Fields that take part in another one, so that its kinds are read for it as well."""


def kinds_for(needs: Iterable[str]) -> frozenset[str]:
    """Return the kinds that must be read for rules that ask for *needs*.

    The definition, the controllers and the jobs are always among them: the verdict needs them.
    """
    wanted = {"crds", "controllers", "jobs", *needs}
    wanted |= {other for need in wanted for other in _READ_WITH.get(need, ())}
    return frozenset(name for name, kind in KINDS.items() if kind.field in wanted)


def build(reading: Reading) -> Inventory:
    """Return the inventory of all that *reading* yields, consuming it.

    A kind that a collector could not read is a gap. So is, for files, a kind of which nothing
    was given: files prove presence and not absence. Where several definitions of the CRD are
    given and not exactly one is installed, `Inventory.crd` is a gap.
    """
    pile = _Pile()
    for resource in reading.resources:
        pile.add(resource)
    crds, pods = pile.all(Crd), pile.all(Pod)
    answers = reading.answers or Answers()
    return Inventory(
        crd=in_force(crds),
        crds=crds,
        controllers=tuple(c.observed(pods) for c in pile.all(Controller)),
        jobs=pile.all(Job),
        pods=pods,
        launcher_jobs=pile.all(LauncherJob),
        services=pile.all(Service),
        resource_quotas=pile.all(ResourceQuota),
        limit_ranges=pile.all(LimitRange),
        network_policies=pile.all(NetworkPolicy),
        config_maps=pile.all(ConfigMap),
        secrets=pile.all(Secret),
        service_accounts=pile.all(ServiceAccount),
        namespaces=pile.all(Namespace),
        events=pile.all(Event),
        leases=pile.all(Lease),
        roles=pile.all(Role),
        bindings=pile.all(Binding),
        pod_groups=pile.all(PodGroupKind),
        now=max((t for t in (pile.latest, timestamp(reading.taken)) if t), default=None),
        outsized=tuple(answers.outsized),
        refusals=tuple(sorted(answers.refusals, key=lambda r: r.at.object.sort_key)),
        conflicts=tuple(sorted(answers.conflicts, key=lambda c: c.at.object.sort_key)),
        suppressions=(*pile.suppressions, *map(of_comment, reading.comments)),
        listed=frozenset(KINDS.keys() - reading.gaps.keys() if reading.taken else pile.listed),
        gaps=_all_gaps(reading, pile),
    )


@dataclass
class _Pile:
    """Views, sorted by their class while they are read."""

    views: dict[type[View], list[View]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    """The uids of all objects so far: one that is given twice counts once."""

    listed: set[str] = field(default_factory=set)
    """Kinds of which an exported List was read."""

    latest: datetime | None = None
    suppressions: list[Suppression] = field(default_factory=list)

    def add(self, resource: Resource) -> None:
        kind = KINDS.get(resource.kind)
        group = resource.api_version.rpartition("/")[0]
        if kind is None or kind.group not in {None, group}:
            return
        exported = bool(resource.get("metadata", "uid"))
        if exported and resource.prefix:
            self.listed.add(resource.kind)
        view = kind.parse(resource)
        if view is None or (exported and view.uid in self.seen):
            return
        self.seen.add(view.uid)
        self.suppressions += of_object(resource)
        self.views.setdefault(type(view), []).append(view)
        for when in _times(view):
            self.latest = max(self.latest or when, when)

    def all(self, view: type[V]) -> tuple[V, ...]:
        """Return the views of one class in an order that does not depend on who answered first."""
        found = [v for v in self.views.get(view, ()) if isinstance(v, view)]
        return tuple(sorted(found, key=lambda v: v.ref.sort_key))


def _times(view: View) -> Iterator[datetime]:
    """Yield the times that *view* bears: an export was taken at the latest of all, or after."""
    times = [view.identity.created]
    match view:
        case Job():
            times += [c.since for c in view.conditions.values()]
        case Pod():
            times += [view.last_exit.at if view.last_exit else None]
        case Event():
            times += [view.last]
        case Lease():
            times += [view.renewed]
    yield from (t for t in times if t)


def _all_gaps(reading: Reading, pile: _Pile) -> Mapping[str, Gap]:
    """Return why fields are not known to be complete, those that depend on others included."""
    gaps = dict(_gaps(reading, pile))
    crds = pile.all(Crd)
    rights: list[Role | Binding] = [*pile.all(Role), *pile.all(Binding)]
    if not {"roles", "bindings"} & gaps.keys() and not _whole(reading, pile, rights):
        gaps["bindings"] = Gap("not all roles and bindings of a cluster", unreadable=False)
    if "crds" in gaps:
        gaps["crd"] = gaps["crds"]
    elif crds and in_force(crds) is None:
        gaps["crd"] = unclear(crds)
    return gaps


def _gaps(reading: Reading, pile: _Pile) -> Iterator[tuple[str, Gap]]:
    """Yield each field that is not known to be complete, with the reason; the worst comes last."""
    if reading.answers is None:
        gap = Gap("no manifest was laid over a cluster", unreadable=False)
        yield from (("refusals", gap), ("outsized", gap))
    if reading.answers is None or not any(reading.answers.owned):
        reason = "no manifest was laid over an object with managedFields"
        yield "conflicts", Gap(reason, unreadable=False)
    refused = [(KINDS[name].field, gap) for name, gap in reading.gaps.items() if name in KINDS]
    yield from sorted(refused, key=lambda pair: pair[1].unreadable)
    if reading.taken:
        return
    held = {
        KINDS[v.ref.kind].field
        for kind, views in pile.views.items()
        if kind is not PodGroupKind
        for v in views
    }
    listed = {KINDS[k].field for k in pile.listed}
    if "CustomResourceDefinition" in pile.listed:
        listed.add("pod_groups")
    for name in sorted({k.field for k in KINDS.values()} - held - listed - dict(refused).keys()):
        yield name, Gap(f"no {name.replace('_', ' ')} among the files", unreadable=False)
    if pile.latest is None:
        yield "now", Gap("no object bears a time", unreadable=False)


def _whole(reading: Reading, pile: _Pile, held: Iterable[Role | Binding]) -> bool:
    """Return whether all roles and bindings were read: what none grants is forbidden.

    Every cluster that is ruled by RBAC has the ClusterRole and the ClusterRoleBinding
    ``cluster-admin``: lists without them are a part, or decide nothing
    (kubernetes/kubernetes v1.34.0 plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go).
    """
    built_in = {view.ref.kind for view in held if view.ref.name == "cluster-admin"}
    kinds = {name for name, kind in KINDS.items() if kind.field in {"roles", "bindings"}}
    listed = bool(reading.taken) or pile.listed >= kinds
    return listed and built_in == {"ClusterRole", "ClusterRoleBinding"}
