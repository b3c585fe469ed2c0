"""The flags of each release."""

from __future__ import annotations

import pytest
from packaging.version import Version

from mpiaudit.facts.flags import flags

MPI_OPERATOR, TRAINING_OPERATOR = "mpi-operator", "training-operator"


@pytest.mark.parametrize(
    ("product", "release", "name", "legal"),
    [
        (MPI_OPERATOR, "0.2.2", "enable-gang-scheduling", True),
        (MPI_OPERATOR, "0.4.0", "enable-gang-scheduling", False),
        (MPI_OPERATOR, "0.4.0", "kubectl-delivery-image", False),
        (MPI_OPERATOR, "0.6.0", "cluster-domain", False),
        (MPI_OPERATOR, "0.7.0", "cluster-domain", True),
        (MPI_OPERATOR, "0.8.0", "kubeflow-namespace", False),
        (MPI_OPERATOR, "0.8.0", "alsologtostderr", True),
        (MPI_OPERATOR, "0.8.0", "kubeConfig", True),
        (MPI_OPERATOR, "0.8.0", "kubeconfig", False),
        (TRAINING_OPERATOR, "1.5.0", "enable-gang-scheduling", True),
        (TRAINING_OPERATOR, "1.6.0", "enable-gang-scheduling", False),
        (TRAINING_OPERATOR, "1.7.1", "monitoring-port", True),
        (TRAINING_OPERATOR, "1.8.0", "monitoring-port", False),
        (TRAINING_OPERATOR, "1.8.0rc1", "webhook-server-port", True),
        (TRAINING_OPERATOR, "1.9.0", "kube-api-qps", False),
        (TRAINING_OPERATOR, "1.9.1", "kube-api-qps", True),
        (TRAINING_OPERATOR, "1.9.4", "zap-log-level", True),
        (TRAINING_OPERATOR, "1.9.4", "kubeconfig", True),
        ("trainer", "2.0.1", "leader-elect", True),
        ("trainer", "2.1.0", "leader-elect", False),
    ],
)
def test_a_flag_is_legal_in_its_releases(
    product: str, release: str, name: str, *, legal: bool
) -> None:
    """One flag too many and the operator ends with exit code 2."""
    assert (name in flags(product, Version(release))) is legal


@pytest.mark.parametrize(
    ("reads", "name", "legal"),
    [
        ("v1", "kubectl-delivery-image", True),
        ("v2beta1", "kubectl-delivery-image", False),
        ("v1alpha2", "kube-api-qps", False),
        ("v2beta1", "kube-api-qps", True),
    ],
)
def test_the_programs_of_one_image_have_their_own_flags(
    reads: str, name: str, *, legal: bool
) -> None:
    """mpi-operator 0.3.0 with and without ``command: [/opt/mpi-operator.v1]`` differ."""
    assert (name in flags(MPI_OPERATOR, Version("0.3.0"), reads)) is legal


def test_an_unknown_release_may_have_any_flag() -> None:
    """Behind ``latest`` no flag can be called wrong but one that never existed."""
    ever = flags(MPI_OPERATOR, None)

    assert {"kubectl-delivery-image", "gpus-per-node", "cluster-domain"} <= set(ever)
    assert "kubeflow-namespace" not in ever


@pytest.mark.parametrize(
    ("release", "default"),
    [("1.5.0", "volcano"), ("1.6.0", "none"), ("1.6.0rc0", "none"), ("1.7.0", "")],
)
def test_a_default_is_that_of_the_release(release: str, default: str) -> None:
    """``none`` turned gang scheduling off in 1.6, and turns it on from 1.7."""
    assert flags(TRAINING_OPERATOR, Version(release))["gang-scheduler-name"].default == default


def test_a_flag_tells_when_it_came_and_went() -> None:
    """The finding says which release dropped the flag."""
    port = flags(TRAINING_OPERATOR, None)["monitoring-port"]
    gang = flags(MPI_OPERATOR, None)["enable-gang-scheduling"]

    assert (port.since, port.until) == (Version("1.4.0"), Version("1.7"))
    assert (gang.since, gang.until) == (Version("0.2.0"), Version("0.2.3"))
    assert gang.reads == ("v1alpha1", "v1alpha2")
    assert flags(TRAINING_OPERATOR, None)["enable-scheme"].until is None


def test_bool_flags_are_told_from_the_rest() -> None:
    """They take no separate word, which is how a ``true`` swallows the flags behind it."""
    booleans = {f.name for f in flags(TRAINING_OPERATOR, None).values() if f.type == "bool"}

    assert booleans == {"leader-elect", "enable-gang-scheduling", "zap-devel"}
