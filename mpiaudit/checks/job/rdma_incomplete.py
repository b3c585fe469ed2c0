"""MPA221."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mpiaudit.checks.job.command_line import first_container
from mpiaudit.checks.semantics import weight
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.template import Container
from mpiaudit.inventory.view import integer, words
from mpiaudit.model import dig
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule

EFA = "vpc.amazonaws.com/efa"
LOCK = "IPC_LOCK"

_GRANTS = frozenset({LOCK, f"CAP_{LOCK}", "ALL"})
_ASKS_FOR_EFA = re.compile(r"\bFI_PROVIDER=[\"']?efa\b")


@rule(
    "MPA221",
    Severity.MEDIUM,
    confidence=Confidence.LIKELY,
    remedy="Give the worker the device in its limits, IPC_LOCK, and root to use it.",
    by_sort=True,
)
def rdma_incomplete(jobs: tuple[Job, ...]) -> Iterator[Hit]:
    """The workers are to use RDMA, and lack the device or the right to lock memory.

    The job ends with ``ibv_reg_mr failed: Cannot allocate memory``, or NCCL and libfabric fall
    back to TCP and the job is only slow. RDMA pins its buffers in memory. A container may lock
    as much as the node's container runtime may, 8 MiB by systemd's default, unless it has the
    capability IPC_LOCK; and that has no effect for a user other than root, for Kubernetes
    makes added capabilities effective for root alone.

    Detected in the first container of the worker: a resource ``rdma/...`` in its limits without
    IPC_LOCK, or with IPC_LOCK and a ``runAsUser`` other than 0; and ``FI_PROVIDER=efa`` in the
    launcher or the worker where the worker's limits have no vpc.amazonaws.com/efa.

    Wrong when: the nodes' runtime has LimitMEMLOCK=infinity, or a device plugin or an admission
    webhook does the rest (likely, not certain). A privileged container has all of it, and the
    nodes of EFA come with a limit that is high enough (not reported). Finished jobs are only
    noted.

    Source: NVIDIA/nvidia-container-toolkit issue 2037 (IPC_LOCK for root and for others);
    Mellanox/k8s-rdma-sriov-dev-plugin issue 29; aws/sagemaker-hyperpod-cli issue 306.
    """
    for job in jobs:
        container = first_container(job.worker)
        if container is None or job.worker is None or job.multikueue or not job.whole:
            continue
        device = next((name for name in container.limits if name.startswith("rdma/")), "")
        lacks_efa = EFA not in container.limits and _asks_for_efa(job)
        if not device and not lacks_efa:
            continue
        security = dig(job.worker.written, "spec", "containers", 0, "securityContext")
        if dig(security, "privileged") is True:
            continue
        if device:
            yield from _memory(job, device, security)
        if lacks_efa:
            yield _no_device(job)


def _memory(job: Job, device: str, security: object) -> Iterator[Hit]:
    """Yield what keeps the worker from locking memory, if anything does."""
    user = _user(job, security)
    given = not _GRANTS.isdisjoint(words(dig(security, "capabilities", "add")))
    if given and not user:
        return
    problem = f"{LOCK} has no effect for user {user}" if given else f"has no {LOCK}"
    yield Hit(
        job.in_pod("Worker", "containers", 0, "securityContext", "capabilities", "add"),
        f"the worker of {job.name} has {device}, and {problem}",
        effect="it may lock only as much memory as the node's container runtime, and RDMA fails "
        "or is not used",
        fix=None if given else _lock(),
        severity=weight(job, Severity.MEDIUM),
    )


def _no_device(job: Job) -> Hit:
    return Hit(
        job.in_pod("Worker", "containers", 0, "resources", "limits"),
        f"FI_PROVIDER is efa, and the limits of {job.name}'s worker have no {EFA}",
        effect="libfabric finds no EFA device in the pod: the job fails, or is slow over TCP",
        severity=weight(job, Severity.MEDIUM),
    )


def _user(job: Job, security: object) -> int | None:
    """Return the user that the container runs as; None where the manifest gives none."""
    own = integer(dig(security, "runAsUser"))
    pod = dig(job.worker.written if job.worker else {}, "spec", "securityContext", "runAsUser")
    return integer(pod) if own is None else own


def _asks_for_efa(job: Job) -> bool:
    return any(map(_names_efa, filter(None, map(first_container, (job.launcher, job.worker)))))


def _names_efa(container: Container) -> bool:
    line = " ".join((*container.command, *container.args))
    told = "FI_PROVIDER" in line and _ASKS_FOR_EFA.search(line)
    return container.env.get("FI_PROVIDER") == "efa" or bool(told)


def _lock() -> Fix:
    lines = ("securityContext:", "  capabilities:", f"    add: [{LOCK}]")
    return Fix("in the worker's container, which must run as root", "\n".join(lines))
