"""What a container's script asks kubectl is read as a shell and kubectl would read it."""

import pytest

from mpiaudit.checks.job.kubectl_calls import calls
from mpiaudit.inventory.job import Job
from mpiaudit.model import Resource


def job(command: list[str]) -> Job:
    """Return a job whose launcher runs *command*."""
    container = {"name": "launcher", "image": "example.com/train:1", "command": command}
    spec = {"mpiReplicaSpecs": {"Launcher": {"template": {"spec": {"containers": [container]}}}}}
    body = {"apiVersion": "kubeflow.org/v2beta1", "kind": "MPIJob", "spec": spec}
    parsed = Job.parse(Resource(body, "job.yaml"))
    assert parsed
    return parsed


@pytest.mark.parametrize(
    ("command", "found"),
    [
        (["/opt/kube/kubectl", "logs", "train-launcher"], [("logs", ("train-launcher",))]),
        (["sh", "-c", "kubectl -n a get po x"], [("get", ("po", "x"))]),
        (["sh", "-c", "kubectl logs -f x | tee log"], [("logs", ("x",))]),
        (["sh", "-c", "kubectl exec 'x' -c y --tail=3 -- ls"], [("exec", ("x", "ls"))]),
        (["sh", "-c", "a=$(kubectl get x) && b"], [("get", ("x",))]),
        (["sh", "-c", "kubectl cp \\\n y z"], [("cp", ("y", "z"))]),
        (["sh", "-c", "my-kubectl get x; kubectlx get y; kubectl"], []),
        (["mpirun", "train", "kubectl"], []),
        ([], []),
    ],
)
def test_calls(command: list[str], found: list[tuple[str, tuple[str, ...]]]) -> None:
    """Options and their values are not what is asked for; other programs are not kubectl."""
    assert [(c.verb, c.targets) for c in calls(job(command))] == found


def test_the_word_that_holds_the_call_is_its_place() -> None:
    """A finding points at the script, and not at the whole container."""
    (call,) = calls(job(["sh", "-c", "kubectl get x"]))

    assert call.at.path[-2:] == ("command", 2)
