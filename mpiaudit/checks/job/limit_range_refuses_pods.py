"""MPA227."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.evidence import surety
from mpiaudit.checks.job.pods import Crew, awaited, by_space, crews, space, weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.quota import LimitRange
from mpiaudit.policy.limit_range import Breach, breaches, overtaken
from mpiaudit.rule import Hit, Severity, rule


@rule(
    "MPA227",
    Severity.HIGH,
    remedy="Set requests and limits that the LimitRange allows, or have it changed.",
    by_sort=True,
)
def limit_range_refuses_pods(
    jobs: tuple[Job, ...],
    limit_ranges: tuple[LimitRange, ...],
    crd: Crd | None = None,
    controllers: tuple[Controller, ...] = (),
) -> Iterator[Hit]:
    """A LimitRange refuses the job's pods.

    The MPIJob says next to nothing. A launcher that is refused leaves it Created; only the
    launcher's Job has an event, FailedCreate. A worker that is refused shows as an event
    MPIJobFailed; the MPIJob then has no status, and the launcher is not even made. A container or
    a pod asks for less than ``min`` or more than ``max``, its limit is further above its request
    than ``maxLimitRequestRatio`` allows, or its request is above the limit that it gets by default.
    In v1 the launcher's init container kubectl-delivery is judged as well, with its 5Gi of
    ephemeral storage.

    Wrong when: a webhook changes the requests or limits, or another LimitRange that was not read
    gives defaults. Left out is what cannot be told: two LimitRanges with different defaults,
    quantities that a template fills in, jobs whose pods were let in already.

    Source: kubernetes/kubernetes v1.34.4 plugin/pkg/admission/limitranger/admission.go;
    kubeflow/training-operator v1.9.4 pkg/controller.v1/mpi/mpijob_controller.go:1066-1077; seen
    with mpi-operator 0.8.0 and training-operator 1.9.4 on Kubernetes 1.34.
    """
    ranges_of = by_space(limit_ranges)
    for job, version in awaited(jobs, crd, controllers):
        ranges = ranges_of.get(space(job), ())
        parts = crews(job, version, ranges)
        for each in ranges:
            found = [(crew, breach) for crew in parts for breach in _breaches(crew, each)]
            if found:
                yield _hit(job, each, found)


def _breaches(crew: Crew, each: LimitRange) -> Iterator[Breach]:
    """Yield why a pod is refused; a limit that is filled in below a request comes first."""
    yield from overtaken(crew.written, crew.pod, each.limits)
    yield from breaches(crew.pod, each.limits)


def _hit(job: Job, each: LimitRange, found: list[tuple[Crew, Breach]]) -> Hit:
    """Return the first of the breaches, with the number of the others."""
    crew, breach = found[0]
    more = f"; {len(found) - 1} more of the kind" if len(found) > 1 else ""
    places = (each.at("spec", "limits", b.limit.index, b.bound) for _, b in found)
    return Hit(
        crew.container(breach.container),
        f"limit range {each.name} refuses {crew.named(breach.container)} for its "
        f"{breach.resource}: {breach.reason}{more}",
        also=tuple(dict.fromkeys(places)),
        effect=found[-1][0].refused,
        severity=weight(job),
        confidence=surety(each, job),
    )
