"""``-o policyreport`` and ``-o openreports``: what the CRDs take, with sums that add up."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mpiaudit import engine
from mpiaudit.cli import _audit
from mpiaudit.model import Gap
from mpiaudit.render import PLAIN, Look, render
from mpiaudit.report import Report, Skip
from mpiaudit.suppress import Choices

BOOK = Path(__file__).parents[2] / "reports"
CHOSEN = {"MPA001", "MPA003", "MPA028", "MPA062", "MPA087", "MPA111", "MPA220"}
RULES = tuple(r for r in engine.load_rules() if r.id in CHOSEN)
FORMATS = ("policyreport", "openreports")

# kubernetes-sigs/wg-policy-prototypes 25056e1
# policy-report/crd/v1beta2/wgpolicyk8s.io_policyreports.yaml, version v1alpha2, and
# openreports/reports-api v0.2.1 config/crd/openreports.io_reports.yaml: a server drops any other
# field, and refuses any other word.
REPORT = {"apiVersion", "kind", "metadata", "summary", "results"}
RESULT = {
    *("source", "policy", "rule", "category", "severity", "result", "scored", "message"),
    *("resources", "properties"),
}
REFERENCE = {"apiVersion", "kind", "namespace", "name", "fieldPath"}
SEVERITIES = {"critical", "high", "medium", "low", "info"}
OUTCOMES = {"pass", "fail", "warn", "error", "skip"}


@pytest.fixture(scope="module")
def report() -> Report:
    """Return two findings, a symptom each, one hint, one rule passed, one not given."""
    return _audit.files([str(BOOK / "two-operators" / "cluster.yaml")], RULES)


def without(rule: str) -> Report:
    """Return the report with the findings of one rule moved aside."""
    choices = Choices(frozenset({rule}))
    return _audit.files([str(BOOK / "two-operators" / "cluster.yaml")], RULES, choices=choices)


def items(report: Report, name: str = "openreports", look: Look = PLAIN) -> list[dict[str, Any]]:
    """Return the reports of the List."""
    document = json.loads(render(report, name, look))
    assert (document["apiVersion"], document["kind"]) == ("v1", "List")
    found: list[dict[str, Any]] = document["items"]
    return found


def entries(report: Report, look: Look = PLAIN) -> list[dict[str, Any]]:
    """Return the results of all reports."""
    return [entry for item in items(report, look=look) for entry in item["results"]]


def of(report: Report, rule: str) -> dict[str, Any]:
    """Return the only result of a rule."""
    (entry,) = [e for e in entries(report) if e["policy"] == rule]
    return entry


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("sample", ["two-operators/cluster.yaml", "unreadable/manifests"])
def test_server_takes_every_field(name: str, sample: str) -> None:
    """Nothing that is written gets dropped or refused."""
    found = items(_audit.files([str(BOOK / sample)], RULES), name, Look(pedantic=True))

    own = {"source"} if name == "openreports" else set()
    assert found
    for item in found:
        assert item.keys() == REPORT | own
        assert item["summary"].keys() == OUTCOMES
        for entry in item["results"]:
            assert entry["policy"]
            assert entry.keys() <= RESULT
            assert entry["result"] in OUTCOMES
            assert entry.get("severity", "info") in SEVERITIES
            assert all(r.keys() <= REFERENCE for r in entry.get("resources", ()))
            assert all(isinstance(v, str) for v in entry.get("properties", {}).values())


@pytest.mark.parametrize(
    ("name", "group", "kinds"),
    [
        ("policyreport", "wgpolicyk8s.io/v1alpha2", ["ClusterPolicyReport", "PolicyReport"]),
        ("openreports", "openreports.io/v1alpha1", ["ClusterReport", "Report"]),
    ],
)
def test_one_report_a_namespace(report: Report, name: str, group: str, kinds: list[str]) -> None:
    """Names are fixed, so that the next apply replaces what this one made."""
    found = items(report, name)

    assert {item["apiVersion"] for item in found} == {group}
    assert [(i["kind"], i["metadata"].get("namespace"), i["metadata"]["name"]) for i in found] == [
        (kinds[0], None, "mpiaudit"),
        (kinds[1], "kubeflow", "mpiaudit"),
        (kinds[1], "ml", "mpiaudit"),
    ]
    labels = [item["metadata"]["labels"] for item in found]
    assert labels == [{"app.kubernetes.io/managed-by": "mpiaudit"}] * 3


def test_outcomes_are_those_of_the_specification(report: Report) -> None:
    """Only what counts in the grade fails; a symptom and a hint are not scored."""
    outcomes = {e["policy"]: (e["result"], e["scored"]) for e in entries(report)}

    assert outcomes == {
        "MPA001": ("pass", True),
        "MPA003": ("fail", True),
        "MPA028": ("warn", False),
        "MPA062": ("skip", False),
        "MPA087": ("fail", True),
        "MPA111": ("warn", False),
        "MPA220": ("skip", False),
    }
    pedantic = {e["policy"]: e["result"] for e in entries(report, Look(pedantic=True))}
    assert pedantic["MPA220"] == "warn"


def test_sure_symptom_of_a_hint_is_no_hint(report: Report) -> None:
    """What is certain shows, whatever becomes of its cause."""
    hint = replace(report.findings[-1], explains=report.findings[1].explains)

    outcomes = [
        (e["policy"], e["result"]) for e in entries(replace(report, findings=(hint,), passed=()))
    ]

    assert ("MPA111", "warn") in outcomes
    assert ("MPA220", "skip") in outcomes
    assert len(outcomes) == 3


def test_summaries_add_up(report: Report) -> None:
    """Dashboards read the summary alone."""
    for item in items(report):
        counts = Counter(entry["result"] for entry in item["results"])
        assert item["summary"] == {outcome: counts[outcome] for outcome in OUTCOMES}


def test_finding_refers_to_its_object(report: Report) -> None:
    """A dashboard shows it at the job."""
    entry = of(report, "MPA087")

    assert entry["resources"] == [
        {
            "apiVersion": "kubeflow.org/v2beta1",
            "kind": "MPIJob",
            "namespace": "ml",
            "name": "bert",
            "fieldPath": "spec.mpiReplicaSpecs.Worker.restartPolicy",
        }
    ]
    assert entry["severity"] == "high"
    assert entry["properties"]["hence"].startswith("MPA111 bert was created 41 min before")
    assert of(report, "MPA111")["properties"]["cause"] == "MPA087 MPIJob ml/bert"


def test_not_read_is_an_error(report: Report) -> None:
    """A rule that a refused list cost is no pass and no skip."""
    lost = Skip(report.passed[0], Gap("may not list pods"))

    entry = of(replace(report, passed=(), skips=(lost,)), "MPA001")

    assert (entry["result"], entry["message"]) == ("error", "not judged: may not list pods")


def test_broken_files_are_errors() -> None:
    """A fault shows though no rule is named in it."""
    found = entries(_audit.files([str(BOOK / "unreadable" / "manifests")], RULES))

    errors = [e for e in found if e["result"] == "error"]
    assert [e["policy"] for e in errors] == ["input", "input"]
    assert "broken.yaml:5:13: mapping values are not allowed" in errors[0]["message"]


def test_nothing_passes_on_nothing(tmp_path: Path) -> None:
    """An empty folder gives no pass."""
    found = entries(_audit.files([str(tmp_path)], RULES))

    assert {e["result"] for e in found} == {"skip"}


def test_suppressed_findings_are_skipped(report: Report) -> None:
    """--ignore leaves a trace, for the symptom too."""
    ignored = without("MPA087")

    assert of(ignored, "MPA087")["message"] == "suppressed: Worker.restartPolicy is ExitCode"
    assert of(ignored, "MPA111")["result"] == "skip"


@pytest.mark.parametrize("namespace", ["", "{{ .Values.ns }}", "ML", "a/b", "x" * 64, "ml\n"])
def test_what_can_have_no_report_is_in_that_of_the_cluster(report: Report, namespace: str) -> None:
    """A namespace that the API server refuses takes no finding with it."""
    first = report.findings[0]
    at = replace(first.hit.at, object=replace(first.hit.at.object, namespace=namespace))
    moved = replace(first, hit=replace(first.hit, at=at), explains=())

    found = items(replace(report, findings=(moved,)))

    assert [item["metadata"].get("namespace") for item in found] == [None]
    assert found[0]["summary"]["fail"] == 1


def test_large_report_is_divided(report: Report) -> None:
    """``kubectl apply`` copies a report into its annotations, which hold 262,144 bytes."""
    found = items(replace(report, findings=report.findings[:1] * 400))[1:]

    assert [i["metadata"]["name"] for i in found[:2]] == ["mpiaudit", "mpiaudit-2"]
    assert sum(i["summary"]["fail"] for i in found) == 400
    assert max(len(json.dumps(i)) for i in found) < 200_000
