"""What a finding about NetworkPolicies offers to paste ends it, and opens no new one."""

from pathlib import Path

import pytest

from mpiaudit import engine
from mpiaudit.cli import _audit
from mpiaudit.report import Finding

BOOK = Path(__file__).parents[2] / "rules" / "network"
RULES = [r for r in engine.load_rules() if r.id in {"MPA123", "MPA124", "MPA125"}]
PAGES = [page for rule in RULES for page in sorted(BOOK.glob(f"{rule.id}-*/bad*.yaml"))]
ROUNDS = 2
"""A fix for SSH may leave a fault that it had hidden, for the next round."""


def findings(path: Path) -> list[Finding]:
    """Return what the rules say about a file."""
    return list(_audit.files([str(path)], RULES).findings)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_the_fixes_end_the_findings(page: Path, tmp_path: Path) -> None:
    """Whoever pastes them is done, and has closed nothing that was open."""
    path = tmp_path / "all.yaml"
    path.write_text(page.read_text())
    first = findings(path)

    for attempt in range(ROUNDS):
        for index, finding in enumerate(findings(path)):
            assert finding.hit.fix, "each has one"
            text = finding.hit.fix.text.replace("name: mpijob", f"name: fix-{attempt}-{index}")
            path.write_text(f"{path.read_text()}---\n{text}\n")

    assert first
    assert findings(path) == []
