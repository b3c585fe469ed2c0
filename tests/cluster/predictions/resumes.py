"""Predictions about a job that Kueue, for example, suspends and resumes."""

from cluster.client import Body, eventually
from cluster.cluster import Cluster, fired
from cluster.jobs import mpijob
from cluster.predictions.row import MPI_OPERATOR, Row, flags, ids, in_turn, paste, reaches

JOB = "/apis/kubeflow.org/v2beta1/namespaces/team-a/mpijobs/{}"
LAUNCHER = "/apis/batch/v1/namespaces/team-a/jobs/{}-launcher"
NOT_RUNNING = {("Suspended", "False"), ("Running", "False")}
FLAVOUR = {"flavour": "on-demand"}
UNTHROTTLED = flags(
    "-alsologtostderr",
    "--lock-namespace=mpi-operator",
    "--kube-api-qps=200",
    "--kube-api-burst=400",
)

SLOW = [
    Row(
        "MPA145 a launcher that is resumed on other nodes stays suspended",
        lambda c: c.install("mpi-operator-0.8.0", edit=UNTHROTTLED),
        ids("MPA036"),
        in_turn(
            lambda c: _moved(c, "stuck"),
            lambda c: _stays_suspended(c, "stuck"),
        ),
        in_turn(lambda c: _grant_in_vain(c, "stuck"), paste("MPA145")),
        in_turn(reaches("stuck", "Running"), lambda c: _on_its_nodes(c, "stuck")),
        shows=ids("MPA145"),
    ),
]


def suspended(cluster: Cluster, name: str) -> None:
    """Have a job run and be suspended, and mpi-operator come to rest."""
    cluster.submit(mpijob(name))
    cluster.reaches(name, "Running")
    cluster.admin.merge(JOB.format(name), {"spec": {"runPolicy": {"suspend": True}}})
    cluster.reaches(name, "Suspended")

    def has_pods() -> bool:
        return any(pod.startswith(name) for pod in cluster.names("pods"))

    eventually(lambda: not has_pods(), f"{name} has no pods")
    program, logs = cluster.program(MPI_OPERATOR), [""]

    def rests() -> bool:
        logs.append(program.log)
        return logs[-1] == logs[-2]

    eventually(rests, "mpi-operator rests", pause=1)


def resume(cluster: Cluster, name: str, **replicas: Body) -> None:
    """Resume a suspended job, and change its *replicas*."""
    spec = {"runPolicy": {"suspend": False}, "mpiReplicaSpecs": replicas}
    cluster.admin.merge(JOB.format(name), {"spec": spec})


def _moved(cluster: Cluster, name: str) -> None:
    """Have a running job suspended, and resumed with a launcher for other nodes.

    The third try says that the job is resumed. Each event of one of its objects while a try waits
    or fails doubles the time until the next one, from 5 ms to minutes, so that there must be few:
    kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:123 and 1228.
    """
    suspended(cluster, name)
    with cluster.kubelet.still():
        resume(cluster, name, Launcher={"template": {"spec": {"nodeSelector": FLAVOUR}}})
        cluster.logged(MPI_OPERATOR, "field is immutable")
        eventually(lambda: _conditions(cluster, name) >= NOT_RUNNING, f"{name} is resumed")


def _stays_suspended(cluster: Cluster, name: str) -> None:
    """Watch until a minute after the resume, when it is late: workers run, and no launcher."""
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
