"""MPA112."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.job.command_line import first_container, place_of
from mpiaudit.checks.semantics import held_to_v2beta1, weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.mpirun import HOROVOD, launches
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule

SCRIPT = "/etc/mpi/discover_hosts.sh"


@rule(
    "MPA112",
    Severity.HIGH,
    confidence=Confidence.LIKELY,
    remedy="Add --slots-per-host with the job's slotsPerWorker to horovodrun.",
    by_sort=True,
)
def elastic_slots_missing(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """An elastic horovodrun is not told how many slots a worker has.

    horovodrun fails with a TypeError while it adds up the slots. The ``discover_hosts.sh`` of
    mpi-operator v2beta1 prints host names alone; in v1 each line was ``host:slots``. Horovod
    takes the missing number from ``--slots-per-host``, and has no default for it.

    Wrong when: the command has ``--slots-per-host``, its older spelling ``--slots``, an option
    that is not known here, a configuration file, or another script (none of them reported).

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go
    (updateDiscoverHostsInConfigMap), whose script was seen on Kubernetes 1.34;
    kubeflow/trainer v1.9.4 pkg/controller.v1/mpi/mpijob_controller.go:1283-1287;
    horovod/horovod v0.28.1 horovod/runner/elastic/discovery.py (HostDiscoveryScript).
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        container = first_container(job.launcher)
        if container is None or job.multikueue:
            continue
        for launch in launches(container):
            discovers = (SCRIPT,) in launch.values("host-discovery-script")
            if launch.runner != HOROVOD or not discovers or not launch.complete:
                continue
            if launch.has("slots", "slots-per-host"):
                continue
            each = job.spec.get("slotsPerWorker", 1)
            yield Hit(
                place_of(job, SCRIPT),
                f"{launch.runner} of {job.name} reads hosts from {SCRIPT} without --slots-per-host",
                effect="the script of mpi-operator names no slots, and horovodrun stops on that",
                fix=Fix("as the hostfile has it", f"--slots-per-host {each}"),
                severity=weight(job, Severity.HIGH),
            )
