"""The first lines of a report name what is at work, not what a manifest wishes for."""

from pathlib import Path

from mpiaudit import engine
from mpiaudit.collect import files
from mpiaudit.inventory.build import build, kinds_for
from mpiaudit.report import Coverage
from mpiaudit.verdict import Verdict

ROLLOUT = Path(__file__).parent.parent / "rules/controller/MPA230-rollout-unfinished"
DEFINITION = """\
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: mpijobs.kubeflow.org, uid: uid-crd}
spec: {group: kubeflow.org, versions: [{name: v2beta1, served: true, storage: true}]}
"""


def verdict(page: Path, folder: Path) -> Verdict:
    """Return the verdict on *page*, in a cluster that serves v2beta1."""
    file = folder / "cluster.yaml"
    file.write_text(page.read_text() + DEFINITION)
    inventory = build(files.collect([str(file)], kinds_for({"controllers"})))
    return engine.audit(inventory, (), Coverage("test", live=False)).verdict


def test_a_rollout_names_the_release_that_works(tmp_path: Path) -> None:
    """The Deployment says 0.8.0; the pod that leads until the new one is ready is of 0.6.0."""
    said = verdict(ROLLOUT / "bad.yaml", tmp_path)

    assert said.answer == ("mpi-operator 0.8.0 (pods of 0.6.0 still run) owns MPIJob here.",)
    assert [c.state for c in said.controllers] == ["being rolled out"]


def test_a_finished_rollout_names_one_release(tmp_path: Path) -> None:
    """Nothing is left of the release from before."""
    said = verdict(ROLLOUT / "good.yaml", tmp_path)

    assert said.answer == ("mpi-operator 0.8.0 owns MPIJob here.",)
    assert [c.state for c in said.controllers] == ["ready"]


def test_an_outage_that_is_likely_is_told_as_such() -> None:
    """The program that an image's name suggests would not start."""
    page = ROLLOUT.parent / "MPA023-mpi-operator-unknown-flag/bad-floating.yaml"
    inventory = build(files.collect([str(page)], kinds_for({"controllers"})))

    said = engine.audit(inventory, engine.load_rules(), Coverage("test", live=False)).verdict

    (answer,) = said.answer
    assert answer.startswith(
        "mpi-operator (v1alpha1) would reconcile MPIJob and does not work: MPA023 (likely), "
    )
