"""A controller without any rights is one finding, and another controller's lack is its own."""

from pathlib import Path

from mpiaudit import engine
from mpiaudit.collect import files
from mpiaudit.inventory.build import build
from mpiaudit.report import Coverage

PAGE = Path(__file__).parents[2] / "rules/rbac/MPA054-no-rights-on-mpijobs/bad.yaml"


def test_what_was_taken_from_one_install_explains_nothing_of_the_other() -> None:
    """The first install lost everything at once; the second lacks what its ClusterRole lacks."""
    rules = [r for r in engine.load_rules() if r.topic == "rbac"]

    report = engine.audit(
        build(files.collect([str(PAGE)], None)), rules, Coverage("page", live=False)
    )

    assert {
        (f.rule.id, f.hit.at.object.namespace): {e.rule.id for e in f.explains}
        for f in report.findings
    } == {
        ("MPA054", "kubeflow"): {"MPA035", "MPA036"},
        ("MPA035", "team-b"): set(),
        ("MPA036", "team-b"): set(),
    }
