"""MPA107."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.job.command_line import first_container
from mpiaudit.checks.semantics import held_to_v2beta1, weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.rule import Confidence, Hit, Severity, rule

VENDOR = "nvidia.com/"


@rule(
    "MPA107",
    Severity.MEDIUM,
    confidence=Confidence.LIKELY,
    remedy="Take the GPU from the Launcher, or let it work: runLauncherAsWorker: true.",
    by_sort=True,
)
def launcher_gpu_hidden(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """The launcher takes a GPU that its program cannot see.

    The GPU is reserved as long as the job runs, and a program in the launcher finds no device.
    mpi-operator empties ``NVIDIA_VISIBLE_DEVICES`` in a launcher that is not a worker as well, and
    NVIDIA's container runtime then hands out none. In v1 a GPU made the launcher a worker.

    Wrong when: ``runLauncherAsWorker`` is true, the GPU is of another vendor or the count is 0
    (none of them reported), or the device plugin passes devices by CDI or by mounts and not by
    the variable, which is why this is likely and not certain. Finished jobs are only noted.

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:1629-1635; the empty
    variable was seen with mpi-operator 0.8.0 on Kubernetes 1.34.
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        container = first_container(job.launcher)
        works = job.spec.get("runLauncherAsWorker") is True
        if container is None or works or job.multikueue:
            continue
        for name, amount in container.limits.items():
            if not name.startswith(VENDOR) or not amount.isdecimal() or not int(amount):
                continue
            yield Hit(
                job.in_pod("Launcher", "containers", 0, "resources", "limits", name),
                f"the Launcher of {job.name} takes {name} {amount}, and is no worker",
                effect="mpi-operator hides GPUs from a launcher: it is held and not used",
                severity=weight(job, Severity.MEDIUM),
            )
