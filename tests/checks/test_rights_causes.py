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


BUILT_IN = """\
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: system:discovery
  uid: uid-discovery
  labels: {kubernetes.io/bootstrapping: rbac-defaults}
rules:
- {nonResourceURLs: [/version], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: system:discovery, uid: uid-discovery-binding}
roleRef: {kind: ClusterRole, name: system:discovery}
subjects:
- {kind: Group, name: "system:authenticated"}
"""


def test_no_built_in_role_is_pointed_at(tmp_path: Path) -> None:
    """Every account has those of the API server, which would undo a change to them."""
    page = (PAGE.parent.parent / "MPA036-job-status-forbidden/bad.yaml").read_text()
    (tmp_path / "all.yaml").write_text(f"{page}\n{BUILT_IN}")
    rules = [r for r in engine.load_rules() if r.id == "MPA036"]

    report = engine.audit(
        build(files.collect([str(tmp_path)], None)), rules, Coverage("page", live=False)
    )

    (finding,) = report.findings
    assert [place.object.name for place in finding.hit.also] == ["mpi-operator"]
