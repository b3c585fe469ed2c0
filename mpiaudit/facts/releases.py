"""Upstream releases, and which one an image tag stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from packaging.version import Version

from mpiaudit.facts.tables import table

MPI_OPERATOR = "mpi-operator"
TRAINING_OPERATOR = "training-operator"
TRAINER = "trainer"

PRODUCTS = (MPI_OPERATOR, TRAINING_OPERATOR, TRAINER)
"""The controllers whose releases are known; each is the last part of its repository's name."""

NAMESPACE_ENV = "KUBEFLOW_NAMESPACE"
"""What both operators read where ``--namespace`` is not given.

kubeflow/mpi-operator v0.8.0 cmd/mpi-operator/app/options/options.go:61 (since v0.2.3);
kubeflow/training-operator v1.9.0 cmd/training-operator.v1/main.go:95 (since v1.4.0).
"""

_VERSION = re.compile(r"(?:v|release-)?(\d+)\.(\d+)(?:\.(\d+))?(?:-rc\.?(\d+))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Release:
    """One upstream release of a controller."""

    product: str
    version: Version
    date: str
    """The day it was tagged, ``YYYY-MM-DD``."""

    tags: tuple[str, ...]
    """Image tags of this release that its version does not spell out: commit hashes."""

    reads: str | None
    """The MPIJob version its image reconciles by default; None where it reconciles none."""

    kinds: tuple[str, ...]
    """What ``--enable-scheme`` accepts, in lower case; empty for other products."""

    entrypoint: str
    """The program that runs where the Deployment sets no ``command``."""

    binaries: tuple[tuple[str, str], ...]
    """Each program of the image, and the MPIJob version that it reconciles."""

    source: str

    def read_by(self, binary: str) -> str | None:
        """Return the MPIJob version that *binary* reconciles, or None where the image lacks it.

        The empty string stands for the image's entry point.
        """
        return dict(self.binaries).get(binary) if binary else self.reads


@cache
def releases(product: str | None = None) -> tuple[Release, ...]:
    """Return every known release of *product*, or of all products, oldest first."""
    found = (
        Release(
            product=row["product"],
            version=Version(row["version"]),
            date=row["date"],
            tags=tuple(row.get("tags", ())),
            reads=row.get("reads"),
            kinds=tuple(row.get("kinds", ())),
            entrypoint=row["entrypoint"],
            binaries=tuple(row.get("binaries", {}).items()),
            source=row["source"],
        )
        for row in table("releases")["release"]
        if product in (None, row["product"])
    )
    return tuple(sorted(found, key=lambda release: (release.date, release.version)))


def release_of(product: str, tag: str) -> Version | None:
    """Return the release that an image *tag* of *product* stands for.

    A moving minor (``0.8``, ``release-0.8``) gives its oldest patch, for whatever it holds is at
    least that. None for a floating, private or empty tag. A version that is newer than the
    table is believed: ``0.9.0`` is 0.9.0.

    Sources: kubeflow/mpi-operator v0.8.0 .github/workflows/mpi-operator-docker-image-publish.yml
    (``{{version}}`` and ``{{major}}.{{minor}}``); hashes from kubeflow/trainer
    manifests/overlays/kubeflow/kustomization.yaml at each tag.
    """
    if hashed := _hashed(product).get(tag):
        return hashed
    if not (spelt := _VERSION.fullmatch(tag)):
        return None
    major, minor, patch, candidate = spelt.groups()
    return Version(f"{major}.{minor}.{patch or 0}" + (f"rc{candidate}" if candidate else ""))


def nearest(product: str, version: Version) -> Release | None:
    """Return the newest known release of *product* that is not newer than *version*.

    A release candidate counts as its release. None where *version* is older than all.
    """
    base = Version(version.base_version)
    older = (release for release in releases(product) if release.version <= base)
    return max(older, key=lambda release: release.version, default=None)


def newer_than_known(product: str, release: Version | None) -> bool:
    """Return whether *release* came after all those in the table."""
    return release is not None and release > max(r.version for r in releases(product))


def known_until() -> str:
    """Return the date of the newest release in the table: what came later is unknown."""
    return max(release.date for release in releases())


@cache
def _hashed(product: str) -> dict[str, Version]:
    tags = {
        row["tag"]: Version(row["version"])
        for row in table("releases")["candidate"]
        if row["product"] == product
    }
    for release in releases(product):
        tags |= dict.fromkeys(release.tags, release.version)
    return tags
