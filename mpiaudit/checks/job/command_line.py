"""The first container of a replica, and the places of the words that it runs."""

from __future__ import annotations

from mpiaudit.inventory.job import Job, Replica
from mpiaudit.inventory.template import Container
from mpiaudit.model import Location


def first_container(replica: Replica | None) -> Container | None:
    """Return the container that the controllers add SSH and the hostfile to, or None."""
    return replica.template.containers[0] if replica and replica.template.containers else None


def place_of(job: Job, *texts: str) -> Location:
    """Return the place of the first word of the Launcher that holds one of *texts*.

    A word that is one of them comes before a script that mentions it. The container's own place
    where no word holds any.
    """
    container = first_container(job.launcher)
    words = [
        (field, index, word)
        for field, line in (
            ("command", container.command if container else ()),
            ("args", container.args if container else ()),
        )
        for index, word in enumerate(line)
    ]
    exact = [(field, index) for field, index, word in words if word in texts]
    within = [(field, index) for field, index, word in words if any(t in word for t in texts)]
    return job.in_pod("Launcher", "containers", 0, *next(iter([*exact, *within]), ()))
