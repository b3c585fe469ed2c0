"""What a change of mpi-operator's release does to the names of running workers is foreseen."""

import json
from pathlib import Path
from typing import Any

import pytest

from mpiaudit import engine
from mpiaudit.collect import files
from mpiaudit.collect.overlay import lay
from mpiaudit.inventory.build import build
from mpiaudit.report import Coverage, Finding

RULES = [rule for rule in engine.load_rules() if rule.id == "MPA072"]


def moved(reference: Path, tmp_path: Path, tag: str) -> tuple[Finding, ...]:
    """Return what is found when the operator of a recorded cluster goes to another release."""
    cluster = reference / "clusters" / "healthy-v2beta1-only"
    found: list[dict[str, Any]] = json.loads((cluster / "deployments.json").read_text())["items"]
    operator = next(d for d in found if d["metadata"]["name"] == "mpi-operator")
    operator["spec"]["template"]["spec"]["containers"][0]["image"] = (
        f"mpioperator/mpi-operator:{tag}"
    )
    manifest = tmp_path / "operator.json"
    manifest.write_text(json.dumps(operator))

    reading = lay(files.collect([str(manifest)], None), files.collect([str(cluster)], None), "ml")
    return engine.audit(build(reading), RULES, Coverage(tag, live=False)).findings


def test_the_way_back_loses_the_names_of_running_workers(reference: Path, tmp_path: Path) -> None:
    """Both running jobs, and neither of those that have ended, are named before it happens."""
    found = moved(reference, tmp_path, "0.4.0")

    told = {f.hit.at.object.name: f.hit.message for f in found}
    assert told.keys() == {"pi-run", "rlaw-run"}
    assert told["pi-run"] == (
        "mpi-operator 0.4.0 writes pi-run-worker-0.pi-run-worker into the hostfile; "
        "pi-run-worker-0 is named under pi-run"
    )


@pytest.mark.parametrize("tag", ["0.6.0", "0.8.0", "latest"])
def test_releases_that_name_workers_alike_are_silent(
    reference: Path, tmp_path: Path, tag: str
) -> None:
    """Since 0.5 the names are the same, and of latest nobody knows."""
    assert moved(reference, tmp_path, tag) == ()
