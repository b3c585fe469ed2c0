"""MPA060."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import evidence, fixes
from mpiaudit.checks.conflict import rivals
from mpiaudit.facts.releases import TRAINING_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.rule import Disposition, Fix, Hit, Severity, rule


@rule(
    "MPA060",
    Severity.CRITICAL,
    remedy="Let one controller have MPIJob: list every kind but MPIJob in training-operator's "
    "arguments, or remove the v1 mpi-operator; then stop serving v1.",
)
def two_controllers_across_versions(
    crd: Crd | None, controllers: tuple[Controller, ...], jobs: tuple[Job, ...] = ()
) -> Iterator[Hit]:
    """Two controllers reconcile every MPIJob, one as v1 and one as v2beta1.

    The API server shows each job in every served version, so that both controllers see it,
    whichever version its author wrote. Each job gets two launchers, a Pod and a batch Job; the
    workers are whoever's came first, so that the other launcher cannot reach them. The first
    launcher to end decides the job's status, and both may write the same output.

    Found from the CRD, which serves both versions, and from the controllers' releases,
    arguments and namespaces. That jobs really were run twice is proven by other rules.

    Wrong when: the CRD serves one version (then one of them waits in vain, which is another
    finding), they are the two programs of mpi-operator 0.3.0 with one lock (then one of them is
    idle, which is another finding as well), or they watch different namespaces.
    ``runPolicy.managedBy`` fences a job off where both releases know it (mpi-operator 0.6,
    training-operator 1.9); where every job has it this costs less, until somebody forgets it.

    Source: kubeflow/mpi-operator v0.3.0 manifests/base/crd.yaml:16-92 (the one upstream CRD that
    serves both), kubeflow/trainer issue 1777; seen with training-operator 1.9.0 beside
    mpi-operator 0.8.0, and with the v1 program of mpi-operator 0.3.0 beside 0.4.0 in one lock
    namespace, on Kubernetes 1.34.
    """
    if crd is None or not {"v1", "v2beta1"} <= set(crd.served):
        return
    operators = rivals.reading(controllers, "v2beta1")
    for controller in rivals.reading(controllers, "v1"):
        free = [o for o in operators if not rivals.in_turn(controller, o)]
        others = rivals.beside(controller, free)
        if not others:
            continue
        names = evidence.listing(sorted({o.title for o in others}))
        fenced = bool(jobs) and all(_fenced(j, controller, *others) for j in jobs)
        yield Hit(
            controller.in_container("args") if controller.has_args else controller.in_container(),
            f"{controller.title} reconciles v1 and {names} v2beta1 in "
            f"{rivals.scope(controller, *others)}; the CRD serves both"
            + (f"; managedBy fences {len(jobs)} of {len(jobs)} jobs" if fenced else ""),
            also=(*(o.in_container() for o in others), crd.at("spec", "versions")),
            effect="every MPIJob without managedBy gets two launchers, whichever version it was "
            "written in",
            fix=_fix(controller, others, jobs),
            severity=Severity.HIGH if fenced else None,
            confidence=evidence.surety(crd, controller, *others),
        )


def _fenced(job: Job, *controllers: Controller) -> bool:
    """Return whether ``managedBy`` keeps *job* from being reconciled twice."""
    willing = [c for c in controllers if not (rivals.honours(c) and job.managed_by != _own_name(c))]
    return job.managed_by is not None and len(willing) <= 1


def _own_name(controller: Controller) -> str | None:
    return rivals.OWN_NAME.get(controller.product)


def _fix(controller: Controller, others: tuple[Controller, ...], jobs: tuple[Job, ...]) -> Fix:
    """Return what takes MPIJob from *controller*, and say which jobs nobody runs any more then."""
    if controller.product != TRAINING_OPERATOR:
        return fixes.stop(controller, f"MPIJob stays with {others[0].title}")
    fix = fixes.disable_mpijob(controller)
    own = [j.key for j in jobs if not j.finished and j.managed_by == _own_name(controller)]
    if not own:
        return fix
    left = f"jobs that managedBy reserves for it, and that nobody runs then: {len(own)}, {own[0]}"
    return Fix(f"{fix.summary}; {left}", fix.text, Disposition.INTERRUPTS)
