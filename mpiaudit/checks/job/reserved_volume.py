"""MPA102."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mpiaudit.checks.job import patches
from mpiaudit.checks.job.patches import Operation
from mpiaudit.checks.semantics import held_to_v2beta1, weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job, Replica
from mpiaudit.model import FieldPath, Location, dig
from mpiaudit.rule import Fix, Hit, Severity, rule

ROOT_SSH = "/root/.ssh"
"""Where the keys are mounted unless ``sshAuthMountPath`` says otherwise."""

SSH_VOLUME = "ssh-auth"
CONFIG_VOLUME = "mpi-job-config"
CONFIG_PATH = "/etc/mpi"

OWN = "own"
"""The word that makes a name or a folder of what the job has in a reserved place."""


@rule(
    "MPA102",
    Severity.HIGH,
    remedy="Rename the volume, or mount it elsewhere: a folder below, such as /etc/mpi/x, is free.",
    by_sort=True,
)
def reserved_volume(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """A volume or a mount takes a place that mpi-operator needs.

    The job has no status and no pods, only Warning Events of reason MPIJobFailed that repeat:
    ``Pod "..." is invalid: spec.volumes[1].name: Duplicate value: "ssh-auth"``, or
    ``mountPath: Invalid value: "/etc/mpi": must be unique``. It has not failed: it is tried
    again for ever, in the end 17 minutes apart, so that a mended job may wait as long unless
    mpi-operator is restarted. mpi-operator adds the volume ``ssh-auth`` at ``sshAuthMountPath``
    to the first container of both replicas, and ``mpi-job-config`` at ``/etc/mpi`` to the
    launcher's; the API server refuses a second volume of that name and a second mount at that
    path.

    Wrong when: ``mpi-job-config`` or ``/etc/mpi`` stands in the Worker, or a mount in another
    container or below the path: all of these are free (not reported).

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go
    (newLauncherPodTemplate, setupSSHOnPod, workqueueExponentialMaxDelay); seen with mpi-operator
    0.8.0 on Kubernetes 1.34.
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        for replica in (job.launcher, job.worker):
            clashes = list(_clashes(job, replica)) if replica else []
            if not clashes or not replica:
                continue
            places = tuple(place for place, _ in clashes)
            yield Hit(
                places[0],
                f"the {replica.type} of {job.name} has "
                + " and ".join(words for _, words in clashes),
                also=places[1:],
                effect="the API server refuses the pods, and mpi-operator tries again for ever",
                fix=_fix(job, replica, places, crd) if job.identity.exported else None,
                severity=weight(job, Severity.HIGH),
            )


def _clashes(job: Job, replica: Replica) -> Iterator[tuple[Location, str]]:
    """Yield each clash: where it is, and what it is."""
    volumes, paths = [SSH_VOLUME], [_ssh_path(job)]
    if replica is job.launcher:
        volumes.append(CONFIG_VOLUME)
        paths.append(CONFIG_PATH)
    for index, name in enumerate(replica.template.volumes):
        if name in volumes:
            yield job.in_pod(replica.type, "volumes", index, "name"), f"a volume named {name}"
    for container in replica.template.containers[:1]:
        for index, path in enumerate(container.mounts):
            if path in paths:
                place = job.in_pod(replica.type, "containers", 0, "volumeMounts", index)
                yield Location(place.object, (*place.path, "mountPath")), f"a mount at {path}"


def _ssh_path(job: Job) -> str:
    path = job.spec.get("sshAuthMountPath")
    return path if isinstance(path, str) and path else ROOT_SSH


def _fix(job: Job, replica: Replica, places: tuple[Location, ...], crd: Crd | None) -> Fix:
    """Return the patch that renames the volumes and moves the mounts a folder down."""
    steps = [step for place in places for step in _steps(job, replica, place.path)]
    moved = [str(dig(job.body, *p.path)) for p in places if p.path[-1] == "mountPath"]
    seen = "".join(f"; its program finds {path} in {path}/{OWN}" for path in moved)
    return Fix(f"the job starts at the next try{seen}", patches.command(job, steps, crd))


def _steps(job: Job, replica: Replica, path: FieldPath) -> Iterator[Operation]:
    """Yield the steps for one clash; with a volume they change the mounts that name it."""
    old = str(dig(job.body, *path))
    if path[-1] == "mountPath":
        yield from patches.replace(path, old, f"{old}/{OWN}")
        return
    for place in (path, *_mounts(job, replica, old)):
        yield from patches.replace(place, old, f"{old}-{OWN}")


def _mounts(job: Job, replica: Replica, volume: str) -> Iterator[FieldPath]:
    """Yield where the pods of *replica* mount *volume*: the places of its name."""
    for kind in ("initContainers", "containers"):
        place = job.in_pod(replica.type, kind).path
        for index, container in enumerate(_listed(dig(job.body, *place))):
            for number, mount in enumerate(_listed(dig(container, "volumeMounts"))):
                if dig(mount, "name") == volume:
                    yield (*place, index, "volumeMounts", number, "name")


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()
