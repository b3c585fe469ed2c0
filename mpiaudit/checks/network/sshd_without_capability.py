"""MPA133."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.network.ssh_user import line, unproven, upstream, user
from mpiaudit.checks.semantics import weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.view import words
from mpiaudit.inventory.workload import Pod
from mpiaudit.model import dig
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule

CAPABILITY = "NET_BIND_SERVICE"
CONTEXT = ("containers", 0, "securityContext")


@rule(
    "MPA133",
    Severity.HIGH,
    confidence=Confidence.LIKELY,
    remedy="Add NET_BIND_SERVICE to the capabilities of the Worker, which restricted allows.",
    by_sort=True,
)
def sshd_without_capability(
    jobs: tuple[Job, ...],
    crd: Crd | None = None,
    controllers: tuple[Controller, ...] = (),
    pods: tuple[Pod, ...] = (),
) -> Iterator[Hit]:
    """The worker drops the capability that its sshd is marked with, so sshd cannot be started.

    Workers end with "exec /usr/sbin/sshd: operation not permitted". In the images of mpi-operator
    the file of sshd bears the capability NET_BIND_SERVICE, and Linux runs no program that bears
    one which its container may not have, not even as root. ``drop: [ALL]``, which the Pod
    Security Standard ``restricted`` asks for, takes it away; the standard lets a container add
    it again.

    Wrong when: the image was rebuilt under the same name without the mark. Images that are not
    known, launchers, whose ssh bears no mark, privileged containers, and jobs that have succeeded
    or whose launcher runs are not reported.

    Source: kubeflow/mpi-operator v0.4.0 to v0.8.0 build/base/Dockerfile:13; torvalds/linux v6.12
    security/commoncap.c (``bprm_caps_from_vfs_caps``), seen with such a file on Linux 6.18;
    kubernetes/pod-security-admission v0.34.4 policy/check_capabilities_restricted.go.
    """
    for job in unproven(jobs, crd, controllers, pods):
        container = next(iter(job.worker.template.containers if job.worker else ()), None)
        if job.worker is None or container is None or not upstream(container):
            continue
        context = dig(job.worker.written, "spec", *CONTEXT)
        lost = _lost(words(dig(context, "capabilities", "drop")))
        added = words(dig(context, "capabilities", "add"))
        runs_sshd = not line(container) or "sshd" in line(container)
        kept = CAPABILITY in added or "ALL" in added or dig(context, "privileged") is True
        if not lost or kept or not runs_sshd:
            continue
        yield Hit(
            job.in_pod("Worker", *CONTEXT, "capabilities", "drop"),
            f"the worker of {job.name} drops {lost} and does not add {CAPABILITY}, which sshd in "
            f"{container.image} bears",
            effect="no worker can start sshd, and the launcher is refused",
            fix=_keep(container.name, added) if user(job.worker.written) else None,
            severity=weight(job, Severity.HIGH),
        )


def _lost(dropped: tuple[str, ...]) -> str:
    """Return the word that drops the capability, or the empty string."""
    return next((word for word in dropped if word in {"ALL", CAPABILITY}), "")


def _keep(name: str, added: tuple[str, ...]) -> Fix:
    """Return the fix for a worker that is not root; root's sshd would miss other ones as well."""
    lines = (
        "Worker:",
        "  template:",
        "    spec:",
        "      containers:",
        f"      - name: {name}",
        "        securityContext:",
        f"          capabilities: {{drop: [ALL], add: [{', '.join((*added, CAPABILITY))}]}}",
    )
    return Fix("sshd starts; restricted allows it", "\n".join(lines))
