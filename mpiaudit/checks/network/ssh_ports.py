"""Where the sshd of a job's workers listens."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mpiaudit.inventory import image
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.template import Container
from mpiaudit.inventory.view import integer, text

USUAL = (22, 2222)
"""sshd's own default, and that of mpi-operator's base images."""

_LAST = 65535
_OPTION = re.compile(r"sshd\b[^;&|\n]*?\s-(?:p\s*|o\s*['\"]?Port[= ]\s*)(\d{1,5})\b")
_BASES = re.compile(r"(?:.*/)?mpioperator/(?:base|openmpi|intel|mpich|mpi-pi)")
_OLDER = re.compile(r"v?0\.[0-3](?:\.|$)")


def ssh_ports(job: Job) -> tuple[int, ...]:
    """Return the port on which the sshd of the workers listens; `USUAL` where it is not known.

    It is known by sshd's own option, by container ports that are an SSH server's by name or
    number, or by an image of mpi-operator: kubeflow/mpi-operator v0.4.0 and v0.8.0
    build/base/Dockerfile (``ARG port=2222``).
    """
    container = next(iter(job.worker.template.containers if job.worker else ()), None)
    if container is None:
        return USUAL
    given = _OPTION.findall(" ".join([*container.command, *container.args]))
    ports = {int(word) for word in given} or set(_declared(container))
    known = tuple(sorted(port for port in ports if 0 < port <= _LAST))
    return known or ((2222,) if _of_mpi_operator(container) else USUAL)


def _declared(container: Container) -> Iterator[int]:
    for port in container.ports:
        number = integer(port.get("containerPort"))
        if number is not None and ("ssh" in text(port.get("name")) or number in USUAL):
            yield number


def _of_mpi_operator(container: Container) -> bool:
    """Return whether it runs sshd as an image of mpi-operator 0.4 or later configures it."""
    named = image.parse(container.image)
    line = [*container.command, *container.args]
    own = not line or any("sshd" in word for word in line)
    return bool(own and _BASES.fullmatch(named.repository) and not _OLDER.match(named.tag))
