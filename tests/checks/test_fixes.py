"""Hold what users paste to what it promises."""

import json
from dataclasses import replace

from mpiaudit.checks import fixes
from mpiaudit.inventory.controller import Controller
from mpiaudit.model import Resource
from mpiaudit.rule import Disposition


def training_operator(**container: object) -> Controller:
    """Return training-operator 1.9.0 with what *container* adds to its container."""
    image = "kubeflow/training-operator:v1.9.0"
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "training-operator", "namespace": "kubeflow"},
        "spec": {"template": {"spec": {"containers": [{"image": image, **container}]}}},
    }
    controller = Controller.parse(Resource(body, "operator.yaml"))
    assert controller is not None
    return controller


def patched(controller: Controller) -> dict[str, object]:
    """Return what the patch sets, by path below the container."""
    text = fixes.disable_mpijob(controller).text
    operations = json.loads(text.partition(" -p '")[2].removesuffix("'"))
    return {o["path"].rpartition("/")[2]: o["value"] for o in operations}


def test_disabling_mpijob_keeps_every_other_kind() -> None:
    """Without a list all kinds run, so the list must name all the others."""
    schemes = ["tfjob", "pytorchjob", "xgboostjob", "paddlejob", "jaxjob"]

    assert patched(training_operator()) == {"args": [f"--enable-scheme={s}" for s in schemes]}


def test_disabling_mpijob_reads_both_spellings_of_a_flag() -> None:
    """A value left behind by its flag would stop Go's parser, and every later flag with it."""
    operator = training_operator(
        args=["--enable-scheme", "MPIJob", "--namespace=$(NS)", "--enable-scheme=tfjob"],
        env=[{"name": "NS", "value": "team-a"}],
    )

    assert patched(operator) == {"args": ["--namespace=$(NS)", "--enable-scheme=tfjob"]}


def test_disabling_mpijob_moves_flags_out_of_the_command() -> None:
    """Flags in ``command`` stay in force beside patched ``args``."""
    operator = training_operator(command=["/manager", "--enable-scheme=mpijob", "--leader-elect"])

    assert patched(operator) == {
        "command": ["/manager"],
        "args": [
            "--leader-elect",
            "--enable-scheme=tfjob",
            "--enable-scheme=pytorchjob",
            "--enable-scheme=xgboostjob",
            "--enable-scheme=paddlejob",
            "--enable-scheme=jaxjob",
        ],
    }


def test_replacing_the_crd_says_that_it_destroys_jobs() -> None:
    """Whoever pastes it must have been told."""
    fix = fixes.replace_crd(replace(training_operator(), release=None))

    assert fix.disposition is Disposition.DESTROYS
    assert fix.text.splitlines()[0] == "kubectl get mpijobs -A -o yaml > mpijobs-backup.yaml"
