"""What is offered for an operator's image, its mesh and its cluster domain, and how gravely."""

from pathlib import Path

import pytest

from mpiaudit import engine
from mpiaudit.collect import files
from mpiaudit.inventory.build import build
from mpiaudit.report import Coverage, Finding
from mpiaudit.rule import Confidence, Severity

RULES = Path(__file__).parents[3] / "rules"


def finding(page: str, tmp_path: Path, old: str = "", new: str = "") -> Finding:
    """Return the one finding of a page's rule, with *old* in it replaced by *new*."""
    path = next(RULES.glob(f"*/{page}.yaml"))
    text = path.read_text()
    assert old in text
    (tmp_path / "page.yaml").write_text(text.replace(old, new) if old else text)
    rules = [r for r in engine.load_rules() if r.id == path.parent.name.partition("-")[0]]
    inventory = build(files.collect([str(tmp_path)], None))
    (found,) = engine.audit(inventory, rules, Coverage("page", live=False)).findings
    return found


def test_a_release_of_one_crd_is_moved_by_its_image_alone(tmp_path: Path) -> None:
    """Nothing else of the install changes between 1.9.0 and 1.9.4."""
    fix = finding("MPA046-retired-registry/bad", tmp_path).hit.fix

    assert fix is not None
    assert '"value": "ghcr.io/kubeflow/training-v1/training-operator:v1-93c5489"' in fix.text


def test_an_older_release_is_not_moved_without_its_crd(tmp_path: Path) -> None:
    """The image of 1.9 over the CRD of 1.4 would be another fault."""
    assert finding("MPA046-retired-registry/bad-amazon", tmp_path).hit.fix is None


@pytest.mark.parametrize(
    ("page", "confidence"),
    [("bad", Confidence.CERTAIN), ("bad-default", Confidence.LIKELY)],
)
def test_a_default_is_less_sure_than_a_flag(
    tmp_path: Path, page: str, confidence: Confidence
) -> None:
    """Nobody wrote the default down, and a build of one's own may have another."""
    assert finding(f"MPA045-kubectl-delivery-floating/{page}", tmp_path).confidence is confidence


@pytest.mark.parametrize(
    "page", ["MPA045-kubectl-delivery-floating/bad-default", "MPA046-retired-registry/bad"]
)
def test_a_base_may_get_another_image(tmp_path: Path, page: str) -> None:
    """A kustomization that adds the namespace sets the image, too."""
    exported = 'namespace: kubeflow, uid: uid-deployment, creationTimestamp: "2026-11-24T04:00:00Z"'

    found = finding(page, tmp_path, f", {exported}", "")

    assert found.confidence is Confidence.POSSIBLE


def test_the_mesh_is_left_by_a_label(tmp_path: Path) -> None:
    """The label is what newer releases of Istio read first."""
    fix = finding("MPA053-operator-in-mesh/bad", tmp_path).hit.fix

    assert fix is not None
    assert fix.text == (
        "kubectl -n kubeflow patch deployment training-operator --type=merge -p "
        '\'{"spec": {"template": {"metadata": {"labels": '
        '{"sidecar.istio.io/inject": "false"}}}}}\''
    )


def test_the_search_domain_is_the_whole_of_the_service(tmp_path: Path) -> None:
    """It is to be pasted into the Worker, and a trailing dot is no part of it."""
    fix = finding(
        "MPA049-search-domain-differs/bad", tmp_path, "kube.example]", "kube.example.]"
    ).hit.fix

    assert fix is not None
    assert fix.text == "dnsConfig:\n  searches:\n  - pi.team-a.svc.kube.example"


def test_a_generated_name_has_no_search_domain_to_write_down(tmp_path: Path) -> None:
    """The name is known only when the job is made."""
    found = finding(
        "MPA049-search-domain-differs/bad", tmp_path, "{name: pi,", "{generateName: pi,"
    )

    assert found.hit.fix is None


def test_a_finished_job_called_back_in_time(tmp_path: Path) -> None:
    """It is over, so it is worth no more than a note."""
    old = "spec:\n  mpiImplementation"
    status = 'status: {conditions: [{type: Succeeded, status: "True"}]}'

    found = finding("MPA049-search-domain-differs/bad", tmp_path, old, f"{status}\n{old}")

    assert found.severity is Severity.LOW


def test_a_mark_alone_is_less_sure_than_two_owners(tmp_path: Path) -> None:
    """What a tool left behind when it was replaced looks the same."""
    assert finding("MPA018-several-installers/bad", tmp_path).confidence is Confidence.CERTAIN
    marked = finding("MPA018-several-installers/bad-marks", tmp_path)

    assert marked.confidence is Confidence.LIKELY
    assert marked.hit.message == "Flux and Helm each have installed this CRD"
