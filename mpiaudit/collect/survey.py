"""Which lists are read from a cluster, and in which order."""

from __future__ import annotations

from dataclasses import dataclass

from mpiaudit.collect import kinds as known
from mpiaudit.collect.api import MissingError
from mpiaudit.collect.around import NEIGHBOURS, Jobs, key, read_around, read_traces
from mpiaudit.collect.reader import Batch, Reader
from mpiaudit.collect.selectors import matching
from mpiaudit.collect.shape import Body
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import CRD_NAME
from mpiaudit.inventory.podgroup import DEFINITIONS
from mpiaudit.model import Resource, dig

GUESSES = ("v2beta1", "v1", "v1alpha2", "v1alpha1")
"""Versions to try where the CRD may not be read."""

LOCKS = ("mpi-operator", "1ca428e5.training-operator.kubeflow.org")
"""The Leases by which the controllers elect a leader.

kubeflow/mpi-operator v0.8.0 cmd/mpi-operator/app/server.go;
kubeflow/training-operator v1.9.0 cmd/training-operator.v1/main.go.
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which MPIJobs are looked at."""

    namespace: str
    """Empty for all. Controllers, their locks and namespaces are read everywhere in any case."""

    selector: str
    """A label selector; empty for all."""


class Survey:
    """The lists that the wanted kinds need; no more of them than needed."""

    def __init__(self, reader: Reader, scope: Scope, source: str, coming: Jobs) -> None:
        """Have *reader* read a cluster; *source* names it. *coming* are jobs that it will get."""
        self._reader = reader
        self._scope = scope
        self._source = source
        self._jobs = {space: set(names) for space, names in coming.items()}
        self._homes: set[str] = set()
        """Namespaces of controllers."""

        self._realms: set[str] = set()
        """Namespaces in which a controller may need rights."""

    def start(self) -> None:
        """Submit the lists that depend on nothing; they submit the others."""
        self._reader.crew.submit(self._definition)
        for kind in (known.DEPLOYMENT, known.STATEFUL_SET):
            self._reader.later(kind, keep=self._note_controller)
        self._reader.later(known.NAMESPACE)
        self._reader.later(known.CLUSTER_ROLE)
        self._reader.later(known.CLUSTER_ROLE_BINDING)
        for lock in LOCKS:
            self._reader.later(known.LEASE, fieldSelector=f"metadata.name={lock}")
        if not self._scope.selector:
            read_traces(self._reader, None, self._scope.namespace)

    def _definition(self) -> None:
        """Read the CRD, then MPIJobs in one of its versions, then what lies around them."""
        related = {"MPIJob", known.CONFIG_MAP.name} | {kind.name for kind in NEIGHBOURS}
        if self._scope.selector:
            related |= {known.POD.name, known.EVENT.name}
        if not self._reader.kinds & (related | {known.CRD.name}):
            return
        versions = self._versions()
        if self._reader.kinds & related:
            self._read_jobs(versions)
            self._note_consequences(related)
            read_around(self._reader, self._jobs, self._scope.namespace)
            if self._scope.selector:
                read_traces(self._reader, self._jobs, self._scope.namespace)

    def _versions(self) -> tuple[str, ...]:
        """Return the version to list MPIJobs in; several to try where that is not known."""
        reader = self._reader
        try:
            crd = reader.one(known.CRD, "", CRD_NAME)
        except MissingError:
            reader.absent.add("MPIJob")
            return ()
        if crd is None:
            tried = ", ".join(GUESSES)
            reader.notes.append(f"MPIJobs are listed in the first of {tried} that is served")
            return GUESSES
        if known.CRD.name in reader.kinds:
            reader.crew.put(Batch(known.CRD.name, [crd]))
        served = [v for v in dig(crd, "spec", "versions") or () if dig(v, "served") is True]
        served.sort(key=lambda version: dig(version, "storage") is not True)
        if not served:
            reader.gap("MPIJob", f"{CRD_NAME} serves no version, so its objects cannot be listed")
        return tuple(str(dig(version, "name")) for version in served[:1])

    def _read_jobs(self, versions: tuple[str, ...]) -> None:
        """Read MPIJobs in the first of *versions* that the API server knows."""
        query = {"labelSelector": self._scope.selector} if self._scope.selector else {}
        for version in versions:
            kind = known.mpijob(version)
            try:
                self._reader.list_known(kind, self._scope.namespace, self._note_job, **query)
            except MissingError:
                continue
            return
        if versions == GUESSES:
            self._reader.absent.add("MPIJob")
        elif versions:
            self._reader.gap("MPIJob", f"{CRD_NAME} defines {versions[0]}, which is not served")

    def _note_consequences(self, related: set[str]) -> None:
        """Where MPIJobs are not all known, neither is what lies around them."""
        if gap := self._reader.gaps.get("MPIJob"):
            for kind in sorted(related & self._reader.kinds):
                self._reader.gap(kind, f"looked for only where MPIJobs were read: {gap.reason}")

    def _note_job(self, body: Body) -> bool:
        space, name = key(body)
        self._jobs.setdefault(str(space), set()).add(str(name))
        return "MPIJob" in self._reader.kinds

    def _note_controller(self, body: Body) -> bool:
        """Have read what belongs to a controller: pods, ServiceAccounts, rights, PodGroups."""
        controller = Controller.parse(Resource(body, self._source))
        if controller is None:
            return True
        space = controller.namespace
        if labels := matching(dig(body, "spec", "selector")):
            self._reader.later(known.POD, space, labelSelector=labels)
        if space not in self._homes:
            self._homes.add(space)
            self._reader.later(known.SERVICE_ACCOUNT, space)
        realms = {space, controller.lock_namespace or "", controller.watches or ""} - {""}
        for realm in sorted(realms - self._realms):
            self._realms.add(realm)
            self._reader.later(known.ROLE, realm)
            self._reader.later(known.ROLE_BINDING, realm)
        if controller.gang and known.POD_GROUP.name in self._reader.kinds:
            self._reader.crew.submit(self._definitions_of_pod_group)
        return True

    def _definitions_of_pod_group(self) -> None:
        for name in DEFINITIONS:
            try:
                crd = self._reader.one(known.POD_GROUP, "", name)
            except MissingError:
                continue
            if crd:
                self._reader.crew.put(Batch(known.CRD.name, [crd | {"kind": known.CRD.name}]))
