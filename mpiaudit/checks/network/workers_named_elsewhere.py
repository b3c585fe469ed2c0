"""MPA072."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from mpiaudit.checks.evidence import surety
from mpiaudit.checks.job import gang
from mpiaudit.checks.network.operator_release import service_name
from mpiaudit.checks.semantics import held_to_v2beta1
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.workload import Pod
from mpiaudit.rule import Disposition, Fix, Hit, Severity, rule

ENDED = frozenset({"Succeeded", "Failed"})


@rule(
    "MPA072",
    Severity.HIGH,
    remedy="Delete the job's workers: mpi-operator makes them anew, under the names it writes.",
    symptom_of=("MPA071",),
)
def workers_named_elsewhere(
    jobs: tuple[Job, ...],
    pods: tuple[Pod, ...],
    controllers: tuple[Controller, ...],
    crd: Crd | None = None,
) -> Iterator[Hit]:
    """The hostfile names workers otherwise than the release that made them did.

    mpirun ends with "Could not resolve hostname <job>-worker-0.<job>.<namespace>.svc". Up to 0.4
    workers are named under a Service ``<job>-worker``, since 0.5 under ``<job>``. After an
    upgrade, or the way back, mpi-operator rewrites the hostfile of a job that runs at once, and a
    pod's name stays what it is. What mpirun has connected goes on, so severity is medium where
    the job runs: its launcher must not start again.

    Detected by the subdomain of a job's workers, against the release that runs now or that a
    manifest puts in its place.

    Wrong when: the release is unknown, more than one mpi-operator may run the job, or the job has
    ended or is suspended (none of them reported).

    Source: kubeflow/mpi-operator v0.4.0 pkg/controller/mpi_job_controller.go:1332 and v0.5.0
    :1424; kubernetes/kubernetes v1.34.0 staging/src/k8s.io/endpointslice/util/controller_utils.go
    (``ShouldSetHostname``); the hostfile was seen to be rewritten from 0.4.0 to 0.8.0 on
    Kubernetes 1.34.
    """
    crews = _named(pods)
    for job in held_to_v2beta1(jobs, crd, controllers) if crews else ():
        operator = gang.operator_of(job, controllers)
        idle = job.finished or job.suspended or job.identity.deleting
        if idle or operator is None or operator.release is None:
            continue
        name = service_name(job.name, operator.release)
        astray = [p for p in crews.get(job.uid, ()) if p.subdomain != name]
        if astray:
            yield Hit(
                job.at("metadata", "name"),
                f"{operator.title} writes {job.name}-worker-0.{name} into the hostfile; "
                f"{astray[0].name} is named under {astray[0].subdomain}",
                also=(astray[0].at("spec", "subdomain"), operator.in_container("image")),
                effect="a launcher that starts again does not find its workers",
                fix=_anew(job),
                severity=Severity.MEDIUM if "Running" in job.conditions else None,
                confidence=surety(operator),
            )


def _named(pods: tuple[Pod, ...]) -> Mapping[str, list[Pod]]:
    """Return the workers of v2beta1 that have names and have not ended, by their job's uid."""
    found: dict[str, list[Pod]] = defaultdict(list)
    for pod in pods:
        over = pod.phase in ENDED or pod.identity.deleting
        if pod.role != "worker" or over or not pod.subdomain or not pod.owner:
            continue
        if pod.owner.uid and pod.owner.api_version.endswith("/v2beta1"):
            found[pod.owner.uid].append(pod)
    return found


def _anew(job: Job) -> Fix:
    selector = f"training.kubeflow.org/job-name={job.name},training.kubeflow.org/job-role=worker"
    return Fix(
        "ends what the workers compute; the launcher then starts again and finds them",
        f"kubectl -n {job.namespace} delete pods -l {selector}",
        Disposition.INTERRUPTS,
    )
