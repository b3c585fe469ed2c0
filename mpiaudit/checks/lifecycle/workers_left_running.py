"""MPA140."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from mpiaudit.checks import fixes
from mpiaudit.inventory.condition import Condition
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.workload import Pod
from mpiaudit.rule import Fix, Hit, Severity, rule

KEEPS = frozenset({None, "None"})
"""Values of ``cleanPodPolicy`` that keep the pods; absent means None in v1 and in v2beta1.

kubeflow/mpi-operator v0.8.0 pkg/apis/kubeflow/v2beta1/default.go:53-55;
kubeflow/trainer v1.9.4 pkg/apis/kubeflow.org/v1/mpi_defaults.go.
"""

SHOWN = 8
"""How many pods of one job are named; all of them are counted."""

GRACE = timedelta(seconds=30)
"""How long workers without accelerators may outlive their job before it is worth a word."""


@rule(
    "MPA140",
    Severity.MEDIUM,
    remedy="Set runPolicy.cleanPodPolicy to Running, in this job and in whatever makes the next.",
)
def workers_left_running(
    jobs: tuple[Job, ...],
    pods: tuple[Pod, ...],
    now: datetime | None = None,
    crd: Crd | None = None,
) -> Iterator[Hit]:
    """The job has finished and its workers run on.

    The nodes stay full and autoscalers never take them away. The default of ``cleanPodPolicy``
    is None, and then nobody ends the workers, whose sshd or sleep never returns. Severity is
    high where they hold accelerators. ``status.replicaStatuses`` shows no worker in this state,
    so pods are counted. ``ttlSecondsAfterFinished`` does not help in v2beta1: it deletes only
    the launcher Job.

    Wrong when: somebody keeps the workers to look at them. The job ended less than half a minute
    ago and holds no accelerators, or cleanPodPolicy is Running or All, so that the controller
    is about to end them (both not reported).

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:625-632,1567;
    seen with mpi-operator 0.8.0 and training-operator 1.9.4 on Kubernetes 1.34.
    """
    running = _running_workers(pods)
    ended = [job for job in jobs if job.finished]
    held = [h for job in ended for h in _held(job, running.get(job.uid, []), now)]
    workers = sum(len(h.pods) for h in held)
    accelerators = sum(h.accelerators for h in held)
    total = f"finished jobs here: {len(held)}, their workers still running: {workers}"
    for entry in held:
        yield Hit(
            entry.job.at("spec", "runPolicy", "cleanPodPolicy"),
            entry.message,
            also=tuple(p.at() for p in entry.pods[:SHOWN]),
            effect=total + (f", GPUs these hold: {accelerators}" if accelerators else ""),
            fix=_clean(entry.job, crd),
            severity=Severity.HIGH if entry.accelerators else None,
        )


@dataclass(frozen=True, slots=True)
class _Held:
    """What one finished job still holds."""

    job: Job
    ended: Condition
    pods: tuple[Pod, ...]

    @property
    def accelerators(self) -> int:
        return sum(p.accelerators for p in self.pods)

    @property
    def message(self) -> str:
        count = len(self.pods)
        words = [f"{self.job.name} {self.ended.type.lower()}; {count} of its workers still run"]
        if self.accelerators:
            words.append(f" and hold {self.accelerators} GPUs")
        words.append("; cleanPodPolicy is ")
        words.append("None" if _policy(self.job) else "not set, which means None")
        lifetime = self.job.policy.get("ttlSecondsAfterFinished")
        if lifetime is not None and _made_by_v2beta1(self.pods):
            words.append(f"; ttlSecondsAfterFinished {lifetime} deletes only the launcher Job")
        return "".join(words)


def _running_workers(pods: tuple[Pod, ...]) -> Mapping[str, list[Pod]]:
    """Return the workers that run, by the uid of their job."""
    running: dict[str, list[Pod]] = defaultdict(list)
    for pod in pods:
        alive = pod.phase == "Running" and not pod.identity.deleting
        if pod.owner and pod.owner.uid and pod.role == "worker" and alive:
            running[pod.owner.uid].append(pod)
    return running


def _held(job: Job, workers: list[Pod], now: datetime | None) -> Iterator[_Held]:
    """Yield what *job* holds, if anything."""
    ended = job.finished
    if ended is None or not workers or job.multikueue or job.identity.deleting:
        return
    young = now is not None and ended.since is not None and now - ended.since < GRACE
    held = _Held(job, ended, tuple(workers))
    if _policy(job) in KEEPS and (held.accelerators or not young):
        yield held


def _policy(job: Job) -> str | None:
    """Return ``cleanPodPolicy``; in v1 it may also stand at the top of the spec."""
    value = job.policy.get("cleanPodPolicy") or job.spec.get("cleanPodPolicy")
    return value if isinstance(value, str) else None


def _made_by_v2beta1(pods: tuple[Pod, ...]) -> bool:
    return any(p.owner and p.owner.api_version.endswith("/v2beta1") for p in pods)


def _clean(job: Job, crd: Crd | None) -> Fix:
    return fixes.set_field(
        job,
        ("spec", "runPolicy", "cleanPodPolicy"),
        "Running",
        "the controller deletes the workers; the job and the launcher's log stay",
        crd,
    )
