"""Releases, and the image tags that stand for them."""

from __future__ import annotations

import pytest
from packaging.version import Version

from mpiaudit.facts import releases

MPI_OPERATOR, TRAINING_OPERATOR = releases.MPI_OPERATOR, releases.TRAINING_OPERATOR


@pytest.mark.parametrize(
    ("product", "tag", "version"),
    [
        (MPI_OPERATOR, "0.8.0", "0.8.0"),
        (MPI_OPERATOR, "v0.2.3", "0.2.3"),
        (MPI_OPERATOR, "0.8", "0.8.0"),
        (MPI_OPERATOR, "release-0.7", "0.7.0"),
        (MPI_OPERATOR, "0.9.1", "0.9.1"),
        (TRAINING_OPERATOR, "v1-93c5489", "1.9.4"),
        (TRAINING_OPERATOR, "v1-5a5f92d", "1.6.0"),
        (TRAINING_OPERATOR, "174e8813666951ded505daf334a37f60fd50c18d", "1.4.0"),
        (TRAINING_OPERATOR, "v1-f8f7363", "1.8.0rc0"),
        (TRAINING_OPERATOR, "v1.8.1", "1.8.1"),
        (releases.TRAINER, "v2.1.0-rc.1", "2.1.0rc1"),
    ],
)
def test_a_tag_tells_the_release(product: str, tag: str, version: str) -> None:
    """Training-operator publishes commit hashes: without the table no user knows the release."""
    assert releases.release_of(product, tag) == Version(version)


@pytest.mark.parametrize("tag", ["", "latest", "master", "v1", "v1-0000000", "0.8.0-ubi9", "edge"])
def test_a_tag_that_tells_nothing_is_unknown(tag: str) -> None:
    """A rule that guessed the release behind ``latest`` would be wrong after the next pull."""
    assert releases.release_of(MPI_OPERATOR, tag) is None
    assert releases.release_of(TRAINING_OPERATOR, tag) is None


def test_a_hash_belongs_to_one_product() -> None:
    """The same seven letters in another project's tags mean nothing."""
    assert releases.release_of(MPI_OPERATOR, "v1-93c5489") is None


@pytest.mark.parametrize(
    ("version", "found"),
    [("0.8.1", "0.8.0"), ("1.0.0", "0.8.2"), ("0.5.0rc1", "0.5.0"), ("0.3.7", "0.3.0")],
)
def test_the_nearest_release_is_never_newer(version: str, found: str) -> None:
    """An operator from tomorrow is judged by the newest release that is known."""
    nearest = releases.nearest(MPI_OPERATOR, Version(version))

    assert nearest is not None
    assert nearest.version == Version(found)


def test_nothing_is_near_what_is_older_than_all() -> None:
    """The training-operator repository had 1.2, under another name and without MPIJob."""
    assert releases.nearest(TRAINING_OPERATOR, Version("1.2.0")) is None


@pytest.mark.parametrize(
    ("product", "version", "reads"),
    [
        (MPI_OPERATOR, "0.2.0", "v1alpha1"),
        (MPI_OPERATOR, "0.2.2", "v1alpha2"),
        (MPI_OPERATOR, "0.3.0", "v2beta1"),
        (MPI_OPERATOR, "0.8.0", "v2beta1"),
        (TRAINING_OPERATOR, "1.3.0", None),
        (TRAINING_OPERATOR, "1.4.0", "v1"),
        (TRAINING_OPERATOR, "1.9.4", "v1"),
        (releases.TRAINER, "2.3.0", None),
    ],
)
def test_a_release_reads_one_version(product: str, version: str, reads: str | None) -> None:
    """Whether a controller is idle, works or dies follows from this and the CRD."""
    release = releases.nearest(product, Version(version))

    assert release is not None
    assert release.version == Version(version)
    assert release.reads == reads


def test_a_command_chooses_among_the_programs_of_an_image() -> None:
    """Kubeflow 1.4 runs mpi-operator 0.3.0 as v1; from 0.4 on that command is a crash loop."""
    old = releases.nearest(MPI_OPERATOR, Version("0.3.0"))
    new = releases.nearest(MPI_OPERATOR, Version("0.4.0"))

    assert old is not None
    assert new is not None
    assert old.read_by("/opt/mpi-operator.v1") == "v1"
    assert old.read_by("") == "v2beta1"
    assert new.read_by("/opt/mpi-operator.v1") is None
    assert new.read_by("/opt/mpi-operator.v2") == "v2beta1"


def test_the_kinds_of_a_release_are_those_it_accepts() -> None:
    """``--enable-scheme=mxjob`` ends 1.9, and ``jaxjob`` ends 1.8."""
    by_version = {str(r.version): r.kinds for r in releases.releases(TRAINING_OPERATOR)}

    assert by_version["1.3.0"] == ("tfjob", "pytorchjob", "mxjob", "xgboostjob")
    assert by_version["1.8.1"] == (
        "tfjob",
        "pytorchjob",
        "mxjob",
        "xgboostjob",
        "mpijob",
        "paddlejob",
    )
    assert by_version["1.9.0"] == (
        "tfjob",
        "pytorchjob",
        "xgboostjob",
        "mpijob",
        "paddlejob",
        "jaxjob",
    )


def test_releases_come_oldest_first() -> None:
    """Whoever takes the last one means the newest."""
    operator = [str(r.version) for r in releases.releases(MPI_OPERATOR)]

    assert operator[0] == "0.1.0"
    assert operator[-3:] == ["0.7.0", "0.8.0", "0.8.2"]
    assert len(releases.releases()) > len(operator)


def test_the_age_of_the_facts_is_known() -> None:
    """Users ask which releases the audit knows."""
    assert releases.known_until() == "2026-08-18"
