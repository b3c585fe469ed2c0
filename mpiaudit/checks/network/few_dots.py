"""MPA122."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.version import Version

from mpiaudit.checks.job.command_line import first_container
from mpiaudit.checks.network.operator_release import oldest_operator
from mpiaudit.checks.semantics import held_to_v2beta1
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.view import mappings, text
from mpiaudit.model import FieldPath, dig
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule

DOTS = 3
"""In ``<job>-worker-0.<job>.<namespace>.svc``, a worker's name in the hostfile."""

NAMESPACED = Version("0.4")
"""Since then names in the hostfile hold the namespace.

kubeflow/mpi-operator v0.4.0 pkg/controller/mpi_job_controller.go:1193-1216.
"""

_MUSL = re.compile(r"alpine|musl")


@rule(
    "MPA122",
    Severity.LOW,
    confidence=Confidence.POSSIBLE,
    remedy="Leave ndots out of dnsConfig.options, or set it to 4 or more.",
    by_sort=True,
)
def few_dots(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """The ndots of the launcher is so low that workers' names are taken for complete ones.

    With musl, the C library of Alpine, mpirun ends with "Could not resolve hostname": a name with
    at least ``ndots`` dots is asked for as it is, and ``<job>-worker-0.<job>.<namespace>.svc``,
    which has three, is no name until the search domain is added. glibc asks for the name as it
    is first and then tries the search domains, so that it only costs a query. Severity is high
    where the image says that it is Alpine's.

    Wrong when: the image's name does not say what is in it (likely where it speaks of Alpine,
    else possible); mpi-operator runs with ``--cluster-domain``, so that names are complete, or is
    one of before 0.4, or the job has no worker or has ended (none of them reported).

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:1309-1354; musl
    v1.2.5 src/network/lookup_name.c (``name_from_dns_search``); glibc 2.36 resolv/res_query.c
    (``__res_context_search``).
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        path, number = _ndots(job)
        container = first_container(job.launcher)
        if number is None or number > DOTS or container is None or _complete(job, controllers):
            continue
        release = oldest_operator(controllers, job.namespace)
        old = release is not None and release < NAMESPACED
        if old or job.workers < 1 or job.finished or job.multikueue:
            continue
        musl = _MUSL.search(container.image) is not None
        yield Hit(
            job.in_pod("Launcher", *path),
            f"ndots is {number}; names of the workers of {job.name} have {DOTS} dots"
            + (f", and {container.image} resolves names with musl" if musl else ""),
            effect="names of workers do not resolve"
            if musl
            else "names of workers do not resolve with musl, and take one more query with glibc",
            fix=Fix("names are completed before they are asked for", 'name: ndots\nvalue: "5"'),
            severity=Severity.HIGH if musl else None,
            confidence=Confidence.LIKELY if musl else None,
        )


def _ndots(job: Job) -> tuple[FieldPath, int | None]:
    """Return where the launcher's ``ndots`` stands in its pod spec, and what it is."""
    template = job.launcher.written if job.launcher else {}
    options = dig(template, "spec", "dnsConfig", "options")
    found: tuple[FieldPath, int | None] = ((), None)
    for index, option in enumerate(mappings(options)):
        given = text(option.get("value"))
        if option.get("name") == "ndots" and given.isdecimal():
            found = (("dnsConfig", "options", index, "value"), int(given))
    return found


def _complete(job: Job, controllers: tuple[Controller, ...]) -> bool:
    """Return whether the hostfile holds whole domain names, or may."""
    return any(
        c.flags is None or c.value("cluster-domain")
        for c in controllers
        if c.covers(job.namespace) is not False
    )
