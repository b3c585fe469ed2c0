"""Predictions about a job that Kueue, for example, suspends and resumes."""

from cluster.client import Body, eventually
from cluster.cluster import Cluster, fired
from cluster.jobs import mpijob
from cluster.predictions.row import MPI_OPERATOR, RETRIED, Row, ids, in_turn, paste, reaches, says

JOB = "/apis/kubeflow.org/v2beta1/namespaces/team-a/mpijobs/{}"
LAUNCHER = "/apis/batch/v1/namespaces/team-a/jobs/{}-launcher"
NOT_RUNNING = {("Suspended", "False"), ("Running", "False")}
FLAVOUR = {"flavour": "on-demand"}

SLOW = [
    Row(
        "MPA145 a launcher that is resumed on other nodes stays suspended",
        lambda c: c.install("mpi-operator-0.8.0"),
        ids("MPA036"),
        in_turn(
            lambda c: moved(c, "stuck"),
            says(MPI_OPERATOR, "field is immutable"),
            lambda c: _stays_suspended(c, "stuck"),
        ),
        in_turn(lambda c: _grant_in_vain(c, "stuck"), paste("MPA145")),
        in_turn(reaches("stuck", "Running"), lambda c: _on_its_nodes(c, "stuck")),
        shows=ids("MPA145"),
    ),
]


def resumed(cluster: Cluster, name: str, launcher: Body | None = None) -> None:
    """Have a running job suspended and resumed, its launcher's pod changed by *launcher*."""
    cluster.submit(mpijob(name))
    cluster.reaches(name, "Running")
    cluster.admin.merge(JOB.format(name), {"spec": {"runPolicy": {"suspend": True}}})
    cluster.reaches(name, "Suspended")
    spec: Body = {"runPolicy": {"suspend": False}}
    if launcher:
        spec["mpiReplicaSpecs"] = {"Launcher": {"template": {"spec": launcher}}}
    cluster.admin.merge(JOB.format(name), {"spec": spec})


def moved(cluster: Cluster, name: str) -> None:
    """Have a running job suspended, and resumed with a launcher for other nodes."""
    resumed(cluster, name, {"nodeSelector": FLAVOUR})


def _stays_suspended(cluster: Cluster, name: str) -> None:
    """Watch until a minute after the resume, when it is late: workers run, and no launcher."""
    eventually(lambda: _conditions(cluster, name) >= NOT_RUNNING, f"{name} is resumed", 5 * RETRIED)
    eventually(lambda: "MPA145" in fired(cluster.scan()), "the resume is late", 90, pause=5)
    assert cluster.admin.get(LAUNCHER.format(name))["spec"]["suspend"] is True
    assert cluster.names("pods") == {f"{name}-worker-0", f"{name}-worker-1"}
    assert _conditions(cluster, name) >= NOT_RUNNING


def _conditions(cluster: Cluster, name: str) -> set[tuple[str, str]]:
    conditions = cluster.job(name)["status"]["conditions"]
    return {(c["type"], c["status"]) for c in conditions}


def _grant_in_vain(cluster: Cluster, name: str) -> None:
    """Grant the right without a restart: mpi-operator believes that the launcher is resumed."""
    right = ("--verb=update", "--resource=jobs/status")
    cluster.kubectl("create", "clusterrole", "resumes-jobs", *right)
    role, subject = "--clusterrole=resumes-jobs", "--serviceaccount=mpi-operator:mpi-operator"
    cluster.kubectl("create", "clusterrolebinding", "resumes-jobs", role, subject)
    program = cluster.program(MPI_OPERATOR)
    synced = f"Successfully synced 'team-a/{name}'"
    before = program.log.count(synced)
    cluster.admin.merge(JOB.format(name), {"metadata": {"annotations": {"look": "again"}}})
    eventually(lambda: program.log.count(synced) > before, f"{name} is looked at")
    assert cluster.admin.get(LAUNCHER.format(name))["spec"]["suspend"] is True


def _on_its_nodes(cluster: Cluster, name: str) -> None:
    template = cluster.admin.get(LAUNCHER.format(name))["spec"]["template"]
    assert template["spec"]["nodeSelector"] == FLAVOUR
