"""MPA074."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mpiaudit.checks import fixes
from mpiaudit.checks.conflict import children, rivals
from mpiaudit.checks.semantics import V2BETA1
from mpiaudit.inventory import program
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.workload import Pod
from mpiaudit.rule import Confidence, Disposition, Fix, Hit, Severity, rule

PATH = ("spec", "runPolicy", "managedBy")

READS = {"kubeflow.org/mpi-operator": "v2beta1", "kubeflow.org/training-operator": "v1"}
"""The version that each known controller reconciles, since it has known the field."""


@rule(
    "MPA074",
    Severity.HIGH,
    remedy="Correct or remove runPolicy.managedBy.",
    by_sort=True,
)
def managed_by_foreign(
    jobs: tuple[Job, ...],
    controllers: tuple[Controller, ...] = (),
    crd: Crd | None = None,
    pods: tuple[Pod, ...] | None = None,
) -> Iterator[Hit]:
    """The field managedBy hands the MPIJob to a controller that will not take it.

    mpi-operator since 0.6 and training-operator since 1.9 leave a job alone whose ``managedBy``
    is not exactly their own name. They do so before anything else: no Event, no status and, at
    the usual verbosity, no word in the log. A misspelt name, or the empty string, is ignored by
    everybody.

    Found from the field, and from the controllers that watch the job's namespace and whose
    version the CRD serves.

    Wrong when: the value is MultiKueue's, which runs the job on another cluster, the named
    controller is there, a controller before those releases ignores the field and runs the job,
    or the job has ended (none of them reported). Another project's controller may be at work
    where nobody looked: where the name is not one of kubeflow.org it is only possible, and
    nothing is said of a job that has a status.

    Source: kubeflow/mpi-operator v0.6.0 pkg/controller/mpi_job_controller.go (``managedBy``),
    kubeflow/trainer v1.9.4 pkg/controller.v1/common/job.go:459; seen with mpi-operator 0.8.0 and
    training-operator 1.9.0 on Kubernetes 1.34, and not with training-operator 1.7.0.
    """
    owned = None if pods is None else children.by_owner(pods)
    for job in jobs:
        name = job.managed_by
        if name is None or job.multikueue or job.finished or program.unrendered(name):
            continue
        here = [c for c in controllers if _can_take(c, job, crd)]
        if any(rivals.OWN_NAME.get(c.product) == name or rivals.honours(c) is False for c in here):
            continue
        sure = _surety(job, name, here)
        if sure is None:
            continue
        yield Hit(
            job.at(*PATH),
            f'{job.key} is managed by "{name}"; {_who(job, name, here)}',
            also=tuple(c.in_container() for c in here),
            effect="no controller touches the job, and no Event says so",
            fix=_fix(job, here, crd, owned),
            confidence=sure,
        )


def _can_take(controller: Controller, job: Job, crd: Crd | None) -> bool:
    """Return whether *controller* may reconcile *job*, as far as is known."""
    if controller.replicas == 0 or controller.mpi_enabled is False:
        return False
    if crd is not None and controller.reads and controller.reads not in crd.served:
        return False
    return not job.namespace or controller.covers(job.namespace) is not False


def _surety(job: Job, name: str, here: list[Controller]) -> Confidence | None:
    """Return how sure it is that nobody takes *job*; None where somebody may."""
    if any(c.mpi_enabled is None for c in here):
        return None
    kubeflow = name in {"", *READS} or name.startswith("kubeflow.org/")
    if not kubeflow:
        return None if job.has_status or not here else Confidence.POSSIBLE
    if here:
        known = all(rivals.honours(c) for c in here)
        return Confidence.CERTAIN if known else Confidence.POSSIBLE
    if job.identity.exported:
        return None if name in READS else Confidence.LIKELY
    return None if READS.get(name) == job.version else Confidence.LIKELY


def _who(job: Job, name: str, here: list[Controller]) -> str:
    """Return who is there instead, in words."""
    if here:
        own = " and ".join(f"{c.title} takes {rivals.OWN_NAME.get(c.product)}" for c in here)
        return f"of the controllers here {own}"
    if name in READS:
        return f"that controller reconciles {READS[name]}, and the job is {job.version}"
    return f"known are {' and '.join(READS)}"


def _fix(
    job: Job,
    here: list[Controller],
    crd: Crd | None,
    owned: Mapping[str, Sequence[Pod]] | None,
) -> Fix | None:
    """Return what gives the job to the one controller that is here for it.

    Where another has made pods of it they go first: the new one would start a second launcher.
    """
    names = {n for c in here if (n := rivals.OWN_NAME.get(c.product))}
    names = names or {n for n, version in READS.items() if version == job.version}
    if len(names) != 1:
        return None
    name = names.pop()
    fix = fixes.set_field(job, PATH, name, "the controller starts the job at once", crd)
    if not (job.has_status if owned is None else _begun(owned.get(job.uid, ()), READS[name])):
        return fix
    if READS[name] == V2BETA1:
        return fixes.rebuild_for_mpi_operator(job, name)
    summary = "the controller starts a second launcher, unless what runs of the job is deleted"
    return Fix(summary, fix.text, Disposition.INTERRUPTS)


def _begun(pods: Sequence[Pod], version: str) -> bool:
    """Return whether one of a job's *pods* lives that no controller of *version* has made."""
    alive = (p for p in pods if p.phase not in children.ENDED and not p.identity.deleting)
    return any(children.owner_version(p) != version for p in alive)
