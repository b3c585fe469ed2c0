"""What a controller of v1 left to mpi-operator is one finding, and so is a Secret in its way."""

from pathlib import Path

from mpiaudit import engine
from mpiaudit.collect import files
from mpiaudit.inventory.build import build
from mpiaudit.report import Coverage, Finding

RULES = [rule for rule in engine.load_rules() if rule.topic in {"conflict", "network"}]

JOB = """\
apiVersion: kubeflow.org/v2beta1
kind: MPIJob
metadata: {name: train, namespace: team-a, uid: u-1}
spec: {mpiReplicaSpecs: {Launcher: {replicas: 1}, Worker: {replicas: 1}}}
status: {conditions: [{type: Running, status: "True"}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: mpi-operator, namespace: mpi-operator, uid: uid-operator}
spec:
  template:
    spec:
      containers: [{name: mpi-operator, image: "mpioperator/mpi-operator:0.8.0"}]
---
"""

CHILD = """\
apiVersion: {group}
kind: {kind}
metadata:
  name: {name}
  namespace: team-a
  uid: uid-{kind}-{name}
  labels:
    training.kubeflow.org/operator-name: mpijob-controller
    training.kubeflow.org/job-name: train
    training.kubeflow.org/replica-type: {role}
  ownerReferences:
  - {{apiVersion: kubeflow.org/{version}, kind: MPIJob, name: train, uid: u-1, controller: true}}
{body}
---
"""

SELECTOR = "{training.kubeflow.org/operator-name: mpi-operator}"


def child(kind: str, name: str, version: str, body: str, role: str = "worker") -> str:
    """Return an object that the job owns in *version*."""
    group = "batch/v1" if kind == "Job" else "v1"
    return CHILD.format(group=group, kind=kind, name=name, version=version, body=body, role=role)


def audit(page: Path, text: str) -> list[Finding]:
    """Return what the rules on conflicts and on the network find."""
    page.write_text(text)
    inventory = build(files.collect([str(page)], None))
    return list(engine.audit(inventory, RULES, Coverage("page", live=False)).findings)


def ids(findings: list[Finding]) -> dict[str, list[str]]:
    """Return the rules of the findings, with those that each explains."""
    return {f.rule.id: sorted(e.rule.id for e in f.explains) for f in findings}


WORKER = child("Pod", "train-worker-0", "v1", "status: {phase: Running}")


def test_workers_without_a_name_are_the_same_workers(tmp_path: Path) -> None:
    """That the Service selects none of them is how it shows, not a second fault."""
    launcher = child("Job", "train-launcher", "v2beta1", "status: {active: 1}")
    service = child("Service", "train", "v2beta1", f"spec: {{selector: {SELECTOR}}}")

    found = audit(tmp_path / "page.yaml", JOB + WORKER + launcher + service)

    assert ids(found) == {"MPA063": [], "MPA070": ["MPA071"]}


def test_two_launchers_explain_the_one_that_waits(tmp_path: Path) -> None:
    """The launcher of v1 that cannot mount kubexec.sh is one of two, which is the fault."""
    one = child("Pod", "train-launcher", "v1", "status: {phase: Pending}", "launcher")
    other = child("Job", "train-launcher", "v2beta1", "status: {active: 1}")
    config = child("ConfigMap", "train-config", "v1", 'data: {hostfile: ""}')

    found = audit(tmp_path / "page.yaml", JOB + WORKER + one + other + config)

    assert ids(found) == {"MPA062": ["MPA063", "MPA069", "MPA071"]}


def test_a_secret_that_the_author_brings_is_in_the_way(tmp_path: Path) -> None:
    """Whatever its type and its keys, mpi-operator takes no key that is not its own."""
    job = JOB.replace(", uid: u-1", "").partition("status:")[0]
    brought = """\
---
apiVersion: v1
kind: Secret
metadata: {name: train-ssh, namespace: team-a}
type: Opaque
stringData: {id_rsa: key}
"""

    assert ids(audit(tmp_path / "page.yaml", job + brought)) == {"MPA068": []}
