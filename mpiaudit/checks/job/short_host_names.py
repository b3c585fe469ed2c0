"""MPA104."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mpiaudit.checks.job.command_line import first_container, place_of
from mpiaudit.checks.semantics import held_to_v2beta1, weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.mpirun import launches
from mpiaudit.inventory.neighbour import Service
from mpiaudit.model import dig
from mpiaudit.rule import Confidence, Hit, Severity, rule


@rule(
    "MPA104",
    Severity.HIGH,
    confidence=Confidence.LIKELY,
    remedy="Drop the host names: mpirun finds the hostfile itself. Or write JOB-worker-0.JOB.",
)
def short_host_names(
    jobs: tuple[Job, ...],
    crd: Crd | None = None,
    controllers: tuple[Controller, ...] = (),
    services: tuple[Service, ...] = (),
) -> Iterator[Hit]:
    """The command names workers by their pod names alone, which do not resolve.

    The launcher fails with "Could not resolve hostname train-worker-0". A worker's DNS name is
    ``train-worker-0.train.NAMESPACE.svc``: pod, Service, namespace. In v1 the name was handed to
    ``kubectl exec``, which takes a pod's name. mpi-operator adds the Service to the resolver's
    search list of the workers only, not of the launcher.

    Wrong when: the launcher's dnsConfig searches the Service, hostAliases give the names, a
    Service of that name exists, or the job runs as v1 (none of them reported).

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go (newConfigMap,
    newWorker, newLauncherPodTemplate).
    """
    known = {(s.namespace, s.name) for s in services}
    for job in held_to_v2beta1(jobs, crd, controllers):
        container = first_container(job.launcher)
        if container is None or job.multikueue:
            continue
        for launch in launches(container):
            named = launch.values("H", "host", "hosts")
            if not named or _resolves(job):
                continue
            hosts = [h.partition(":")[0] for v in named for h in v[0].split(",")]
            short = [h for h in hosts if _worker(job, h) and (job.namespace, h) not in known]
            if not short:
                continue
            yield Hit(
                place_of(job, *(v[0] for v in named)),
                f"{launch.runner} is to reach {short[0]}; its name is {short[0]}.{job.name}",
                effect="the name does not resolve in the launcher, and mpirun starts nothing",
                severity=weight(job, Severity.HIGH),
            )


def _worker(job: Job, host: str) -> bool:
    return re.fullmatch(re.escape(job.name) + r"-worker-\d+", host) is not None


def _resolves(job: Job) -> bool:
    """Return whether the launcher's pod is set up to know short names, or might be."""
    searches = job.launcher.template.searches if job.launcher else ()
    aliases = dig(job.launcher.written, "spec", "hostAliases") if job.launcher else None
    return bool(aliases) or any(s.startswith(f"{job.name}.") for s in searches)
