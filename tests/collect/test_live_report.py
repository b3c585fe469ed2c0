"""A live scan says what a scan of the exported files says, and less, never other, when refused."""

from collections.abc import Callable
from email.utils import format_datetime
from functools import cache
from pathlib import Path

import pytest

from collect.server import Fault, kubeconfig, serve
from collect.test_recorded import RECORDINGS, recorded
from mpiaudit import engine
from mpiaudit.cli import _audit
from mpiaudit.collect import files
from mpiaudit.collect.live import Options
from mpiaudit.inventory.build import build
from mpiaudit.render import Look, render
from mpiaudit.report import Finding, Report

RULES = engine.load_rules()

FAULTS: dict[str, Callable[[str], Fault]] = {
    "forbidden": lambda path: Fault(path, 403),
    "unauthorized": lambda path: Fault(path, 401),
    "broken": lambda path: Fault(path, 500, headers={"Retry-After": "0"}),
    "malformed": lambda path: Fault(path, content='{"items": [{]}'),
    "cut": lambda path: Fault(path, how="cut"),
}

PARTLY = "dual-served-double-reconcile"
"""The recording that is read in part."""

LISTS = ("/customresourcedefinitions/", "/deployments", "/mpijobs", "/pods", "/events", "/leases")


def said(findings: tuple[Finding, ...]) -> set[tuple[str, str]]:
    """Return which rule spoke of which object, symptoms included."""
    return {
        (each.rule.id, str(each.hit.at.object))
        for finding in findings
        for each in (finding, *finding.explains)
    }


@cache
def taken(folder: Path) -> str:
    """Return when a recording was made, as HTTP writes it."""
    now = build(files.collect([str(folder)], None)).now
    assert now is not None
    return format_datetime(now, usegmt=False)


def scan(folder: Path, tmp_path: Path, *faults: Fault) -> Report:
    """Return the report on a recorded cluster, read over HTTP at the time of its recording."""
    with serve(recorded(folder), *faults) as server:
        server.clock = taken(folder)
        options = Options(kubeconfig(tmp_path / "config", server), request_timeout=5)
        return _audit.cluster(options, RULES)


@pytest.mark.parametrize("name", RECORDINGS)
def test_live_and_files_say_the_same(reference: Path, name: str, tmp_path: Path) -> None:
    """Whoever may not reach the cluster gets from its export what a live scan would say."""
    folder = reference / "clusters" / name

    live = scan(folder, tmp_path)
    exported = _audit.files([str(folder)], RULES)

    unjudged = {s.rule.id for s in exported.skips}
    assert said(exported.findings) == {s for s in said(live.findings) if s[0] not in unjudged}
    assert live.verdict.controllers == exported.verdict.controllers
    assert live.verdict.answer == exported.verdict.answer
    assert live.complete


@pytest.fixture(scope="module")
def whole(reference: Path, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Return the report on a recorded cluster of which all can be read."""
    return scan(reference / "clusters" / PARTLY, tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("how", FAULTS)
def test_what_is_refused_is_not_judged(
    reference: Path, whole: Report, how: str, path: str, tmp_path: Path
) -> None:
    """Partial sight finds less, invents nothing, and never gives an unqualified grade."""
    partial = scan(reference / "clusters" / PARTLY, tmp_path, FAULTS[how](path))

    assert said(partial.findings) <= said(whole.findings)
    assert not partial.complete
    assert set(partial.passed) <= set(whole.passed)
    assert "at best" in render(partial, "text", Look())
    assert partial.grade is None or whole.grade is None or partial.grade >= whole.grade


def test_a_cluster_that_shows_nothing_is_not_called_empty(reference: Path, tmp_path: Path) -> None:
    """Whoever may list nothing is told so, and not that there is nothing to audit."""
    folder = reference / "clusters" / "dual-served-double-reconcile"

    report = scan(folder, tmp_path, Fault("/apis/", 403), Fault("/api/", 403))
    shown = render(report, "text", Look())

    assert report.grade is None
    assert not report.empty
    assert "Nothing to audit" not in shown
    assert "No grade: nothing that was asked for could be judged" in shown
    assert "Not judged: " in shown


def test_same_cluster_same_bytes(reference: Path, tmp_path: Path) -> None:
    """Two scans of one state print the same report, whichever answer came first."""
    folder = reference / "clusters" / "invalid-jobs-ignored"

    first, second = (render(scan(folder, tmp_path), "json") for _ in range(2))

    assert first == second
