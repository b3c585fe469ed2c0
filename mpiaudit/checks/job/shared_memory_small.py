"""MPA220."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.job.command_line import first_container
from mpiaudit.inventory.job import Job, Replica
from mpiaudit.inventory.template import Container
from mpiaudit.model import dig
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule

PLACES = frozenset({"/dev/shm", "/dev"})  # noqa: S108 - a mount of the pod
"""Mounts that take the place of the container's own shared memory."""

DISABLED = "NCCL_SHM_DISABLE"


@rule(
    "MPA220",
    Severity.MEDIUM,
    confidence=Confidence.POSSIBLE,
    remedy="Mount an emptyDir of medium Memory at /dev/shm, within the container's memory limit.",
    by_sort=True,
)
def shared_memory_small(jobs: tuple[Job, ...]) -> Iterator[Hit]:
    """Several GPUs share one container, which has 64 MiB of shared memory.

    NCCL ends with ``Call to posix_fallocate failed : No space left on device``, UCX with a
    segmentation fault, others with a bus error, sometimes only with more ranks or another GPU.
    Processes of one container talk through ``/dev/shm``, which the container runtime makes
    64 MiB large unless a volume is mounted there; NCCL takes about 10 MB a connection.

    Detected where the first container of a replica may use two GPUs or more and has no mount at
    ``/dev/shm``.

    Wrong when: the GPUs reach each other directly (NVLink), the runtime is set to give more, or
    one process drives all GPUs: so it is a hint. The pod uses the node's IPC, or sets
    NCCL_SHM_DISABLE, or the job has ended (none of them reported).

    Source: NVIDIA/nccl issues 290 and 525, NVIDIA/nccl-tests issue 143;
    containerd/containerd v2.0.0 internal/cri/server/podsandbox/helpers_linux.go.
    """
    for job in jobs:
        if job.multikueue or job.finished:
            continue
        for replica in (job.launcher, job.worker):
            container = first_container(replica)
            if replica is None or container is None:
                continue
            if container.accelerators > 1 and not _roomy(replica, container):
                yield Hit(
                    job.in_pod(replica.type, "containers", 0, "resources", "limits"),
                    f"the {replica.type} of {job.name} has {container.accelerators} GPUs in one "
                    "container, and no volume at /dev/shm",
                    effect="its processes share 64 MiB; NCCL or UCX may fail when they start",
                    fix=_mounted(container),
                )


def _roomy(replica: Replica, container: Container) -> bool:
    """Return whether anything may give the container more than the runtime does, or need less."""
    mounted = any(m.rstrip("/") in PLACES for m in container.mounts)
    host = dig(replica.written, "spec", "hostIPC") is True
    return mounted or host or DISABLED in container.env


def _mounted(container: Container) -> Fix:
    lines = (
        "volumes:",
        "- name: shm",
        "  emptyDir: {medium: Memory, sizeLimit: 8Gi}",
        "containers:",
        f"- name: {container.name or 'worker'}",
        "  volumeMounts:",
        "  - {name: shm, mountPath: /dev/shm}",
    )
    return Fix("what is written there counts as memory of the container", "\n".join(lines))
