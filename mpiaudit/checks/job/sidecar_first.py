"""MPA098."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.semantics import held_to_v2beta1, weight
from mpiaudit.inventory import image
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.template import Container
from mpiaudit.rule import Confidence, Hit, Severity, rule

SIDECARS = frozenset(
    (
        *("istio-proxy", "proxyv2", "linkerd-proxy", "envoy", "daprd", "consul-dataplane"),
        *("fluent-bit", "fluentd", "filebeat", "promtail", "vector", "logstash"),
        *("cloud-sql-proxy", "cloudsql-proxy", "gce-proxy", "gcs-fuse-csi-driver-sidecar-mounter"),
        *("vault-agent", "jaeger-agent", "otel-collector", "opentelemetry-collector"),
        *("dcgm-exporter", "node-exporter", "statsd-exporter", "tensorboard", "git-sync"),
    )
)
"""Names of containers, and last parts of image names, that run beside a program and never MPI."""


@rule(
    "MPA098",
    Severity.HIGH,
    confidence=Confidence.LIKELY,
    remedy="Put the container that runs mpirun, or sshd, first.",
    by_sort=True,
)
def sidecar_first(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """A sidecar is the first container, and gets what the MPI program needs.

    mpirun starts all ranks on the launcher, or its SSH connections are refused. mpi-operator
    adds the hostfile, the SSH keys and its variables to the first container of a pod only, and
    starts sshd there. Detected by the name of the container or of its image.

    Wrong when: it is the only container, its name is not known as a sidecar's (not reported), or
    the name is that of a sidecar and the image is not. Finished jobs are only noted.

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:1528,1610,1798.
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        for replica in (job.launcher, job.worker):
            containers = replica.template.containers if replica else ()
            if not replica or not containers or job.multikueue:
                continue
            first = containers[0]
            if not _is_sidecar(first) or all(map(_is_sidecar, containers)):
                continue
            yield Hit(
                job.in_pod(replica.type, "containers", 0),
                f"the first container of the {replica.type} of {job.name} is {first.name}; "
                f"{containers[1].name} gets no hostfile and no SSH keys",
                severity=weight(job, Severity.HIGH),
            )


def _is_sidecar(container: Container) -> bool:
    return not SIDECARS.isdisjoint((container.name, image.parse(container.image).name))
