"""MPIJobs of every version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from mpiaudit.inventory.condition import Condition, conditions, resumed
from mpiaudit.inventory.template import PodTemplate
from mpiaudit.inventory.view import (
    View,
    Writer,
    identity,
    integer,
    mapping,
    text,
)
from mpiaudit.model import Location, Resource

GROUP = "kubeflow.org"
LEGACY_VERSIONS = ("v1alpha1", "v1alpha2", "v1")
"""Every version before v2beta1, oldest first."""

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

CONTROLLER_MANAGERS = frozenset(
    {"mpi-operator", "mpi-operator.v1", "mpi-operator.v2", "manager", "training-operator"}
    | {"Go-http-client", "kube-controller-manager", "kueue"}
)
"""Field managers that write MPIJobs without being their author: the file names of the binaries
in the images of kubeflow/mpi-operator v0.3.0 to v0.8.0 and kubeflow/training-operator v1.7.0
(which writes status as ``Go-http-client``) to v1.9.4."""


@dataclass(frozen=True, slots=True)
class Replica:
    """One entry of ``spec.mpiReplicaSpecs``."""

    type: str
    """The key as written: ``Launcher``, ``Worker``, or anything else."""

    replicas: Any
    """As written; None where absent."""

    restart_policy: str | None
    """None where absent, empty or no text: the controllers then put in their default."""

    template: PodTemplate
    written: Mapping[str, Any]
    """The pod template as written; empty where there is none."""

    @property
    def runnable(self) -> bool:
        """Whether every container has an image, and there is one."""
        containers = self.template.containers
        return bool(containers) and all(c.image for c in containers)


@dataclass(frozen=True, slots=True)
class Job(View):
    """One MPIJob."""

    version: str
    """The version it was read in: the author's in a manifest, the request's in a list."""

    author_version: str | None
    """The version its author wrote; None where the API server kept no trace of it, or traces
    that disagree. Empty in a manifest without ``apiVersion``."""

    replicas: Mapping[str, Replica]
    """By replica type, without those that are null; empty where ``mpiReplicaSpecs`` is missing."""

    launcher: Replica | None
    """The ``Launcher`` replica."""

    worker: Replica | None
    """The ``Worker`` replica."""

    workers: int
    """How many workers it asks for: 0 without a Worker, or where the count is no number."""

    spec: Mapping[str, Any]
    """``spec`` as written, for the scalars: absent, null and wrong types are told apart."""

    policy: Mapping[str, Any]
    """``spec.runPolicy`` as written."""

    managed_by: str | None
    """``runPolicy.managedBy``; None where absent."""

    multikueue: bool
    """Whether MultiKueue runs it on another cluster, and no controller here may."""

    conditions: Mapping[str, Condition]
    """The True ones, by type."""

    finished: Condition | None
    """The condition that ended it, Succeeded or Failed, or None."""

    has_status: bool
    """Whether any controller has ever written a status."""

    resumed: datetime | None
    """When the condition Suspended turned False; None where it did not."""

    beside_kustomization: bool
    applied: Mapping[str, Any]
    """The last-applied configuration; empty where there is none."""

    body: Mapping[str, Any] = field(compare=False)
    """All of it, as read."""

    @property
    def suspended(self) -> bool:
        """Whether ``runPolicy.suspend`` is true."""
        return self.policy.get("suspend") is True

    @property
    def whole(self) -> bool:
        """Whether it is surely a job, and not a patch that kustomize merges into one.

        A launcher with an image and something to run is more than a patch has reason to say.
        """
        first = self.launcher.template.containers[:1] if self.launcher else ()
        runs = any(c.image and (c.command or c.args) for c in first)
        return self.identity.exported or not self.beside_kustomization or runs

    def in_replica(self, replica: str, *path: str | int) -> Location:
        """Return the place of a field below ``spec.mpiReplicaSpecs.<replica>``."""
        return self.at("spec", "mpiReplicaSpecs", replica, *path)

    def in_pod(self, replica: str, *path: str | int) -> Location:
        """Return the place of a field of a replica's pod spec."""
        return self.in_replica(replica, "template", "spec", *path)

    @classmethod
    def parse(cls, resource: Resource) -> Self | None:
        """Return the job, or None for another group's kind of the same name, or for a patch.

        A manifest whose ``apiVersion`` is missing, or lacks the group, is kept.
        """
        group, _, version = resource.api_version.rpartition("/")
        if group not in {GROUP, ""} or (group == "" and version not in {"", *KNOWN}):
            return None
        if PATCH in resource.body:
            return None
        spec = mapping(resource.get("spec"))
        who = identity(resource)
        status = mapping(resource.get("status"))
        applied = _last_applied(resource)
        replicas = {
            str(key): _replica(str(key), mapping(body))
            for key, body in mapping(spec.get("mpiReplicaSpecs")).items()
            if body is not None
        }
        worker = replicas.get("Worker")
        policy = mapping(spec.get("runPolicy"))
        manager = policy.get("managedBy")
        true = {c.type: c for c in conditions(status)}
        return cls(
            who,
            version=version,
            author_version=_author_version(applied, who.writers) if who.exported else version,
            replicas=replicas,
            launcher=replicas.get("Launcher"),
            worker=worker,
            workers=integer(worker.replicas if worker else None) or 0,
            spec=spec,
            policy=policy,
            managed_by=manager if isinstance(manager, str) else None,
            multikueue=manager == MULTIKUEUE,
            conditions=true,
            finished=true.get("Succeeded") or true.get("Failed"),
            beside_kustomization=resource.beside_kustomization,
            has_status=bool(status),
            resumed=resumed(status),
            applied=applied,
            body=resource.body,
        )


MULTIKUEUE = "kueue.x-k8s.io/multikueue"
"""What ``managedBy`` says of a job that MultiKueue sends to another cluster."""

KNOWN = frozenset({*LEGACY_VERSIONS, "v2beta1"})

PATCH = "$patch"
"""The key by which a strategic merge patch says what to do: ``$patch: delete``."""


def _replica(key: str, body: Mapping[str, Any]) -> Replica:
    template = mapping(body.get("template"))
    return Replica(
        type=key,
        replicas=body.get("replicas"),
        restart_policy=text(body.get("restartPolicy")) or None,
        template=PodTemplate.parse(template),
        written=template,
    )


def _last_applied(resource: Resource) -> Mapping[str, Any]:
    applied = resource.get("metadata", "annotations", LAST_APPLIED)
    try:
        return mapping(json.loads(applied)) if isinstance(applied, str) else {}
    except (ValueError, RecursionError):
        return {}


def _author_version(applied: Mapping[str, Any], writers: tuple[Writer, ...]) -> str | None:
    """Return the version the author wrote, which is not that of a list's answer.

    A list answers in the version that was asked for. ``last-applied-configuration`` names the
    author's, and so does the ``managedFields`` entry of whoever is not a controller, until two
    controllers write the status across versions and the API server drops managedFields.
    """
    written = {
        w.api_version for w in writers if not w.subresource and w.manager not in CONTROLLER_MANAGERS
    }
    for versions in ({text(applied.get("apiVersion"))}, written):
        ours = {v.rpartition("/")[2] for v in versions if v.startswith(f"{GROUP}/")}
        if ours:
            return ours.pop() if len(ours) == 1 else None
    return None
