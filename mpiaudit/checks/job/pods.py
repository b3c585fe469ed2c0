"""The pods that a job's controller is about to make, as quotas and limit ranges see them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from mpiaudit.checks.job import gang
from mpiaudit.checks.semantics import V2BETA1, held
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.quota import LimitRange
from mpiaudit.inventory.view import View, mapping
from mpiaudit.model import Location, dig
from mpiaudit.policy import limit_range
from mpiaudit.policy.demand import Demand, demand
from mpiaudit.rule import Severity

V = TypeVar("V", bound=View)

_AMOUNTS = {"cpu": "100m", "memory": "512Mi", "ephemeral-storage": "5Gi"}
_DELIVERY = {"name": "kubectl-delivery", "resources": {"requests": _AMOUNTS, "limits": _AMOUNTS}}
"""The init container that a launcher gets in v1, behind its own.

kubeflow/training-operator v1.9.4 pkg/controller.v1/mpi/mpijob_controller.go:1041-1077;
kubeflow/mpi-operator v0.3.0 pkg/controllers/v1/mpi_job_controller.go:1437-1444.
"""


@dataclass(frozen=True, slots=True)
class Crew:
    """The pods of one replica, which are alike."""

    job: Job
    replica: str
    """``Launcher`` or ``Worker``."""

    version: str | None
    """The version that makes them; None where that is open."""

    count: int
    written: Demand
    """One of them as its controller makes it."""

    pod: Demand
    """The same with the defaults of the namespace."""

    def container(self, index: int | None) -> Location:
        """Return the place of a container's resources; of the replica for what is not written."""
        if index is None:
            return self.job.in_replica(self.replica)
        init = self.pod.containers[index].init
        field = "initContainers" if init else "containers"
        place = index - sum(not c.init for c in self.pod.containers) if init else index
        written = ("spec", "mpiReplicaSpecs", self.replica, "template", "spec", field, place)
        if dig(self.job.body, *written) is None:
            return self.job.in_replica(self.replica)
        return self.job.at(*written, "resources")

    @property
    def refused(self) -> str:
        """What comes of it that its pods are refused.

        The workers are made first, and an error there ends the round: kubeflow/mpi-operator v0.8.0
        pkg/controller/mpi_job_controller.go; kubeflow/training-operator v1.9.4
        pkg/controller.v1/mpi/mpijob_controller.go.
        """
        if self.replica == "Worker":
            return "no worker is made, and no launcher either"
        untold = "" if self.version == "v1" else ", and only its Job has an event, FailedCreate"
        return f"the launcher is never made{untold}"

    def named(self, index: int | None) -> str:
        """Return which container it is, for a message; None means the pod."""
        if index is None:
            return f"the {self.replica}'s pod"
        container = self.pod.containers[index]
        kind = "init container" if container.init else "container"
        return f"the {self.replica}'s {kind} {container.name}"


def awaited(
    jobs: Iterable[Job], crd: Crd | None, controllers: tuple[Controller, ...]
) -> Iterator[tuple[Job, str | None]]:
    """Yield the jobs whose pods are still to be made here, with the version that makes them.

    None where that is open. Not a patch, nor a job that runs or has run, for its pods were let in.
    """
    for job, version in held(jobs, crd, controllers):
        if version not in {None, "v1", V2BETA1} or gang.passed(job):
            continue
        if job.whole and not job.identity.deleting:
            yield job, version


def crews(job: Job, version: str | None, ranges: Iterable[LimitRange]) -> tuple[Crew, ...]:
    """Return the pods of *job*, the launcher first.

    A replica is left out where it cannot be told what its pods ask for; all are where two
    LimitRanges give different defaults.
    """
    defaults = limit_range.defaults(limit for each in ranges for limit in each.limits)
    found: list[Crew] = []
    for replica, count in (("Launcher", 1), ("Worker", job.workers)):
        if defaults is None or replica not in job.replicas or not count:
            continue
        pod = demand(_spec(job, replica, version))
        if pod:
            found.append(Crew(job, replica, version, count, pod, pod.filled(*defaults)))
    return tuple(found)


def by_space(views: Iterable[V]) -> Mapping[tuple[str, str], tuple[V, ...]]:
    """Return *views* by their `space`."""
    found: dict[tuple[str, str], tuple[V, ...]] = {}
    for view in views:
        found[space(view)] = (*found.get(space(view), ()), view)
    return found


def space(view: View) -> tuple[str, str]:
    """Return what is equal for objects of one namespace.

    Manifests that name none are taken to be in the same one if they are in the same file.
    """
    return view.namespace, "" if view.namespace else view.ref.source


def weight(job: Job) -> Severity:
    """Return what it costs that the pods of *job* are refused: less while nobody makes them."""
    return Severity.MEDIUM if job.suspended else Severity.HIGH


def _spec(job: Job, replica: str, version: str | None) -> dict[str, Any]:
    """Return the spec of the pods as the controller makes them."""
    template = dig(job.body, "spec", "mpiReplicaSpecs", replica, "template", "spec")
    spec = dict(mapping(template))
    if replica == "Launcher" and version == "v1":
        own = spec.get("initContainers")
        spec["initContainers"] = [*(own if isinstance(own, list) else ()), _DELIVERY]
    return spec
