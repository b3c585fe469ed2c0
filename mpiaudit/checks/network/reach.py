"""What NetworkPolicies keep from the pods that a job has, or will have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mpiaudit.checks.evidence import listing
from mpiaudit.checks.semantics import held_to_v2beta1, placeholder, weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job, Replica
from mpiaudit.inventory.neighbour import Namespace
from mpiaudit.inventory.network_policy import NetworkPolicy
from mpiaudit.inventory.view import integer, text
from mpiaudit.inventory.workload import JOB_NAME, OPERATOR_NAME
from mpiaudit.policy.network import Pod, Policies, Traffic
from mpiaudit.policy.network_rule import Direction
from mpiaudit.policy.selector import Labels
from mpiaudit.rule import Severity

JOB_ROLE = "training.kubeflow.org/job-role"
REPLICA_INDEX = "training.kubeflow.org/replica-index"

OF_BATCH_JOB = ("job-name", "batch.kubernetes.io/job-name")
"""What the launcher has as the pod of a batch Job, beside that Job's uid.

kubernetes/kubernetes v1.34.4 pkg/apis/batch/types.go (``LegacyJobNameLabel``).
"""

SHOWN = 3
"""How many jobs, or policies, a message names; the others are counted."""

Place = tuple[str, str]
"""A namespace; of manifests that name none, an empty one and their file."""


class Block(NamedTuple):
    """One side at which traffic does not pass."""

    direction: Direction
    role: str
    """Whose pods are isolated: ``launcher`` or ``worker``."""

    policies: tuple[str, ...]
    """The names of those that isolate them."""

    everyone: bool
    """Whether one of them selects all pods of the namespace, those of the next job too."""


@dataclass(frozen=True, slots=True)
class Crew:
    """A job's pods, and the policies of their namespace."""

    job: Job
    pods: Mapping[str, Pod]
    """By role: ``launcher``, ``worker``."""

    policies: Policies
    views: Mapping[str, NetworkPolicy]
    """By name."""

    def between(self, source: str, target: str, wanted: Traffic) -> tuple[Block, ...]:
        """Return where *wanted* stops between two roles; both must have pods of their own."""
        a, b = self.pods.get(source), self.pods.get(target)
        if a is None or b is None or a.host_network or b.host_network:
            return ()
        sides = (self.side("Egress", source, b, wanted), self.side("Ingress", target, a, wanted))
        return tuple(block for block in sides if block)

    def side(self, direction: Direction, role: str, peer: Pod, wanted: Traffic) -> Block | None:
        """Return what stops *wanted* at the pods of *role*, or None."""
        found = self.policies.block(self.pods[role], peer, wanted, direction)
        if not found:
            return None
        everyone = any(not p.selector.requirements for p in found)
        return Block(direction, role, tuple(p.name for p in found), everyone)


def crews(
    jobs: Iterable[Job],
    network_policies: Iterable[NetworkPolicy],
    namespaces: Iterable[Namespace],
    crd: Crd | None,
    controllers: tuple[Controller, ...],
) -> Iterator[Crew]:
    """Yield the jobs that mpi-operator runs here, where all policies about them are understood.

    That is not so where two have one name, or one could be of another namespace, or would be
    refused, or is to be filled in; nor where a job's own labels are.
    """
    known = {n.name: Labels(n.identity.labels, n.identity.exported) for n in namespaces}
    views: dict[Place, list[NetworkPolicy]] = defaultdict(list)
    for view in network_policies:
        views[place(view.namespace, view.ref.source)].append(view)
    adrift = {where for where in views if not where[0]}
    named = {where: {v.name: v for v in held} for where, held in views.items()}
    built: dict[Place, Policies | None] = {}
    for job in held_to_v2beta1(jobs, crd, controllers):
        where = place(job.namespace, job.ref.source)
        if where not in views or adrift - {where} or job.multikueue or not job.whole:
            continue
        if where not in built:
            built[where] = _policies(views[where], known)
        policies, pods = built[where], _pods(job)
        if policies and pods:
            yield Crew(job, pods, policies, named[where])


def gather(
    found: Iterable[tuple[Crew, tuple[Block, ...]]],
) -> Iterator[tuple[tuple[Block, ...], list[Crew]]]:
    """Yield the jobs that the same policies stop in the same way."""
    groups: dict[tuple[Place, tuple[Block, ...]], list[Crew]] = defaultdict(list)
    for crew, blocks in found:
        if blocks:
            groups[place(crew.job.namespace, crew.job.ref.source), blocks].append(crew)
    for (_, blocks), group in groups.items():
        yield blocks, group


def names(crews: Iterable[Crew]) -> str:
    """Return the names of the jobs, the first of them where there are many."""
    return some(list(dict.fromkeys(crew.job.name for crew in crews)))


def some(words: Sequence[str]) -> str:
    """Return ``a, b, c and 4 more``, or all of *words* where there are no more than that."""
    more = len(words[SHOWN:])
    return listing([*words[:SHOWN], *([f"{more} more"] if more else [])])


def heaviest(crews: Sequence[Crew], usual: Severity) -> Severity:
    """Return what it costs, by the one job that it costs most."""
    return max(weight(crew.job, usual) for crew in crews)


def place(namespace: str, source: str) -> Place:
    """Return where an object of *namespace* is, read from *source*."""
    return (namespace, "" if namespace else source)


def _policies(views: list[NetworkPolicy], namespaces: Mapping[str, Labels]) -> Policies | None:
    """Return the policies of one namespace, or None where not all are understood."""
    policies = [view.policy for view in views if view.policy]
    words = (v for p in policies for r in p.selector.requirements for v in r.values)
    if len({view.name for view in views}) < len(views) or len(policies) < len(views):
        return None
    return None if any(map(placeholder, words)) else Policies(policies, namespaces)


def _pods(job: Job) -> dict[str, Pod]:
    """Return the first pod of each role, by role; none where a template is to be filled in."""
    replicas = {"launcher": job.launcher, "worker": job.worker if job.workers else None}
    pods = {role: _pod(job, role, replica) for role, replica in replicas.items() if replica}
    words = [job.name, job.namespace, *(v for p in pods.values() for v in p.labels.known.values())]
    return {} if any(map(placeholder, words)) else pods


def _pod(job: Job, role: str, replica: Replica) -> Pod:
    """Return the pod that mpi-operator makes.

    kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go (``defaultLabels``,
    ``newWorker``, ``newLauncherPodTemplate``); the labels are those of v0.4.0.
    """
    labels = {**replica.template.labels, OPERATOR_NAME: "mpi-operator", JOB_ROLE: role}
    both = job.spec.get("runLauncherAsWorker") is True
    if role == "worker" or both:
        labels[REPLICA_INDEX] = "1" if role == "worker" and both else "0"
    named = not job.name.endswith("*")
    if named:
        labels[JOB_NAME] = job.name
    if named and role == "launcher":
        labels |= dict.fromkeys(OF_BATCH_JOB, f"{job.name}-launcher")
    ports = {
        (text(port.get("name")), text(port.get("protocol")) or "TCP"): number
        for container in replica.template.containers
        for port in container.ports
        if (number := integer(port.get("containerPort"))) is not None
    }
    return Pod(job.namespace, Labels(labels, named), ports, replica.template.host_network)
