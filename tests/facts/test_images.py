"""What is known of images."""

from __future__ import annotations

import pytest

from mpiaudit.facts.images import contents


@pytest.mark.parametrize(
    ("repository", "tag", "major", "floating"),
    [
        ("mpioperator/openmpi", "0.8.0", 5, False),
        ("mpioperator/openmpi", "v0.7.0", 5, False),
        ("mpioperator/openmpi", "v0.6.0", 4, False),
        ("mirror/mpioperator/openmpi", "0.5.0", 4, False),
        ("mpioperator/mpi-pi", "v0.8.0-openmpi", 5, False),
        ("mpioperator/mpi-pi", "v0.4.0-openmpi", 4, False),
        ("mpioperator/mpi-pi", "openmpi", 5, True),
        ("mpioperator/openmpi", "latest", 5, True),
        ("mpioperator/mpi-pi", "intel", None, False),
        ("mpioperator/mpi-pi", "v0.8.0-intel", None, False),
        ("mpioperator/base", "v0.8.0", None, False),
    ],
)
def test_the_operator_s_own_images_are_known(
    repository: str, tag: str, major: int | None, *, floating: bool
) -> None:
    """From 0.7 they hold Open MPI 5, which runs all ranks on the launcher and reports success."""
    known = contents(repository, tag)

    assert known is not None
    assert (known.open_mpi, known.floating, known.sshd) == (major, floating, True)


@pytest.mark.parametrize("repository", ["library/busybox", "library/debian", "pytorch/pytorch"])
def test_some_images_have_no_sshd(repository: str) -> None:
    """v1 jobs ran in them; a v2beta1 worker cannot."""
    known = contents(repository, "1.2")

    assert known is not None
    assert not known.sshd


@pytest.mark.parametrize(
    ("repository", "tag"), [("team/train", "1"), ("notmpioperator/openmpi", "0.8.0"), ("", "")]
)
def test_other_images_are_not_known(repository: str, tag: str) -> None:
    """None is no statement: rules stay silent or say so."""
    assert contents(repository, tag) is None
