"""MPA132."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mpiaudit.checks.network.ssh_user import ROOT_SSH, key_path, line, setting, unproven, user
from mpiaudit.checks.semantics import weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.view import integer
from mpiaudit.inventory.workload import Pod
from mpiaudit.model import dig
from mpiaudit.rule import Confidence, Hit, Severity, rule

HANDLES_KEYS = ("ssh", "chmod", "cp ", "install ")

_STARTS_MPI = re.compile(r"\b(?:mpirun|mpiexec|horovodrun)\b")


@rule(
    "MPA132",
    Severity.HIGH,
    confidence=Confidence.LIKELY,
    remedy="Remove fsGroup from the Launcher, or run it as mpiuser with the key in that home.",
    by_sort=True,
)
def key_mode_opened(
    jobs: tuple[Job, ...],
    crd: Crd | None = None,
    controllers: tuple[Controller, ...] = (),
    pods: tuple[Pod, ...] = (),
) -> Iterator[Hit]:
    """The launcher's fsGroup opens the mode of root's SSH key, and ssh refuses the key.

    mpirun ends with "Permissions 0640 for '/root/.ssh/id_rsa' are too open" and "Permission
    denied (publickey)". mpi-operator mounts the key with mode 0600; ``fsGroup`` makes the kubelet
    let the group read every file of such a volume; ssh ignores a key of its own user that
    anybody else may read. The public keys of workers may be read by all, so theirs is no fault.

    Wrong when: the command is a script of the image that copies the key first (confidence
    possible); one that mentions ssh or copies files is not reported, nor is a launcher that does
    not run as root, whom the check of ssh leaves alone, a key that is mounted elsewhere, or a job
    that has succeeded or whose launcher runs.

    Source: kubeflow/mpi-operator issue 429 and v0.8.0 pkg/controller/mpi_job_controller.go
    :1764-1768; kubernetes/kubernetes v1.34.4 pkg/volume/volume_linux.go
    (``changeFilePermission``); openssh-portable V_9_9_P1 authfile.c (``sshkey_perm_ok``).
    """
    for job in unproven(jobs, crd, controllers, pods):
        container = next(iter(job.launcher.template.containers if job.launcher else ()), None)
        if job.launcher is None or container is None or key_path(job) != ROOT_SSH:
            continue
        template = job.launcher.written
        group = integer(dig(template, "spec", "securityContext", "fsGroup"))
        unprivileged = user(template) or setting(template, "runAsNonRoot")[1] is True
        if group is None or unprivileged or any(w in line(container) for w in HANDLES_KEYS):
            continue
        yield Hit(
            job.in_pod("Launcher", "securityContext", "fsGroup"),
            f"fsGroup {group} makes the mode of {ROOT_SSH}/id_rsa 0640 in the Launcher of "
            f"{job.name}, which runs as root",
            effect="ssh refuses the key, and the launcher cannot log in to workers",
            severity=weight(job, Severity.HIGH),
            confidence=None if _STARTS_MPI.search(line(container)) else Confidence.POSSIBLE,
        )
