"""MPA223."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from mpiaudit.checks.evidence import listing, surety
from mpiaudit.checks.job import gang
from mpiaudit.checks.job.pods import Crew, awaited, by_space, crews, space, weight
from mpiaudit.checks.semantics import V2BETA1
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.quota import LimitRange, ResourceQuota
from mpiaudit.inventory.workload import Pod
from mpiaudit.model import Location
from mpiaudit.policy.quantity import Amounts, spell
from mpiaudit.policy.quota import usage
from mpiaudit.rule import Confidence, Hit, Severity, rule

QUEUE = "kueue.x-k8s.io/queue-name"
"""kubernetes-sigs/kueue v0.10.0 pkg/controller/constants/constants.go."""

LAUNCHER_JOB = "count/jobs.batch"


@rule(
    "MPA223",
    Severity.HIGH,
    remedy="Give every container requests and limits, and ask for no more than the quota allows.",
)
def quota_refuses_pods(  # noqa: PLR0913, PLR0917 - one for each kind that takes part
    jobs: tuple[Job, ...],
    resource_quotas: tuple[ResourceQuota, ...],
    limit_ranges: tuple[LimitRange, ...] = (),
    pods: tuple[Pod, ...] = (),
    crd: Crd | None = None,
    controllers: tuple[Controller, ...] = (),
    listed: frozenset[str] = frozenset(),
) -> Iterator[Hit]:
    """A ResourceQuota refuses the job's pods.

    The MPIJob says next to nothing. A launcher that is refused leaves it Created; only the
    launcher's Job has an event, FailedCreate. A worker that is refused shows as an event
    MPIJobFailed; the MPIJob then has no status, and the launcher is not even made. Two causes: a
    quota that counts CPU or memory makes every container say how much it uses, where no
    LimitRange says it for all; or the launcher and the workers together need more than the quota
    allows, be it free or not. With severity medium: more than is free of it now.

    Wrong when: a webhook fills in what the containers lack; somebody frees or raises the quota.
    What cannot be told is left out: pods that hang on a default PriorityClass, quantities that a
    template fills in, jobs whose pods were let in already. Of jobs that Kueue or a gang scheduler
    queues it is not said that too little is free.

    Source: kubernetes/kubernetes v1.34.4 pkg/quota/v1/evaluator/core/pods.go;
    kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go (getOrCreateWorker); seen
    with mpi-operator 0.8.0 and training-operator 1.9.4 on Kubernetes 1.34.
    """
    ranges_of, quotas_of = by_space(limit_ranges), by_space(resource_quotas)
    present = _present(pods) if "Pod" in listed else None
    for job, version in awaited(jobs, crd, controllers):
        ranges = ranges_of.get(space(job), ())
        parts = crews(job, version, ranges)
        queued = QUEUE in job.identity.labels or _gang_scheduled(job, controllers)
        for each in quotas_of.get(space(job), ()):
            ration = _Ration(job, version, parts, each)
            yield from ration.unsaid(known="LimitRange" in listed or bool(ranges))
            if any(each.quota.counts(crew.pod) is None for crew in parts):
                continue
            too_large = list(ration.too_large())
            yield from too_large
            if present is not None and not (too_large or queued):
                yield from ration.not_free(present)


_Present = Mapping[tuple[str, str, str], int]
"""How many pods there are, by namespace, name of the MPIJob, and ``launcher`` or ``worker``."""


@dataclass(frozen=True, slots=True)
class _Ration:
    """A job that has to live on a quota."""

    job: Job
    version: str | None
    parts: tuple[Crew, ...]
    view: ResourceQuota

    def unsaid(self, *, known: bool) -> Iterator[Hit]:
        """Yield that containers do not say what the quota makes them say.

        *known* is whether a LimitRange of the namespace would have been read.
        """
        found = [(c, missing) for c in self.parts if (missing := self._missing(c))]
        if not found:
            return
        crew, missing = found[0]
        resource, (container, *_) = next(iter(missing.items()))
        index = next(i for i, c in enumerate(crew.pod.containers) if c.name == container)
        lacking = sorted({name for _, names in found for name in names})
        yield Hit(
            crew.container(index),
            f"quota {self.view.name} counts {listing(lacking)}; {crew.named(index)} gives no "
            f"{resource}{', nor does the Worker' if len(found) > 1 else ''}",
            also=tuple(self.view.at("spec", "hard", name) for name in lacking),
            effect=f'{found[-1][0].refused}: "must specify {resource} for: {container}"',
            severity=weight(self.job),
            confidence=self._sure(known=known),
        )

    def too_large(self) -> Iterator[Hit]:
        """Yield that the whole job needs more than there is at best."""
        need = self._need({})
        if self.version == V2BETA1 and self.job.launcher and not self.view.quota.scopes:
            need[LAUNCHER_JOB] = Fraction(1)
        lacking = self.view.quota.lacking(need)
        if lacking:
            hard = self.view.quota.hard
            yield Hit(
                self._place(lacking),
                f"{self.job.name} as a whole needs {_spelt(need, lacking)}; quota {self.view.name} "
                f"allows {_spelt(hard, lacking)}",
                also=tuple(self.view.at("spec", "hard", n) for n in lacking),
                effect="it never has all its pods, whatever else ends",
                severity=weight(self.job),
                confidence=surety(self.view, self.job),
            )

    def not_free(self, present: _Present) -> Iterator[Hit]:
        """Yield that the pods which the job still lacks need more than is free now."""
        hard, used = self.view.quota.hard, self.view.quota.used
        if used is None or self.job.suspended or not self.job.identity.exported:
            return
        need = self._need(present)
        lacking = self.view.quota.lacking(need, used)
        if lacking:
            free = {n: max(Fraction(0), hard[n] - used.get(n, Fraction(0))) for n in lacking}
            yield Hit(
                self._place(lacking),
                f"the pods that {self.job.name} still lacks need {_spelt(need, lacking)}; quota "
                f"{self.view.name} has {_spelt(free, lacking)} left",
                also=tuple(self.view.at("status", "used", n) for n in lacking),
                effect="its pods are refused again and again until others end",
                severity=Severity.MEDIUM,
                confidence=Confidence.LIKELY,
            )

    def _missing(self, crew: Crew) -> Mapping[str, tuple[str, ...]]:
        quota = self.view.quota
        return quota.unspecified(crew.pod) if quota.counts(crew.pod) else {}

    def _sure(self, *, known: bool) -> Confidence | None:
        """Return how sure it is that no LimitRange says it.

        Whoever writes a quota has the LimitRange beside it; an export of quotas alone tells less.
        """
        if known:
            return surety(self.view, self.job)
        return Confidence.POSSIBLE if self.view.identity.exported else Confidence.LIKELY

    def _need(self, present: _Present) -> dict[str, Fraction]:
        """Return what the pods that are not *present* use."""
        need: dict[str, Fraction] = {}
        for crew in self.parts:
            key = (self.job.namespace, self.job.name, crew.replica.lower())
            absent = max(0, crew.count - present.get(key, 0))
            if absent and self.view.quota.counts(crew.pod):
                for name, amount in usage(crew.pod).items():
                    need[name] = need.get(name, Fraction(0)) + absent * amount
        return need

    def _place(self, lacking: list[str]) -> Location:
        """Return the number of workers where these use what is lacking, else the launcher."""
        for crew in self.parts:
            if crew.replica == "Worker" and usage(crew.pod).keys() & set(lacking):
                return self.job.in_replica("Worker", "replicas")
        return self.job.in_replica("Launcher")


def _spelt(amounts: Amounts, names: list[str]) -> str:
    return listing([f"{spell(amounts[name])} {name}" for name in names])


def _gang_scheduled(job: Job, controllers: tuple[Controller, ...]) -> bool:
    operator = gang.operator_of(job, controllers)
    return operator is not None and bool(operator.gang)


def _present(pods: tuple[Pod, ...]) -> _Present:
    """Return the pods that a quota counts."""
    alive = (p for p in pods if p.phase not in {"Succeeded", "Failed"})
    return Counter((p.namespace, p.job_name, p.role) for p in alive)
