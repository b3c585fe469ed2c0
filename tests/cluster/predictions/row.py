"""One prediction: a state, the rules that see it, what then happens, and what its fix does."""

from collections.abc import Callable
from dataclasses import dataclass

from cluster.client import Body, eventually
from cluster.cluster import SETTLED, Cluster, every
from cluster.jobs import mpijob

MPI_OPERATOR = "mpi-operator/mpi-operator"
TRAINING_OPERATOR = "kubeflow/training-operator"

RETRIED = 90
"""Seconds until mpi-operator tries a job again that it has failed to start for some seconds.

Each failure and each event of the job's objects doubles 5 ms, up to 1000 s: kubeflow/mpi-operator
v0.8.0 pkg/controller/mpi_job_controller.go (``workqueueExponentialBaseDelay``).
"""

Act = Callable[[Cluster], object]
Edit = Callable[[Body], None]


@dataclass(frozen=True)
class Row:
    """One prediction. Its parts run in the order of the fields."""

    name: str
    arrange: Act
    """Makes the state; no controller runs yet."""

    fires: frozenset[str]
    """The rules that must find something then."""

    happens: Act
    """Watches, with the controllers running, what the rules said would happen."""

    mend: Act
    """Does what the fix says."""

    works: Act
    """Watches that all is well afterwards."""

    shows: frozenset[str] = frozenset()
    """Rules that must find something only when it has happened."""

    stays: frozenset[str] = frozenset()
    """Those of them whose evidence outlives the fault, Events for example."""


def ids(text: str) -> frozenset[str]:
    """Return the ids in *text*."""
    return frozenset(text.split())


def paste(rule: str, **words: str) -> Act:
    """Return what runs the fix of what *rule* finds, its capital *words* filled in."""

    def run(cluster: Cluster) -> None:
        text = offers(cluster, rule)[0]
        for word, value in words.items():
            text = text.replace(word, value)
        cluster.shell(text)

    return run


def offers(cluster: Cluster, rule: str) -> list[str]:
    """Return the fixes of what *rule* finds, of which there is at least one."""
    found = every(cluster.scan().findings)
    texts = [f.hit.fix.text for f in found if f.rule.id == rule and f.hit.fix]
    assert texts, f"{rule} offers no fix"
    return texts


def in_turn(*acts: Act) -> Act:
    """Return what does one thing after the other."""

    def run(cluster: Cluster) -> None:
        for act in acts:
            act(cluster)

    return run


def flags(*words: str) -> Edit:
    """Return an edit that gives a controller these arguments instead of its own."""

    def edit(deployment: Body) -> None:
        deployment["spec"]["template"]["spec"]["containers"][0]["args"] = list(words)

    return edit


def but_mpijobs(document: Body) -> bool:
    """Return whether *document* is something else than the CRD of MPIJob."""
    return bool(document["metadata"]["name"] != "mpijobs.kubeflow.org")


def exits(deployment: str, code: int, says: str, seconds: float = SETTLED) -> Act:
    """Return what watches a controller end with *code* after it has said *says*."""

    def watch(cluster: Cluster) -> None:
        program = cluster.program(deployment)
        eventually(lambda: program.exits, f"{deployment} ends", seconds)
        assert program.exits[0] == code, program.log[-2000:]
        assert says in program.log

    return watch


def says(deployment: str, text: str) -> Act:
    """Return what watches a controller until it says *text*."""
    return lambda cluster: cluster.logged(deployment, text)


def unnoticed(name: str, space: str = "team-a") -> Act:
    """Return what makes sure that nobody has done anything about an MPIJob."""

    def watch(cluster: Cluster) -> None:
        assert "status" not in cluster.job(name, space)
        assert cluster.events(name, space) == []
        assert not {n for n in cluster.names("pods", space) if n.startswith(name)}

    return watch


def reaches(name: str, condition: str, space: str = "team-a", *, seconds: float = SETTLED) -> Act:
    """Return what waits until *condition* is true of an MPIJob."""
    return lambda cluster: cluster.reaches(name, condition, space, seconds)


def runs_a_job(cluster: Cluster) -> None:
    """Watch mpi-operator run a new job from beginning to end."""
    cluster.submit(mpijob("healthy", ends=0))
    cluster.reaches("healthy", "Succeeded")


def serves_pytorch(name: str) -> Act:
    """Return what watches training-operator make the pod of a new PyTorchJob."""

    def watch(cluster: Cluster) -> None:
        cluster.namespace("team-a")
        container = {"name": "pytorch", "image": "registry.test/torch:1"}
        master = {"replicas": 1, "template": {"spec": {"containers": [container]}}}
        cluster.admin.create(
            "/apis/kubeflow.org/v1/namespaces/team-a/pytorchjobs",
            {
                "apiVersion": "kubeflow.org/v1",
                "kind": "PyTorchJob",
                "metadata": {"name": name},
                "spec": {"pytorchReplicaSpecs": {"Master": master}},
            },
        )
        pod = f"{name}-master-0"
        eventually(lambda: pod in cluster.names("pods"), f"PyTorchJob {name} has a pod", SETTLED)

    return watch
