"""Reports for a cluster are what the API server takes, by the schemas that policy viewers ship."""

import json
from pathlib import Path

import pytest

from cluster.cluster import Cluster
from cluster.releases import shipped

REPORTS = Path(__file__).parent.parent.parent / "reports"
FORMATS = {"policyreport": "policyreport-v1alpha2", "openreports": "openreports-0.2.1"}
STRICT = ("--dry-run=server", "--validate=strict")


@pytest.fixture(scope="module", params=FORMATS)
def reported(running: Cluster, request: pytest.FixtureRequest) -> tuple[Cluster, str]:
    """Return a cluster that knows a format, and the format."""
    running.apply(shipped(FORMATS[request.param]))
    return running, request.param


@pytest.mark.parametrize("sample", sorted(p.name for p in REPORTS.iterdir()))
def test_report_can_be_applied(reported: tuple[Cluster, str], sample: str, tmp_path: Path) -> None:
    """No field is unknown, none is missing, and every value is of its type."""
    cluster, name = reported
    report = (REPORTS / sample / f"report.{name}").read_text()
    items = json.loads(report)["items"]
    for space in {item["metadata"].get("namespace") for item in items} - {None}:
        cluster.namespace(space)
    (tmp_path / "report.json").write_text(report)

    said = cluster.kubectl("create", *STRICT, "-f", str(tmp_path / "report.json"))

    assert said.count("created (server dry run)") == len(items)


def test_schema_is_held_against_it(reported: tuple[Cluster, str], tmp_path: Path) -> None:
    """What the schema does not know is refused."""
    cluster, name = reported
    document = json.loads((REPORTS / "two-operators" / f"report.{name}").read_text())
    document["items"][0]["results"][0]["outcome"] = "fail"
    (tmp_path / "report.json").write_text(json.dumps(document))

    said = cluster.kubectl("create", *STRICT, "-f", str(tmp_path / "report.json"), check=False)

    assert 'unknown field "outcome"' in said
