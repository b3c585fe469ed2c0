"""What becomes of a running job's workers is foreseen where fewer of them are asked for."""

import json
from pathlib import Path
from typing import Any

import pytest

from mpiaudit import engine
from mpiaudit.collect import files
from mpiaudit.collect.overlay import lay
from mpiaudit.inventory.build import build
from mpiaudit.report import Coverage, Finding

RULES = [rule for rule in engine.load_rules() if rule.id == "MPA109"]


def laid(reference: Path, tmp_path: Path, name: str, replicas: int) -> tuple[Finding, ...]:
    """Return what is found when a recorded job is applied again with another number of workers."""
    cluster = reference / "clusters" / "healthy-v2beta1-only"
    jobs: list[dict[str, Any]] = json.loads((cluster / "mpijobs.json").read_text())["items"]
    job = next(j for j in jobs if j["metadata"]["name"] == name)
    job["spec"]["mpiReplicaSpecs"]["Worker"]["replicas"] = replicas
    manifest = tmp_path / "job.json"
    manifest.write_text(json.dumps(job))

    reading = lay(files.collect([str(manifest)], None), files.collect([str(cluster)], None), "ml")
    return engine.audit(build(reading), RULES, Coverage(name, live=False)).findings


def test_the_worker_that_goes_too_is_named(reference: Path, tmp_path: Path) -> None:
    """Whoever lowers the replicas learns before it that the first worker is restarted."""
    (finding,) = laid(reference, tmp_path, "rlaw-run", 1)

    assert finding.hit.message == (
        "rlaw-run has 2 workers and asks for 1; "
        "rlaw-run-worker-0 is to stay and bears the replica index 1"
    )
    assert finding.hit.at.object.source == str(tmp_path / "job.json")


@pytest.mark.parametrize(("name", "replicas"), [("rlaw-run", 2), ("rlaw-run", 3), ("pi-run", 1)])
def test_nothing_is_said_where_no_worker_is_lost(
    reference: Path, tmp_path: Path, name: str, replicas: int
) -> None:
    """As many workers, or more, or a launcher that is no worker: the right ones go."""
    assert laid(reference, tmp_path, name, replicas) == ()
