"""MPA126."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mpiaudit.checks.lifecycle.selects_v1_labels import SUCCESSORS
from mpiaudit.checks.network import reach
from mpiaudit.checks.network.isolation import POINTED_AT
from mpiaudit.checks.network.reach import Crew
from mpiaudit.checks.network.ssh_blocked import stopped
from mpiaudit.checks.semantics import V2BETA1, held
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.network_policy import NetworkPolicy
from mpiaudit.inventory.workload import OPERATOR_NAME, Pod
from mpiaudit.model import FieldPath
from mpiaudit.policy.network_rule import Policy
from mpiaudit.policy.selector import Requirement, Selector
from mpiaudit.rule import Confidence, Hit, Severity, rule

REPLICA_TYPE = "training.kubeflow.org/replica-type"
V1_OPERATOR = frozenset({"mpijob-controller"})


class _Old(NamedTuple):
    """A selector that means pods of v1 only."""

    path: FieldPath
    selector: Selector
    label: Requirement


@rule(
    "MPA126",
    Severity.MEDIUM,
    confidence=Confidence.LIKELY,
    remedy="Select training.kubeflow.org/job-name and job-role, which mpi-operator puts on pods.",
)
def policy_for_v1_labels(
    jobs: tuple[Job, ...],
    network_policies: tuple[NetworkPolicy, ...],
    pods: tuple[Pod, ...] = (),
    crd: Crd | None = None,
    controllers: tuple[Controller, ...] = (),
) -> Iterator[Hit]:
    """A NetworkPolicy selects MPIJobs by labels that v2beta1 does not put on pods.

    What it was to admit is dropped, and what it was to drop is admitted: it selects none of the
    pods that mpi-operator makes. Launcher and workers had ``mpi-job-name`` and ``mpi-job-role``
    in v1, later ``training.kubeflow.org/replica-type``. Detected by the keys in ``podSelector``
    of the policy and of its peers in the same namespace, where all jobs run as v2beta1 and none
    of their pods is selected. Severity is high where their SSH is blocked.

    Wrong when: pods of v1 are still to come: where a job runs as v1, a pod bears the label, or
    a controller of v1 works (not reported). Other kinds of training-operator have
    ``replica-type`` as well: without the launcher's value it is only possible. ``group-name`` is
    that of all kinds (not reported). Finished jobs are only noted.

    Source: kubeflow/mpi-operator v0.3.0 pkg/controllers/v1/mpi_job_controller.go and v0.8.0
    pkg/controller/mpi_job_controller.go (``defaultLabels``); kubeflow/training-operator v1.9.4
    pkg/apis/kubeflow.org/v1/common_types.go.
    """
    spaces: dict[reach.Place, list[Crew]] = defaultdict(list)
    for crew in reach.crews(jobs, network_policies, (), crd, controllers):
        spaces[reach.place(crew.job.namespace, crew.job.ref.source)].append(crew)
    old = {j.namespace for j, version in held(jobs, crd, controllers) if version != V2BETA1}
    for (space, _), crews in spaces.items():
        active = (c for c in controllers if c.active and c.reads != V2BETA1)
        if space in old or any(c.covers(space) is not False for c in active):
            continue
        present = [p for p in pods if p.namespace == space]
        for view in crews[0].views.values():
            selectors = _old(view.policy) if view.policy else ()
            found = [s for s in selectors if not _selects(s.selector, crews, present)]
            if found:
                yield _hit(view, found, crews)


def _hit(view: NetworkPolicy, found: list[_Old], crews: list[Crew]) -> Hit:
    label = found[0].label
    blocked = any(stopped(crew) for crew in crews)
    told = any(_telling(each) for each in found)
    successor = SUCCESSORS.get(label.key, f"{OPERATOR_NAME}: mpi-operator")
    return Hit(
        view.at(*found[0].path),
        f"{view.name} selects pods by {label.key}; those of {reach.names(crews)} have {successor}",
        also=(
            *(view.at(*each.path) for each in found[1:]),
            *(c.job.at("metadata", "name") for c in crews[:POINTED_AT]),
        ),
        effect="it selects none of their pods" + ("; their SSH is blocked" if blocked else ""),
        severity=reach.heaviest(crews, Severity.HIGH if blocked else Severity.MEDIUM),
        confidence=None if told else Confidence.POSSIBLE,
    )


def _old(policy: Policy) -> Iterator[_Old]:
    """Yield the selectors of pods in the policy's own namespace that ask for a label of v1."""
    places: list[tuple[FieldPath, Selector]] = [(("spec", "podSelector"), policy.selector)]
    for name, peers, rules in (
        ("ingress", "from", policy.ingress),
        ("egress", "to", policy.egress),
    ):
        for i, each in enumerate(rules or ()):
            for j, peer in enumerate(each.peers):
                if peer.namespaces is None and peer.block is None:
                    places.append((("spec", name, i, peers, j, "podSelector"), peer.pods))
    for path, selector in places:
        label = next((r for r in selector.requirements if _of_v1(r)), None)
        if label:
            yield _Old((*path, "matchLabels", label.key), selector, label)


def _of_v1(requirement: Requirement) -> bool:
    if requirement.operator not in ("In", "Exists"):
        return False
    operator = requirement.key == OPERATOR_NAME and requirement.values == V1_OPERATOR
    return operator or requirement.key in SUCCESSORS


def _telling(old: _Old) -> bool:
    """Return whether it means MPIJobs, and not another kind that training-operator runs."""
    own = [r for r in old.selector.requirements if _of_v1(r)]
    return any(r.key != REPLICA_TYPE or r.values == {"launcher"} for r in own)


def _selects(selector: Selector, crews: Iterable[Crew], pods: Iterable[Pod]) -> bool:
    """Return whether it may select a pod that is there, or that a job will have."""
    coming = (pod.labels for crew in crews for pod in crew.pods.values())
    return any(map(selector.possibly, coming)) or any(
        selector.matches(pod.identity.labels) for pod in pods
    )
