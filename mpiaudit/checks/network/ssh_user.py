"""Where mpi-operator mounts the SSH key, and as whom the pods of a job read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from mpiaudit.checks.once import once
from mpiaudit.checks.semantics import held_to_v2beta1
from mpiaudit.inventory import image
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.template import Container
from mpiaudit.inventory.view import integer, text
from mpiaudit.inventory.workload import Pod
from mpiaudit.model import FieldPath, dig

ROOT_HOME = "/root"
ROOT_SSH = f"{ROOT_HOME}/.ssh"
"""Where the key is mounted where the job says nothing, and the only place where its mode is 0600.

kubeflow/mpi-operator v0.8.0 pkg/apis/kubeflow/v2beta1/default.go,
pkg/controller/mpi_job_controller.go:1764-1789.
"""

MPIUSER = 1000
MPIUSER_SSH = "/home/mpiuser/.ssh"

OF_CONTAINER: FieldPath = ("containers", 0, "securityContext")
OF_POD: FieldPath = ("securityContext",)

IMAGES = tuple(f"mpioperator/{name}" for name in ("base", "openmpi", "intel", "mpich", "mpi-pi"))
"""Images that run as root unless told otherwise, and know one other user, mpiuser (1000).

Their sshd serves port 2222 and has the file capability NET_BIND_SERVICE: kubeflow/mpi-operator
v0.4.0 to v0.8.0 build/base/Dockerfile:3,13,25-31.
"""


@once
def unproven(
    jobs: Iterable[Job], crd: Crd | None, controllers: Iterable[Controller], pods: Iterable[Pod]
) -> Iterator[Job]:
    """Return the jobs of mpi-operator of which nothing shows that their ranks reached each other.

    A job that has succeeded shows it, and so does a launcher that runs and never had to be
    restarted: without SSH mpirun ends at once.
    """
    at_work = {
        (p.namespace, p.job_name)
        for p in pods
        if p.role == "launcher" and p.phase == "Running" and p.ready and not p.restarts
    }
    for job in held_to_v2beta1(jobs, crd, controllers):
        if "Succeeded" not in job.conditions and (job.namespace, job.name) not in at_work:
            yield job


def key_path(job: Job) -> str:
    """Return the folder in which the pods of *job* find the SSH key."""
    return text(job.spec.get("sshAuthMountPath")).rstrip("/") or ROOT_SSH


def setting(template: Mapping[str, Any], *field: str) -> tuple[FieldPath, Any]:
    """Return what the first container's security context says, else what the pod's says.

    The path starts in the pod spec; the value is None where neither says anything.
    """
    for place in (OF_CONTAINER, OF_POD):
        value = dig(template, "spec", *place, *field)
        if value is not None:
            return (*place, *field), value
    return (), None


def user(template: Mapping[str, Any]) -> int | None:
    """Return the user that the first container runs as; None where the image decides."""
    return integer(setting(template, "runAsUser")[1])


def upstream(container: Container) -> bool:
    """Return whether its image is one of mpi-operator's own, or a mirror's copy of one."""
    return _upstream(container.image)


@lru_cache(1 << 10)
def _upstream(name: str) -> bool:
    repository = image.parse(name).repository
    return any(f"/{repository}".endswith(f"/{name}") for name in IMAGES)


def line(container: Container) -> str:
    """Return all that *container* is told to run, in one line."""
    return " ".join((*container.command, *container.args))


def only_sshd(container: Container) -> bool:
    """Return whether *container* runs sshd and nothing else, of itself or by mpi-operator."""
    words = (*container.command, *container.args)
    return not words or (words[0].rpartition("/")[2] == "sshd" and bool(container.command))
