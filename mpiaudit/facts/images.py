"""What is known of images that MPIJobs run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from packaging.version import InvalidVersion, Version

from mpiaudit.facts.tables import table


@dataclass(frozen=True, slots=True)
class Contents:
    """What an image holds."""

    open_mpi: int | None
    """The major version of Open MPI; None where there is none, or it is not known."""

    sshd: bool
    """Whether ``/usr/sbin/sshd`` is in it."""

    floating: bool
    """The tag moves: this is what it held when it was last looked at."""

    source: str


@lru_cache(1 << 10)
def contents(repository: str, tag: str) -> Contents | None:
    """Return what is known of an image, or None.

    *repository* is without its registry; a mirror that puts folders in front
    (``mirror/mpioperator/openmpi``) is recognized.
    """
    for row in table("images")["image"]:
        if f"/{repository}".endswith(f"/{row['repository']}") and _covers(row, tag):
            return Contents(
                open_mpi=row.get("open_mpi"),
                sshd=row["sshd"],
                floating=row.get("floating", False),
                source=row["source"],
            )
    return None


def _covers(row: Mapping[str, Any], tag: str) -> bool:
    """Return whether *tag* is one of the row's: listed, or a version in its range."""
    if "tags" in row:
        return tag in row["tags"]
    if not {"since", "until"} & set(row):
        return True
    try:
        version = Version(tag.removeprefix("v").removesuffix(row.get("suffix", "")))
    except InvalidVersion:
        return False
    if not tag.endswith(row.get("suffix", "")):
        return False
    newest = version if "until" not in row else Version(row["until"])
    return Version(row["since"]) <= version and version.release[:2] <= newest.release[:2]
