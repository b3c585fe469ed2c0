"""Predictions about ``managedBy`` under releases that do not know it: it is no fence there."""

# ruff: noqa: PLW0108 - the table stands above what it names

from cluster.client import eventually
from cluster.cluster import Cluster, every
from cluster.jobs import mpijob, with_field
from cluster.predictions.conflicts import alone, both, one_launcher, two_launchers
from cluster.predictions.row import Row, ids, in_turn, paste, reaches
from mpiaudit.rule import Severity

MANAGED_BY = ("spec", "runPolicy", "managedBy")
SEEN = ids("MPA062 MPA063 MPA064 MPA065 MPA066")

ROWS = [
    Row(
        "MPA060 managedBy does not keep training-operator 1.7.0 from a job, and is lost",
        in_turn(
            lambda c: both(c, trainer="training-operator-1.7.0"),
            lambda c: _fenced(c, "kubeflow.org/mpi-operator"),
        ),
        ids("MPA060"),
        in_turn(lambda c: _is_critical(c), lambda c: two_launchers(c), lambda c: _lost(c)),
        in_turn(paste("MPA060"), lambda c: alone(c), paste("MPA062")),
        in_turn(reaches("pi", "Running"), lambda c: one_launcher(c)),
        shows=SEEN,
    ),
    Row(
        "MPA060 managedBy does not keep mpi-operator 0.4.0 from a job",
        in_turn(
            lambda c: both(c, operator="mpi-operator-0.4.0"),
            lambda c: _fenced(c, "kubeflow.org/training-operator"),
        ),
        ids("MPA060"),
        in_turn(lambda c: _is_critical(c), lambda c: two_launchers(c)),
        in_turn(paste("MPA060"), lambda c: alone(c), paste("MPA062")),
        in_turn(reaches("pi", "Running"), lambda c: one_launcher(c)),
        shows=SEEN,
    ),
]


def _fenced(cluster: Cluster, manager: str) -> None:
    """Submit a job that names its one controller."""
    cluster.submit(with_field(mpijob("pi"), manager, *MANAGED_BY))


def _is_critical(cluster: Cluster) -> None:
    """Make sure that the scan does not take the job for fenced."""
    found = every(cluster.scan().findings)
    assert {f.severity for f in found if f.rule.id == "MPA060"} == {Severity.CRITICAL}


def _lost(cluster: Cluster) -> None:
    """Watch training-operator's status write drop the field."""
    eventually(
        lambda: "managedBy" not in cluster.job("pi")["spec"]["runPolicy"], "managedBy is dropped"
    )
