"""MPA139."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.job.command_line import first_container
from mpiaudit.checks.network.ssh_user import only_sshd, unproven
from mpiaudit.checks.semantics import weight
from mpiaudit.facts.images import contents
from mpiaudit.inventory import image
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.workload import Pod
from mpiaudit.rule import Confidence, Hit, Severity, rule


@rule(
    "MPA139",
    Severity.HIGH,
    confidence=Confidence.LIKELY,
    symptom_of=("MPA098",),
    remedy="Build the worker's image with openssh-server, as mpi-operator's build/base does.",
    by_sort=True,
)
def worker_image_without_sshd(
    jobs: tuple[Job, ...],
    crd: Crd | None = None,
    controllers: tuple[Controller, ...] = (),
    pods: tuple[Pod, ...] = (),
) -> Iterator[Hit]:
    """The worker's image has no sshd to run.

    Workers fail to start with "exec: /usr/sbin/sshd: no such file or directory". A launcher
    reaches workers over SSH only, and mpi-operator has a worker without a command of its own run
    ``/usr/sbin/sshd -De``, whatever the image's entry point is. Detected by public images that
    are known to hold none.

    Wrong when: an image of the same name in another registry was built with an SSH server
    (confidence possible). Images that are not known, commands that run anything else than sshd,
    and jobs that have succeeded or whose launcher runs are not reported.

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go (``newWorker``);
    the images' own Dockerfiles, which the finding names.
    """
    for job in unproven(jobs, crd, controllers, pods):
        container = first_container(job.worker)
        if container is None or not only_sshd(container):
            continue
        named = image.parse(container.image)
        known = contents(named.repository, named.tag)
        if known is None or known.sshd:
            continue
        ours = named.registry == image.DEFAULT_REGISTRY
        yield Hit(
            job.in_pod("Worker", "containers", 0, "image"),
            f"the worker of {job.name} is to run sshd, which {container.image} does not have: "
            f"{known.source}",
            effect="no worker serves SSH, and the launcher is refused",
            severity=weight(job, Severity.HIGH),
            confidence=None if ours else Confidence.POSSIBLE,
        )
