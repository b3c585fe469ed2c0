"""A read-only snapshot of what matters to MPIJobs in one cluster or set of manifests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime

from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
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
from mpiaudit.inventory.rbac import Binding, Role
from mpiaudit.inventory.suppression import Suppression
from mpiaudit.inventory.workload import LauncherJob, Pod
from mpiaudit.model import Gap
from mpiaudit.reading import Conflict, Refusal


@dataclass(frozen=True)
class Inventory:
    """All that checks may look at. A check asks for a field by its name."""

    crd: Crd | None = None
    """The installed definition, or the only one given; None where it is known to be absent."""

    crds: tuple[Crd, ...] = ()
    """Every definition read: from files there may be the installed one and its successor."""

    controllers: tuple[Controller, ...] = ()
    jobs: tuple[Job, ...] = ()
    pods: tuple[Pod, ...] = ()
    launcher_jobs: tuple[LauncherJob, ...] = ()
    services: tuple[Service, ...] = ()
    resource_quotas: tuple[ResourceQuota, ...] = ()
    limit_ranges: tuple[LimitRange, ...] = ()
    network_policies: tuple[NetworkPolicy, ...] = ()
    config_maps: tuple[ConfigMap, ...] = ()
    secrets: tuple[Secret, ...] = ()
    service_accounts: tuple[ServiceAccount, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    events: tuple[Event, ...] = ()
    leases: tuple[Lease, ...] = ()
    roles: tuple[Role, ...] = ()
    """ClusterRoles, and Roles where controllers are or work."""

    bindings: tuple[Binding, ...] = ()
    """ClusterRoleBindings, and RoleBindings where controllers are or work.
    A gap unless all of them were read, with the roles: what none grants is forbidden."""

    pod_groups: tuple[PodGroupKind, ...] = ()
    now: datetime | None = None
    """When it was read: the API server's clock, or the latest time in an export.
    None where no object bears a time."""

    suppressions: tuple[Suppression, ...] = ()
    """What comments and annotations ask to have put aside."""

    listed: frozenset[str] = frozenset()
    """Kinds of which a whole list was read, live or exported: what is not in it is not there."""

    refusals: tuple[Refusal, ...] = ()
    """Of manifests, by the objects that they would be applied over."""

    conflicts: tuple[Conflict, ...] = ()
    """Of manifests, with other owners of what they set."""

    outsized: tuple[Refusal, ...] = ()
    """Of CRDs that are too large for the way in which they are applied."""

    gaps: Mapping[str, Gap] = field(default_factory=dict)
    """Why a field above is not known to be complete, by the field's name."""


JUDGEABLE = frozenset(f.name for f in fields(Inventory)) - {"gaps"}
"""The names a check may take as parameters."""

WHAT_IF = frozenset({"refusals", "conflicts", "outsized"})
"""Fields about manifests laid over a cluster: where none were, nobody has asked for them."""

TITLES = {
    "crd": "the CRD",
    "crds": "the CRD",
    "controllers": "Deployments",
    "jobs": "MPIJobs",
    "pods": "Pods",
    "launcher_jobs": "Jobs",
    "services": "Services",
    "resource_quotas": "ResourceQuotas",
    "limit_ranges": "LimitRanges",
    "network_policies": "NetworkPolicies",
    "config_maps": "ConfigMaps",
    "secrets": "Secrets",
    "service_accounts": "ServiceAccounts",
    "namespaces": "Namespaces",
    "events": "Events",
    "leases": "Leases",
    "roles": "roles",
    "bindings": "role bindings",
    "pod_groups": "the CRDs of PodGroup",
    "now": "times",
    "refusals": "manifests laid over a cluster",
    "outsized": "manifests laid over a cluster",
    "conflicts": "manifests over objects with managedFields",
}
"""What fills each field, in the user's words, in the order to say it."""
