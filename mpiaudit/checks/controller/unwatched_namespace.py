"""MPA031."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mpiaudit.checks.controller import grounds, repairs
from mpiaudit.facts.releases import MPI_OPERATOR, TRAINING_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.model import Location
from mpiaudit.rule import Confidence, Hit, Severity, rule

_FENCES = {
    "kubeflow.org/mpi-operator": MPI_OPERATOR,
    "kubeflow.org/training-operator": TRAINING_OPERATOR,
}


@rule(
    "MPA031",
    Severity.HIGH,
    remedy="Widen what the controller watches, or move the job to a namespace it watches.",
    by_sort=True,
)
def unwatched_namespace(
    controllers: tuple[Controller, ...],
    jobs: tuple[Job, ...],
    crd: Crd | None = None,
    listed: frozenset[str] = frozenset(),
) -> Iterator[Hit]:
    """An MPIJob is in a namespace that no controller watches.

    ``--namespace``, or the variable ``KUBEFLOW_NAMESPACE``, narrows a controller to one namespace.
    An MPIJob elsewhere is accepted by the API server and then never looked at: no status, no pods,
    no event.

    Detected by the scopes of the controllers that work on the job's version: those of every
    served version, or, where the CRD was not given, of the job's own.

    Wrong when: the scope comes from a ConfigMap or is filled in later (not judged); the job is
    finished or runs on another cluster through MultiKueue (not reported); the manifests leave out
    another controller, or are not applied together (reported with less confidence).

    Source: kubeflow/mpi-operator v0.8.0 cmd/mpi-operator/app/server.go:85-90,137-140,
    kubeflow/trainer v1.9.4 cmd/training-operator.v1/main.go:98,129-136; seen with mpi-operator
    0.8.0 on Kubernetes 1.34.
    """
    for job in jobs:
        if not job.namespace or job.finished or job.multikueue:
            continue
        able = _able(controllers, job, crd)
        if not able or any(c.covers(job.namespace) is not False for c in able):
            continue
        scopes = sorted({c.watches for c in able if c.watches})
        whole = "Deployment" in listed or not job.identity.exported
        sure = whole and all(grounds.together(c, job) for c in able)
        yield Hit(
            job.at("metadata", "namespace"),
            f"{job.name} is in {job.namespace}; "
            f"{' and '.join(dict.fromkeys(c.title for c in able))} "
            f"{'watches' if len(able) == 1 else 'watch'} {' and '.join(scopes)} alone",
            also=tuple(_scope(c) for c in able),
            effect="it gets no status, no pods and no event",
            fix=repairs.watch_everything(able[0]),
            severity=Severity.MEDIUM if job.suspended else None,
            confidence=None if sure and not job.has_status else Confidence.LIKELY,
        )


def _able(controllers: Sequence[Controller], job: Job, crd: Crd | None) -> tuple[Controller, ...]:
    """Return the controllers that would reconcile *job* if they watched its namespace.

    One of which too little is known is among them, with its scope unknown.
    """
    version = job.author_version or job.version
    seen_in = set(crd.served) if crd else {version}
    wanted = _FENCES.get(job.managed_by or "")
    return tuple(
        c
        for c in controllers
        if c.replicas
        and c.mpi_enabled is not False
        and (c.reads is None or c.reads in seen_in)
        and (job.managed_by is None or c.product == wanted)
    )


def _scope(controller: Controller) -> Location:
    """Return the place that narrows the controller to its namespace."""
    if controller.value("namespace") is not None:
        return controller.at_flag("namespace")
    return controller.in_container("env")
