"""MPA131."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.fixes import set_field
from mpiaudit.checks.network.ssh_user import (
    MPIUSER,
    MPIUSER_SSH,
    ROOT_HOME,
    key_path,
    line,
    setting,
    unproven,
    upstream,
    user,
)
from mpiaudit.checks.semantics import placeholder, weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job, Replica
from mpiaudit.inventory.workload import Pod
from mpiaudit.model import FieldPath, dig
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule


@rule(
    "MPA131",
    Severity.HIGH,
    confidence=Confidence.LIKELY,
    remedy="Set sshAuthMountPath to the .ssh folder in the home of the user that the pods run as.",
    by_sort=True,
)
def key_of_another_user(
    jobs: tuple[Job, ...],
    crd: Crd | None = None,
    controllers: tuple[Controller, ...] = (),
    pods: tuple[Pod, ...] = (),
) -> Iterator[Hit]:
    """The SSH key is mounted in the home of another user than the pods run as.

    The launcher fails with "Permission denied (publickey)" or "Load key: Permission denied".
    mpi-operator mounts the key at ``sshAuthMountPath``, which is ``/root/.ssh`` where the job
    says nothing, and there only root may read it. ssh and sshd look into the home of the user
    that they run as, whatever ``HOME`` says.

    Detected where a pod does not run as root (``runAsUser``, ``runAsNonRoot``) and the key is in
    root's home, and where a launcher of mpi-operator's own images runs as root, as they do of
    themselves, and the key is elsewhere.

    Wrong when: the image's password file gives that user the home ``/root``; an ``fsGroup`` lets
    the user read the key, and a script moves it (confidence possible). Other images that run as
    root with the key elsewhere, and launchers whose command mentions ssh or copies files, are not
    judged; nor are jobs that have succeeded, or whose launcher runs, nor what an image would do
    in a job that no controller has looked at.

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:1764-1789 (mode),
    build/base/Dockerfile:27-31, examples/v2beta1/pi/pi.yaml; openssh-portable V_9_9_P1 ssh.c and
    auth.c (``expand_authorized_keys``).
    """
    for job in unproven(jobs, crd, controllers, pods):
        of_root = f"{key_path(job)}/".startswith(f"{ROOT_HOME}/")
        wrong = [
            (replica, path)
            for replica in (job.launcher, job.worker)
            if replica and (path := _stranger(job, replica) if of_root else _root(job, replica))
        ]
        if wrong:
            yield _hit(job, wrong, crd)


def _stranger(job: Job, replica: Replica) -> FieldPath:
    """Return the field by which *replica* is kept from running as root; empty without one."""
    template = replica.written
    if user(template):
        return setting(template, "runAsUser")[0]
    path, unprivileged = setting(template, "runAsNonRoot")
    return path if unprivileged is True and user(template) is None else ()


def _root(job: Job, replica: Replica) -> FieldPath:
    """Return what makes a launcher run as root: the field, or else the image."""
    template = replica.written
    container = next(iter(replica.template.containers), None)
    if replica.type != "Launcher" or container is None or not upstream(container):
        return ()
    if placeholder(key_path(job)) or (job.identity.exported and not job.has_status):
        return ()
    moves = any(word in line(container) for word in ("ssh", "cp ", "su ", "install ", "plm_rsh"))
    if moves or user(template) or setting(template, "runAsNonRoot")[1] is True:
        return ()
    path, given = setting(template, "runAsUser")
    return path if given == 0 else ("containers", 0, "image")


def _hit(job: Job, wrong: list[tuple[Replica, FieldPath]], crd: Crd | None) -> Hit:
    first, path = wrong[0]
    template = first.written
    readable = dig(template, "spec", "securityContext", "fsGroup") is not None
    whom = {"runAsUser": f"user {user(template)}", "runAsNonRoot": "a user that is not root"}
    places = [job.in_pod(replica.type, *at) for replica, at in wrong]
    return Hit(
        places[0],
        f"the {' and the '.join(r.type for r, _ in wrong)} of {job.name} "
        f"{'run' if len(wrong) > 1 else 'runs'} as "
        f"{whom.get(str(path[-1]), 'root')}, and the SSH key is in {key_path(job)}",
        also=(*places[1:], job.at("spec", "sshAuthMountPath")),
        effect="the launcher cannot log in to workers",
        fix=_move(job, crd),
        severity=weight(job, Severity.HIGH),
        confidence=Confidence.POSSIBLE if readable else None,
    )


def _move(job: Job, crd: Crd | None) -> Fix | None:
    """Return the fix for mpi-operator's images whose worker reads mpiuser's configuration."""
    replicas = [r for r in (job.launcher, job.worker) if r and r.template.containers]
    firsts = [r.template.containers[0] for r in replicas]
    ready = any(".sshd_config" in line(c) for c in firsts)
    if not ready or any(not upstream(c) for c in firsts):
        return None
    if any(user(r.written) != MPIUSER for r in replicas):
        return None
    summary = "the key is where mpiuser looks for it"
    return set_field(job, ("spec", "sshAuthMountPath"), MPIUSER_SSH, summary, crd)
