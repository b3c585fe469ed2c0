"""MPA130."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mpiaudit.checks.job.command_line import first_container
from mpiaudit.checks.network.ssh_user import only_sshd, unproven, upstream
from mpiaudit.checks.semantics import weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.template import Container
from mpiaudit.inventory.view import mapping
from mpiaudit.inventory.workload import Pod
from mpiaudit.model import FieldPath, dig
from mpiaudit.policy.pod_fields import containers
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule

PORT = 2222
"""The port of sshd in mpi-operator's images; build/base/Dockerfile:3."""

AS_SHIPPED = frozenset(("-D", "-e", "-De", "-eD", "-f", "/home/mpiuser/.sshd_config"))
"""Options of sshd that leave the port what it is in these images."""

PROBE = ("containers", 0, "readinessProbe")


@rule(
    "MPA130",
    Severity.HIGH,
    confidence=Confidence.LIKELY,
    remedy="Have the readiness probe ask the port of sshd by tcpSocket, or remove the probe.",
    by_sort=True,
)
def never_ready(
    jobs: tuple[Job, ...],
    crd: Crd | None = None,
    controllers: tuple[Controller, ...] = (),
    pods: tuple[Pod, ...] = (),
) -> Iterator[Hit]:
    """The worker's readiness probe asks for what sshd does not serve, so its name never resolves.

    mpirun ends with "Could not resolve hostname", or the launcher is never made
    (``WaitForWorkersReady``). The job's Service gives a name only to workers that are ready. A
    worker that runs sshd alone answers neither HTTP nor gRPC, and in mpi-operator's images
    nothing but port 2222.

    Wrong when: the image was rebuilt with another port under the same name (a finding about a
    port is likely, one about HTTP certain). Probes that run a command, other ports of images that
    are not known, programs beside sshd, an sshd with options or a configuration of its own, pods
    of several containers, jobs whose launcher is a worker, for whom names do not wait
    (mpi-operator 0.7), and jobs that have succeeded or whose launcher runs are not reported.

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go
    (``newJobService``, ``newWorker``), build/base/Dockerfile:3,25-31.
    """
    for job in unproven(jobs, crd, controllers, pods):
        container = first_container(job.worker)
        template = job.worker.written if job.worker else {}
        probe = mapping(dig(template, "spec", *PROBE))
        if not probe or container is None or not only_sshd(container):
            continue
        if len(list(containers(template))) > 1 or job.spec.get("runLauncherAsWorker") is True:
            continue
        path, asked = _unserved(probe, container)
        if asked:
            yield Hit(
                job.in_pod("Worker", *PROBE, *path),
                f"the workers of {job.name} run sshd, and are ready only when {asked} answers",
                effect="names of workers do not resolve, and no worker counts as ready",
                fix=_ask_sshd(container) if upstream(container) else None,
                severity=weight(job, Severity.HIGH),
                confidence=Confidence.CERTAIN if len(path) == 1 else None,
            )


def _unserved(probe: Mapping[str, Any], container: Container) -> tuple[FieldPath, str]:
    """Return what *probe* asks for that sshd never answers, and where; empty for what it may."""
    for action, spoken in (("httpGet", "HTTP"), ("grpc", "gRPC")):
        if isinstance(probe.get(action), Mapping) and not dig(probe, action, "host"):
            return (action,), f"{spoken} on port {_number(dig(probe, action, 'port'), container)}"
    port = _number(dig(probe, "tcpSocket", "port"), container)
    other = isinstance(port, int) and port != PORT and not dig(probe, "tcpSocket", "host")
    if other and upstream(container) and not _configured(container):
        return ("tcpSocket", "port"), f"port {port}"
    return (), ""


def _configured(container: Container) -> bool:
    """Return whether *container* may have sshd listen elsewhere than its image does."""
    options = (*container.command, *container.args)[1:]
    return not AS_SHIPPED.issuperset(options) or any("ssh" in m for m in container.mounts)


def _number(port: object, container: Container) -> object:
    """Return the number of a port that is given by its name in *container*."""
    named = (p.get("containerPort") for p in container.ports if p.get("name") == port)
    return next(named, port) if isinstance(port, str) else port


def _ask_sshd(container: Container) -> Fix:
    lines = (
        "Worker:",
        "  template:",
        "    spec:",
        "      containers:",
        f"      - name: {container.name}",
        "        readinessProbe:",
        f"          tcpSocket: {{port: {PORT}}}",
    )
    return Fix("in place of the probe: ready as soon as sshd listens", "\n".join(lines))
