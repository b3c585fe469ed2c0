"""Compare each sample cluster's report, in every format, with the report book.

``pytest --bless`` rewrites the book; read the diff before you commit it.
"""

from pathlib import Path

import pytest

from mpiaudit import engine
from mpiaudit.cli import _audit
from mpiaudit.render import Look, formats, render

BOOK = Path(__file__).parent.parent / "reports"
SHOWN = {
    f"MPA{number:03}"
    for number in (
        *(*range(1, 9), *range(20, 29), *range(31, 34), 39, 48, *range(60, 69), 74),
        *(*range(80, 92), 99, 102, 110, 111, 120, 121, 128, 129, 135, 140),
    )
}
"""The rules the book is printed with, so that a new rule leaves it alone."""


@pytest.mark.parametrize("name", formats())
@pytest.mark.parametrize(
    "folder", sorted(p for p in BOOK.iterdir() if p.is_dir()), ids=lambda p: p.name
)
def test_report(
    folder: Path,
    name: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A sample cluster's report is the one in the book, byte for byte."""
    monkeypatch.chdir(folder)
    golden = Path(f"report.{name}")
    rules = [r for r in engine.load_rules() if r.id in SHOWN]

    inputs = "manifests" if Path("manifests").is_dir() else "cluster.yaml"
    report = _audit.files([inputs], rules)
    text = render(report, name, Look(width=100))

    if request.config.getoption("--bless"):
        golden.write_text(text)
    assert text == golden.read_text()
