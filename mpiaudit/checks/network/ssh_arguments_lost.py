"""MPA136."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mpiaudit.checks.job.command_line import first_container
from mpiaudit.checks.network.ssh_user import line
from mpiaudit.checks.semantics import held_to_v2beta1, placeholder
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.template import Container
from mpiaudit.inventory.view import mappings
from mpiaudit.model import dig
from mpiaudit.rule import Fix, Hit, Severity, rule

VARIABLE = "OMPI_MCA_plm_rsh_args"
OWN = "-o ConnectionAttempts=10"
"""What mpi-operator sets it to."""

ON_THE_COMMAND_LINE = ("plm_rsh_args", "plm_ssh_args")
STARTERS = frozenset(("mpirun", "mpiexec"))


@rule(
    "MPA136",
    Severity.MEDIUM,
    remedy="Give mpirun the options as --mca plm_rsh_args, which outweighs the variable.",
    by_sort=True,
)
def ssh_arguments_lost(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """The options for ssh that the job sets in OMPI_MCA_plm_rsh_args are overwritten.

    mpirun calls ssh with ``-o ConnectionAttempts=10`` alone: a port, a user or a key that the
    variable names is not used, and logging in fails with "Connection refused" or "Permission
    denied" unless the image's ssh_config says the same. mpi-operator appends the variable to those
    of the launcher's first container, and of two with one name the last counts.

    Wrong when: the options only repeat the image's ssh_config. The same value, a value that comes
    from elsewhere (``valueFrom``), another MPI, and a command that names the options itself are
    not reported; nor are finished jobs.

    Source: kubeflow/mpi-operator v0.4.0 to v0.8.0 pkg/controller/mpi_job_controller.go
    (``ompiEnvVars``, ``newLauncherPodTemplate``).
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        container = first_container(job.launcher)
        given = container.env.get(VARIABLE) if container else None
        if container is None or not given or given.split() == OWN.split() or placeholder(given):
            continue
        if job.spec.get("mpiImplementation") not in (None, "", "OpenMPI") or job.finished:
            continue
        if any(option in line(container) for option in ON_THE_COMMAND_LINE):
            continue
        yield Hit(
            job.in_pod("Launcher", "containers", 0, "env", _index(job), "value"),
            f'{VARIABLE} is "{given}" in the manifest, and mpi-operator sets it to "{OWN}"',
            effect="mpirun calls ssh without these options",
            fix=_on_the_command_line(container, given),
        )


def _index(job: Job) -> int:
    """Return where in the list the variable is set last."""
    path = ("Launcher", "template", "spec", "containers", 0, "env")
    variables = list(mappings(dig(job.body, "spec", "mpiReplicaSpecs", *path)))
    return max(i for i, v in enumerate(variables) if v.get("name") == VARIABLE)


def _on_the_command_line(container: Container, given: str) -> Fix | None:
    """Return the command with the options in it, where it is mpirun's and not a script's."""
    program, *rest = container.command or ("",)
    if program.rpartition("/")[2] not in STARTERS:
        return None
    command = [program, "--mca", "plm_rsh_args", f"{given} {OWN}", *rest]
    return Fix("in the Launcher's container, args stay", f"command: {json.dumps(command)}")
