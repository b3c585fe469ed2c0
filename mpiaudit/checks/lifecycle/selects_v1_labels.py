"""MPA148."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mpiaudit.checks.semantics import held_to_v2beta1, weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job, Replica
from mpiaudit.inventory.view import mapping, mappings, text
from mpiaudit.model import FieldPath, Location, dig
from mpiaudit.rule import Confidence, Hit, Severity, rule

SUCCESSORS: Mapping[str, str] = {
    "mpi-job-name": "training.kubeflow.org/job-name",
    "mpi_job_name": "training.kubeflow.org/job-name",
    "mpi-job-role": "training.kubeflow.org/job-role",
    "mpi_role_type": "training.kubeflow.org/job-role",
    "training.kubeflow.org/replica-type": "training.kubeflow.org/job-role",
}
"""What only older controllers put on pods, and what mpi-operator v2beta1 puts there instead.

kubeflow/mpi-operator v0.3.0 pkg/controllers/v1alpha2/mpi_job_controller.go and
pkg/controllers/v1/mpi_job_controller.go; kubeflow/training-operator v1.9.4
pkg/apis/kubeflow.org/v1/common_types.go; kubeflow/mpi-operator v0.8.0
pkg/controller/mpi_job_controller.go (``defaultLabels``).
"""

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PLACING = frozenset({"affinity", "topologySpreadConstraints"})
"""Where a pod spec has selectors."""

PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


@dataclass(frozen=True, slots=True)
class _Term:
    """One selector of a pod template."""

    path: FieldPath
    """Below the pod spec, up to and with ``labelSelector``."""

    selector: object
    blocks: bool
    """Whether a pod must find another one that it selects: required affinity."""


@rule(
    "MPA148",
    Severity.MEDIUM,
    confidence=Confidence.LIKELY,
    remedy="Select training.kubeflow.org/job-name and job-role, which mpi-operator puts on pods.",
    by_sort=True,
)
def selects_v1_labels(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """The pods are placed by a label that mpi-operator v2beta1 does not put on them.

    Anti-affinity and topology spread find no pod and do nothing: the workers that were to be
    spread share a node. A required pod affinity finds nothing either, and then no pod is placed
    (severity high). In v1 pods had ``mpi-job-name`` and ``mpi-job-role``, later
    ``training.kubeflow.org/replica-type``.

    Detected by the keys in the label selectors of the affinity and of the topology spread
    constraints of the launcher and the workers.

    Wrong when: the job's own templates set that label, or the job runs as v1 (not reported). A
    selector may be meant for the pods of v1 jobs beside this one, or a webhook may add the label
    (likely, not certain). Finished jobs are only noted.

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go
    (``defaultLabels``); kubeflow/training-operator v1.9.4 pkg/apis/kubeflow.org/v1/common_types.go.
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        replicas = [r for r in (job.launcher, job.worker) if r]
        given = frozenset(label for r in replicas for label in r.template.labels)
        for replica in replicas:
            for term in _terms(replica.written.get("spec")):
                found = [(p, key) for p, key in _keys(term) if key in SUCCESSORS.keys() - given]
                if found and not job.multikueue:
                    yield _hit(job, replica, term, found)


def _hit(job: Job, replica: Replica, term: _Term, found: list[tuple[FieldPath, str]]) -> Hit:
    path, key = found[0]
    effect = "the selector finds no pod, and does nothing"
    return Hit(
        job.in_pod(replica.type, *path),
        f"the {replica.type} of {job.name} selects pods by {key}; "
        f"in v2beta1 they have {SUCCESSORS[key]}",
        also=tuple(_rest(job, replica, found)),
        effect="the pods wait for one that has this label, and none has" if term.blocks else effect,
        severity=weight(job, Severity.HIGH if term.blocks else Severity.MEDIUM),
    )


def _rest(job: Job, replica: Replica, found: list[tuple[FieldPath, str]]) -> Iterator[Location]:
    yield from (job.in_pod(replica.type, *path) for path, _ in found[1:])


def _terms(spec: object) -> Iterator[_Term]:
    """Yield the selectors by which a pod spec has its pods placed."""
    selector = "labelSelector"
    if PLACING.isdisjoint(mapping(spec)):
        return
    for kind in ("podAffinity", "podAntiAffinity"):
        rules = mapping(dig(spec, "affinity", kind))
        for index, term in enumerate(mappings(rules.get(REQUIRED))):
            place: FieldPath = ("affinity", kind, REQUIRED, index, selector)
            yield _Term(place, term.get(selector), blocks=kind == "podAffinity")
        for index, term in enumerate(mappings(rules.get(PREFERRED))):
            place = ("affinity", kind, PREFERRED, index, "podAffinityTerm", selector)
            yield _Term(place, dig(term, "podAffinityTerm", selector), blocks=False)
    for index, spread in enumerate(mappings(dig(spec, "topologySpreadConstraints"))):
        place = ("topologySpreadConstraints", index, selector)
        yield _Term(place, spread.get(selector), blocks=False)


def _keys(term: _Term) -> Iterator[tuple[FieldPath, str]]:
    """Yield each label that must be there for *term* to select a pod, with its place."""
    for key in mapping(dig(term.selector, "matchLabels")):
        yield (*term.path, "matchLabels", key), key
    for index, wanted in enumerate(mappings(dig(term.selector, "matchExpressions"))):
        key = text(wanted.get("key"))
        if wanted.get("operator") in {"In", "Exists"}:
            yield (*term.path, "matchExpressions", index, "key"), key
