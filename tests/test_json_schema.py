"""``-o json`` is a promise: the published schema holds for every report of the report book."""

import json
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).parent.parent
SCHEMA = json.loads((ROOT / "mpiaudit/render/report.schema.json").read_text())
REPORTS = sorted(ROOT.glob("reports/*/report.json"))


@pytest.mark.parametrize("path", REPORTS, ids=lambda p: p.parent.name)
def test_report_fits_the_schema(path: Path) -> None:
    """Whoever generates code from the schema can read every report."""
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(path.read_text()))


@pytest.mark.parametrize("key", SCHEMA["required"])
def test_schema_refuses_a_report_without(key: str) -> None:
    """The schema does not fit just anything."""
    report = json.loads(REPORTS[0].read_text())
    del report[key]

    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(report)
