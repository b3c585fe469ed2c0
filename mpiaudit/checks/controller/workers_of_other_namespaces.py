"""MPA048."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from packaging.version import Version

from mpiaudit.checks.controller import grounds, repairs
from mpiaudit.facts.releases import MPI_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.job import Job
from mpiaudit.rule import Hit, Severity, rule

DEFECTIVE = (Version("0.3"), Version("0.5"))
"""From this release, and before that one, workers are listed in all namespaces."""


@rule("MPA048", Severity.HIGH, remedy="Upgrade mpi-operator to 0.5.0 or later.")
def workers_of_other_namespaces(
    controllers: tuple[Controller, ...], jobs: tuple[Job, ...] = ()
) -> Iterator[Hit]:
    """mpi-operator 0.3 and 0.4 delete workers of same-named jobs in other namespaces.

    They list a job's workers by its name in every namespace. Where two namespaces hold a job of
    one name, each is taken to have the other's workers: they are counted, listed in
    ``discover_hosts.sh``, and deleted where they are too many, again and again.

    Detected by the release; worse where such jobs are there already.

    Wrong when: it watches one namespace alone (not reported), or a vendor has carried the fix
    back to 0.4 (reported with less confidence unless the image is upstream's).

    Source: kubeflow/mpi-operator v0.3.0 v2/pkg/controller/mpi_job_controller.go:675,810, v0.4.0
    pkg/controller/mpi_job_controller.go:738,873, fixed in v0.5.0 :801,949; seen with mpi-operator
    0.4.0 on Kubernetes 1.34: workers were killed three to four times in 14 s.
    """
    for controller in controllers:
        if controller.product != MPI_OPERATOR or controller.reads != "v2beta1":
            continue
        release = controller.release
        if release is None or not DEFECTIVE[0] <= release < DEFECTIVE[1] or controller.watches:
            continue
        if controller.watches is None:
            continue
        twins = _twins(jobs)
        names = ", ".join(sorted({j.name for j in twins}))
        usual = Severity.CRITICAL if twins else Severity.HIGH
        yield Hit(
            controller.in_container("image"),
            f"{controller.title} watches every namespace"
            + (f"; {names} exists in several" if names else ""),
            also=tuple(j.at("metadata", "name") for j in twins),
            effect="workers of one job are deleted for a job of the same name elsewhere",
            fix=repairs.upgrade(controller),
            severity=grounds.softened(controller, usual),
            confidence=grounds.sureness(controller),
        )


def _twins(jobs: tuple[Job, ...]) -> tuple[Job, ...]:
    """Return the unfinished jobs whose name another namespace has as well."""
    named: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        if job.namespace and not job.finished and not job.name.endswith("*"):
            named[job.name].append(job)
    return tuple(j for same in named.values() if len({j.namespace for j in same}) > 1 for j in same)
