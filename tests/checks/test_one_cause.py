"""Hold the rules on two controllers to one finding a cause, on recorded clusters."""

from pathlib import Path

import pytest

from mpiaudit import engine
from mpiaudit.collect import files
from mpiaudit.inventory.build import build
from mpiaudit.report import Coverage, Finding

IDS = ["MPA001", "MPA002", "MPA003", "MPA004", "MPA005", "MPA006", "MPA007", "MPA008", "MPA028"]
IDS += [
    "MPA060",
    "MPA061",
    "MPA062",
    "MPA063",
    "MPA064",
    "MPA065",
    "MPA066",
    "MPA067",
    "MPA068",
    "MPA074",
]

RULES = [rule for rule in engine.load_rules() if rule.id in IDS]

SERVED_TWICE = [
    "MPA004 CustomResourceDefinition mpijobs.kubeflow.org",
    "MPA060 Deployment kubeflow/training-operator",
    "MPA062 MPIJob team-a/made-v1",
    "MPA062 MPIJob team-a/made-v2",
]

EXPECTED = {
    "both-operators-v2-crd": ["MPA003 Deployment kubeflow/training-operator"],
    "coexistence-done-right": [],
    "dual-served-double-reconcile": SERVED_TWICE,
    "dual-v1-controllers": [
        "MPA007 CustomResourceDefinition mpijobs.kubeflow.org",
        "MPA061 Deployment kubeflow/mpi-operator",
    ],
    "finished-jobs-hold-workers": [],
    "healthy-v1-training-operator": ["MPA007 CustomResourceDefinition mpijobs.kubeflow.org"],
    "healthy-v2beta1-only": [],
    "invalid-jobs-ignored": [
        "MPA068 MPIJob default/coll-svc",
        "MPA074 MPIJob default/managedby-to",
        "MPA074 MPIJob default/managedby-typo",
    ],
    "lock-namespace-missing": [],
}


def audit(folder: Path) -> tuple[Finding, ...]:
    """Return what these rules find in one recorded cluster."""
    inventory = build(files.collect([str(folder)], None))
    return engine.audit(inventory, RULES, Coverage(folder.name, live=False)).findings


@pytest.mark.parametrize("name", EXPECTED)
def test_each_cause_is_one_finding(reference: Path, name: str) -> None:
    """Twelve findings that all mean "two controllers" hide the one thing to do."""
    found = audit(reference / "clusters" / name)

    assert sorted(f"{f.rule.id} {f.hit.at.object}" for f in found) == EXPECTED[name]


def test_every_proof_stands_below_the_launchers(reference: Path) -> None:
    """Folded is not lost: whoever doubts the finding sees all that proves it."""
    found = audit(reference / "clusters" / "dual-served-double-reconcile")

    proofs = {
        f.hit.at.object.name: [s.rule.id for s in f.explains]
        for f in found
        if f.rule.id == "MPA062"
    }

    all_of_them = ["MPA063", "MPA064", "MPA065", "MPA066", "MPA067"]
    assert proofs == {"made-v1": all_of_them, "made-v2": all_of_them}


def test_a_job_that_never_starts_is_one_finding(reference: Path) -> None:
    """What would become of its workers can wait until it has some."""
    inventory = build(files.collect([str(reference / "clusters" / "invalid-jobs-ignored")], None))

    report = engine.audit(inventory, engine.load_rules(), Coverage("cluster", live=False))

    assert "MPA141" not in {f.rule.id for f in report.findings}
    assert "MPA141" in {s.rule.id for f in report.findings for s in f.explains}
