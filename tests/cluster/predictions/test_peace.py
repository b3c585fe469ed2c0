"""Where the rules see no danger, there is none: the real controllers work side by side."""

from cluster.client import Body
from cluster.cluster import Cluster
from cluster.jobs import mpijob, with_field
from cluster.predictions.conflicts import both, launchers
from cluster.predictions.row import but_mpijobs, flags, serves_pytorch
from mpiaudit.report import Report
from mpiaudit.rule import Severity

OTHER_KINDS = ("tfjob", "pytorchjob", "xgboostjob", "paddlejob", "jaxjob")
MANAGED_BY = ("spec", "runPolicy", "managedBy")


def _dangers(report: Report) -> set[str]:
    return {f.rule.id for f in report.findings if f.severity >= Severity.HIGH}


def _legacy(job: Body) -> Body:
    return {**job, "apiVersion": "kubeflow.org/v1"}


def test_mpi_operator_alone(cluster: Cluster) -> None:
    """The release's own manifests are a healthy cluster."""
    cluster.install("mpi-operator-0.8.0")
    cluster.submit(mpijob("pi", ends=0))
    assert not _dangers(cluster.scan())

    cluster.start_controllers()
    cluster.reaches("pi", "Succeeded")
    assert not _dangers(cluster.scan())


def test_training_operator_alone(cluster: Cluster) -> None:
    """Old is not broken: v1 jobs run where v1 is what is served."""
    cluster.install("training-operator-1.9.0")
    cluster.submit(_legacy(mpijob("pi", ends=0)))
    assert not _dangers(cluster.scan())

    cluster.start_controllers()
    cluster.reaches("pi", "Succeeded")
    assert not _dangers(cluster.scan())


def test_side_by_side(cluster: Cluster) -> None:
    """Both operators live in one cluster where training-operator lists the other kinds."""
    schemes = flags(*(f"--enable-scheme={kind}" for kind in OTHER_KINDS))
    cluster.install("mpi-operator-0.8.0")
    cluster.install("training-operator-1.9.0", edit=schemes, keep=but_mpijobs)
    cluster.submit(mpijob("pi"))
    assert not _dangers(cluster.scan())

    cluster.start_controllers()
    serves_pytorch("torch")(cluster)
    cluster.reaches("pi", "Running")
    assert launchers(cluster, "pi") == (False, True)
    assert not _dangers(cluster.scan())


def test_managed_by_fences_a_job(cluster: Cluster) -> None:
    """From training-operator 1.9 and mpi-operator 0.6 on, each leaves the other's jobs alone."""
    both(cluster)
    cluster.submit(with_field(mpijob("ours"), "kubeflow.org/mpi-operator", *MANAGED_BY))
    theirs = with_field(mpijob("theirs"), "kubeflow.org/training-operator", *MANAGED_BY)
    cluster.submit(theirs)

    cluster.start_controllers()
    cluster.reaches("ours", "Running")
    cluster.reaches("theirs", "Running")

    assert launchers(cluster, "ours") == (False, True)
    assert launchers(cluster, "theirs") == (True, False)
    assert not _dangers(cluster.scan()) & {"MPA062", "MPA063", "MPA064", "MPA065", "MPA066"}
