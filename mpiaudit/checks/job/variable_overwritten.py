"""MPA101."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mpiaudit.checks.job.command_line import first_container
from mpiaudit.checks.semantics import held_to_v2beta1
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job, Replica
from mpiaudit.inventory.view import mappings, text
from mpiaudit.model import Location, dig
from mpiaudit.rule import Hit, Severity, rule

HOSTFILE = "/etc/mpi/hostfile"

OF_MPI: Mapping[str, Mapping[str, str]] = {
    "OpenMPI": {
        "OMPI_MCA_orte_keep_fqdn_hostnames": "true",
        "OMPI_MCA_orte_default_hostfile": HOSTFILE,
    },
    "Intel": {
        "I_MPI_HYDRA_HOST_FILE": HOSTFILE,
        "I_MPI_HYDRA_BOOTSTRAP_EXEC_EXTRA_ARGS": "-o ConnectionAttempts=10",
    },
    "MPICH": {
        "HYDRA_HOST_FILE": HOSTFILE,
        "HYDRA_LAUNCH_EXTRA_ARGS": "-o ConnectionAttempts=10",
    },
}
"""What mpi-operator gives the launcher, by implementation.

OMPI_MCA_plm_rsh_args, which sets the port of SSH, is a fault of its own and is left out.
"""

OF_SLOTS = {"OpenMPI": "OMPI_MCA_orte_set_default_slots", "Intel": "I_MPI_PERHOST"}
"""The variable that it sets to ``slotsPerWorker``, by implementation."""

ROLE = "K_MPI_JOB_ROLE"
HIDDEN = ("NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES")
SET = frozenset((ROLE, *HIDDEN, *OF_SLOTS.values())).union(*OF_MPI.values())
NO_DEVICE = frozenset({"", "none", "void"})


@rule(
    "MPA101",
    Severity.LOW,
    remedy="Remove the variable; give mpirun the setting as an option, which wins.",
    by_sort=True,
)
def variable_overwritten(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """A variable of the job is overwritten by mpi-operator.

    The job runs with another value than its manifest shows. mpi-operator appends its variables to
    those of the first container, and of two with one name the last counts.

    Wrong when: the value is the same, or comes from elsewhere (``valueFrom``), the variable
    belongs to another MPI implementation, it is one of NVIDIA's that hides the GPUs anyway, or
    the launcher is a worker and keeps these, or has a GPU, which is another fault (none of them
    reported).

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:169-215,1610-1635;
    seen with mpi-operator 0.8.0 on Kubernetes 1.34.
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        for replica in (job.launcher, job.worker):
            if replica is None or not _sets_any(replica):
                continue
            added = _of_launcher(job) if replica is job.launcher else {ROLE: "worker"}
            lost = list(_lost(job, replica, added))
            if not lost or job.finished or job.multikueue:
                continue
            names = [name for name, _, _ in lost]
            name, value, place = lost[0]
            yield Hit(
                place,
                f'{name} is "{value}" in the manifest, and mpi-operator sets it to "{added[name]}"'
                + (f"; so it does with {', '.join(names[1:])}" if names[1:] else ""),
                also=tuple(place for _, _, place in lost[1:]),
            )


def _sets_any(replica: Replica) -> bool:
    """Return whether *replica* sets any variable that mpi-operator may set."""
    container = first_container(replica)
    return container is not None and not SET.isdisjoint(container.env)


def _of_launcher(job: Job) -> Mapping[str, str]:
    """Return the variables that the launcher is given, with their values."""
    said = str(job.spec.get("mpiImplementation") or "OpenMPI")
    added = {ROLE: "launcher", **OF_MPI.get(said, {})}
    slots = job.spec.get("slotsPerWorker", 1)
    if isinstance(slots, int) and said in OF_SLOTS:
        added[OF_SLOTS[said]] = str(slots)
    container = first_container(job.launcher)
    gpus = container is not None and any(n.startswith("nvidia.com/") for n in container.limits)
    if job.spec.get("runLauncherAsWorker") is not True and not gpus:
        added |= dict.fromkeys(HIDDEN, "")
    return added


def _lost(
    job: Job, replica: Replica, added: Mapping[str, str]
) -> Iterator[tuple[str, str, Location]]:
    """Yield the variables of one replica that get another value: name, value and place."""
    entries = dig(replica.written, "spec", "containers", 0, "env")
    for index, entry in enumerate(mappings(entries)):
        name, value = text(entry.get("name")), text(entry.get("value"))
        if name not in added or "valueFrom" in entry or value == added[name]:
            continue
        if name in HIDDEN and value in NO_DEVICE:
            continue
        yield name, value, job.in_pod(replica.type, "containers", 0, "env", index)
