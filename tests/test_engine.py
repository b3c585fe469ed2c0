"""The engine's promises: what cannot be judged is never passed, and one cause is one finding."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mpiaudit import engine
from mpiaudit.cli import _audit
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.inventory import Inventory
from mpiaudit.inventory.workload import Pod
from mpiaudit.model import Gap, Location, Reference
from mpiaudit.render import render
from mpiaudit.report import Coverage, Report
from mpiaudit.rule import Confidence, Hit, Rule, Severity, rule

COVERAGE = Coverage("test", live=True)
CLUSTER = Location(Reference("Deployment", "kubeflow", "training-operator", "apps/v1", "a.yaml"))
BERT = Location(Reference("MPIJob", "ml", "bert", "kubeflow.org/v2beta1", "a.yaml"))
SEG = Location(Reference("MPIJob", "ml", "seg", "kubeflow.org/v2beta1", "a.yaml"))


@rule("TST001", Severity.LOW, remedy="None.")
def quiet(controllers: tuple[Controller, ...]) -> Iterator[Hit]:
    """Find nothing."""
    yield from ()


@rule("TST002", Severity.LOW, remedy="None.")
def broken(controllers: tuple[Controller, ...]) -> Iterator[Hit]:
    """Raise."""
    yield from ()
    raise ZeroDivisionError


@rule("TST003", Severity.CRITICAL, remedy="None.")
def outage(controllers: tuple[Controller, ...]) -> Iterator[Hit]:
    """Everything stops."""
    yield Hit(CLUSTER, "it exits")


@rule("TST004", Severity.HIGH, remedy="None.", symptom_of=("TST003", "TST005"))
def idle(controllers: tuple[Controller, ...]) -> Iterator[Hit]:
    """Jobs wait."""
    yield Hit(BERT, "no status")
    yield Hit(SEG, "no status")


@rule("TST005", Severity.HIGH, remedy="None.")
def misspelt(controllers: tuple[Controller, ...]) -> Iterator[Hit]:
    """Judge one job wrong."""
    yield Hit(SEG, "restartPolicy Always")


@rule("TST006", Severity.LOW, remedy="None.", symptom_of=("TST005",))
def noisy(controllers: tuple[Controller, ...], pods: tuple[Pod, ...] = ()) -> Iterator[Hit]:
    """Pods only sharpen it."""
    yield Hit(BERT, f"{len(pods)} pods")


@rule("TST007", Severity.HIGH, remedy="None.", confidence=Confidence.POSSIBLE)
def guessed(controllers: tuple[Controller, ...]) -> Iterator[Hit]:
    """Think of a cause."""
    yield Hit(BERT, "it may be this")


@rule("TST008", Severity.HIGH, remedy="None.", symptom_of=("TST007",))
def seen(controllers: tuple[Controller, ...]) -> Iterator[Hit]:
    """See what happened."""
    yield Hit(BERT, "it was seen")


def test_a_guess_hides_nothing_that_is_known() -> None:
    """A hint is hidden and in no grade; what is sure must not go with it."""
    report = audit(guessed, seen)

    assert [f.rule.id for f in report.findings] == ["TST008", "TST007"]
    assert report.fails(Severity.HIGH)
    assert "TST008" in render(report, "text")


def audit(*rules: Rule, gaps: dict[str, Gap] | None = None) -> Report:
    """Return the report of *rules* on nothing."""
    return engine.audit(Inventory(gaps=gaps or {}), rules, COVERAGE)


def test_rule_is_skipped_when_what_it_needs_is_unreadable() -> None:
    """A user who may not list Deployments is not told that they are fine."""
    report = audit(quiet, gaps={"controllers": Gap("may not list deployments")})

    assert [s.gap.reason for s in report.skips] == ["may not list deployments"]
    assert not report.complete
    assert report.passed == ()


def test_what_was_not_given_is_no_failure_of_the_audit() -> None:
    """Files prove presence: a rule that needs a cluster is skipped, the audit is complete."""
    report = audit(quiet, gaps={"controllers": Gap("none among the files", unreadable=False)})

    assert report.passed == ()
    assert report.complete


def test_broken_rule_does_not_hide_the_others() -> None:
    """A check that raises is skipped and makes the audit incomplete; the rest are judged."""
    report = audit(broken, quiet)

    assert [s.rule.id for s in report.skips] == ["TST002"]
    assert not report.complete
    assert report.passed == (quiet,)


def test_what_only_sharpens_a_rule_may_be_missing() -> None:
    """A rule with an optional need is judged without it."""
    report = audit(noisy, gaps={"pods": Gap("forbidden")})

    assert [f.hit.message for f in report.findings] == ["0 pods"]
    assert report.skips == ()


def test_symptom_stands_inside_its_cause() -> None:
    """An outage is shouted once; each job that waits for it is named there."""
    report = audit(outage, idle)

    assert [f.rule.id for f in report.findings] == ["TST003"]
    assert [s.hit.at for s in report.findings[0].explains] == [BERT, SEG]


def test_cause_about_one_job_explains_only_that_job() -> None:
    """Another job with the same symptom is still reported."""
    report = audit(misspelt, idle)

    assert [(f.rule.id, f.hit.at) for f in report.findings] == [("TST004", BERT), ("TST005", SEG)]


def test_folding_never_hides_the_worse() -> None:
    """A symptom more severe than its cause is reported by itself."""
    report = audit(noisy, misspelt)

    assert [f.rule.id for f in report.findings] == ["TST005", "TST006"]


def test_check_may_only_ask_for_what_the_inventory_has() -> None:
    """A misspelt parameter fails when the module is imported, not in an audit."""
    with pytest.raises(TypeError, match=r"TST009: not in the inventory: \['pots'\]"):

        @rule("TST009", Severity.LOW, remedy="None.")
        def lost(pots: object) -> Iterator[Hit]:
            """Asks for too much."""
            yield from ()


def test_nothing_judged_is_no_grade() -> None:
    """An empty folder is not an A."""
    assert audit(quiet).grade is None


MANIFESTS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: mpi-operator, namespace: mpi-operator}
spec:
  selector: {matchLabels: {app: mpi-operator}}
  template:
    metadata: {labels: {app: mpi-operator}}
    spec:
      containers:
      - name: mpi-operator
        image: mpioperator/mpi-operator:RELEASE
        args: [--monitoring-port=8080, --namespace=ml]
---
apiVersion: kubeflow.org/v2beta1
kind: MPIJob
metadata: {name: bert, namespace: NAMESPACE}
spec:
  mpiReplicaSpecs:
    Launcher: {replicas: 2, template: {spec: {containers: [{name: mpi, image: "mpi:1"}]}}}
    Worker: {replicas: 2, template: {spec: {containers: [{name: mpi, image: "mpi:1"}]}}}
"""


@pytest.mark.parametrize(
    ("release", "namespace", "of_controller", "of_job"),
    [
        ("0.8.0", "ml", "certain", "certain"),
        ("0.99.0", "ml", "likely", "likely"),
        ("0.99.0", "elsewhere", "likely", "certain"),
    ],
)
def test_a_release_to_come_is_judged_with_doubt(
    tmp_path: Path, release: str, namespace: str, of_controller: str, of_job: str
) -> None:
    """Nobody knows what it will do; what it has no part in is as sure as ever."""
    text = MANIFESTS.replace("RELEASE", release).replace("NAMESPACE", namespace)
    (tmp_path / "all.yaml").write_text(text)
    rules = [r for r in engine.load_rules() if r.id in {"MPA037", "MPA085"}]

    report = _audit.files([str(tmp_path)], rules)

    found = {f.rule.id: f.confidence.word for f in report.findings}
    assert found == {"MPA037": of_controller, "MPA085": of_job}


def test_a_job_that_stops_a_controller_leaves_nobody_in_charge() -> None:
    """Who reads that mpi-operator owns MPIJob here looks for the fault elsewhere."""
    page = Path(__file__).parent.parent / "rules/job/MPA077-undecodable/bad-in-cluster.yaml"

    report = _audit.files([str(page)], engine.load_rules())

    (answer,) = report.verdict.answer
    assert answer.startswith("mpi-operator 0.8.0 should own MPIJob here and does not work: MPA077")
