"""What is kept of each kind: everything else in an answer is skipped, not parsed."""

from __future__ import annotations

from typing import Any

import msgspec

from mpiaudit.collect.shape import Annotated, Metadata, Named, Owned, Shape, Whole


class CrdVersion(Shape):
    """One entry of a CRD's ``spec.versions``, whole: manifests are compared with it."""

    name: str | None = None
    served: bool | None = None
    storage: bool | None = None
    deprecated: bool | None = None
    deprecation_warning: str | None = None
    additional_printer_columns: Any = None
    schema: Any = None
    selectable_fields: Any = None
    subresources: Any = None


class CrdSpec(Shape):
    """``spec`` of a CRD."""

    group: str | None = None
    names: Any = None
    scope: str | None = None
    conversion: Any = None
    versions: list[CrdVersion] | None = None


class Crd(Shape):
    """The MPIJob CRD, with who owns its fields: it is one object, and most often in conflict."""

    metadata: Owned
    spec: CrdSpec | None = None
    status: Any = None


class WorkloadSpec(Shape):
    """``spec`` of a Deployment or StatefulSet."""

    replicas: int | None = None
    selector: Any = None
    template: Any = None


class WorkloadStatus(Shape):
    """The counts of a Deployment or StatefulSet."""

    observed_generation: int | None = None
    replicas: int | None = None
    ready_replicas: int | None = None
    available_replicas: int | None = None
    updated_replicas: int | None = None
    unavailable_replicas: int | None = None


class Workload(Shape):
    """A Deployment or StatefulSet."""

    metadata: Annotated
    spec: WorkloadSpec | None = None
    status: WorkloadStatus | None = None


class Part(Shape):
    """A part of a pod that is known by its name: a volume."""

    name: str | None = None


class Container(Part):
    """One container of a pod."""

    image: str | None = None
    command: list[str] | None = None
    args: list[str] | None = None
    resources: Any = None


class PodSpec(Shape):
    """``spec`` of a pod."""

    subdomain: str | None = None
    hostname: str | None = None
    host_network: bool | None = None
    node_name: str | None = None
    containers: list[Container] | None = None
    volumes: list[Part] | None = None


class Condition(Shape):
    """One condition of a pod."""

    type: str | None = None
    status: str | None = None
    reason: str | None = None


class ContainerStatus(Part):
    """How one container of a pod fares."""

    ready: bool | None = None
    restart_count: int | None = None
    state: Any = None
    last_state: Any = None


class PodStatus(Shape):
    """``status`` of a pod."""

    phase: str | None = None
    conditions: list[Condition] | None = None
    container_statuses: list[ContainerStatus] | None = None


class Pod(Shape):
    """A pod."""

    metadata: Metadata
    spec: PodSpec | None = None
    status: PodStatus | None = None


class JobSpec(Shape):
    """``spec`` of a batch Job."""

    suspend: bool | None = None


class Job(Shape):
    """A batch Job."""

    metadata: Annotated
    spec: JobSpec | None = None
    status: Any = None


class ServiceSpec(Shape):
    """``spec`` of a Service."""

    cluster_ip: str | None = msgspec.field(default=None, name="clusterIP")
    selector: dict[str, str] | None = None
    ports: Any = None
    publish_not_ready_addresses: bool | None = None
    type: str | None = None


class Service(Shape):
    """A Service."""

    metadata: Annotated
    spec: ServiceSpec | None = None


class ConfigMap(Shape):
    """A ConfigMap; only the keys of ``data`` survive `pages`."""

    metadata: Annotated
    data: Any = None
    immutable: bool | None = None


class Event(Shape):
    """An Event of the core group."""

    metadata: Metadata
    involved_object: Any = None
    reason: str | None = None
    message: str | None = None
    source: Any = None
    reporting_component: str | None = None
    type: str | None = None
    count: int | None = None
    first_timestamp: str | None = None
    last_timestamp: str | None = None
    event_time: str | None = None
    series: Any = None


class Rationed(Shape):
    """A ResourceQuota or a LimitRange."""

    metadata: Metadata
    spec: Any = None
    status: Any = None


class NetworkPolicy(Shape):
    """A NetworkPolicy."""

    metadata: Metadata
    spec: Any = None


class Role(Shape):
    """A Role or a ClusterRole, with what was gathered into it."""

    metadata: Metadata
    rules: Any = None


class Binding(Shape):
    """A RoleBinding or a ClusterRoleBinding."""

    metadata: Metadata
    role_ref: Any = None
    subjects: Any = None


SHAPES: dict[str, type[Shape]] = {
    "CustomResourceDefinition": Crd,
    "Deployment": Workload,
    "StatefulSet": Workload,
    "MPIJob": Whole,
    "Pod": Pod,
    "Job": Job,
    "Service": Service,
    "ResourceQuota": Rationed,
    "LimitRange": Rationed,
    "NetworkPolicy": NetworkPolicy,
    "ConfigMap": ConfigMap,
    "Secret": Named,
    "ServiceAccount": Named,
    "Namespace": Named,
    "Event": Event,
    "Lease": Whole,
    "ClusterRole": Role,
    "Role": Role,
    "ClusterRoleBinding": Binding,
    "RoleBinding": Binding,
    "PodGroup": Named,
}
"""By the name of the kind."""
