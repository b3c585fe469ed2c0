"""The API server refuses a CRD over another one exactly where MPA006 says so."""

import json
from pathlib import Path

import pytest

from cluster.cluster import Cluster, fired
from cluster.releases import definition
from cluster.sweep import CRDS, MPIJOBS
from mpiaudit import engine
from mpiaudit.cli import _audit

PAIRS = [
    ("mpi-operator-0.8.0", "training-operator-1.9.0", True),
    ("mpi-operator-0.8.0", "mpi-operator-0.6.0", False),
    ("mpi-operator-0.8.0", "mpi-operator.v1-0.3.0", False),
    ("training-operator-1.9.0", "mpi-operator-0.8.0", True),
    ("training-operator-1.9.0", "training-operator-1.7.0", False),
    ("training-operator-1.9.0", "mpi-operator.v1-0.3.0", False),
    ("mpi-operator.v1-0.3.0", "mpi-operator-0.8.0", False),
]
"""What is installed, what is applied over it, and whether that is refused."""


@pytest.mark.parametrize(("installed", "applied", "refused"), PAIRS)
def test_refused_write(
    cluster: Cluster, tmp_path: Path, installed: str, applied: str, *, refused: bool
) -> None:
    """A pipeline learns before the upgrade what the API server would say in its middle."""
    cluster.apply([definition(installed)])
    exported, successor = tmp_path / "installed.json", tmp_path / "applied.json"
    exported.write_text(json.dumps(cluster.admin.get(f"{CRDS}/{MPIJOBS}")))
    successor.write_text(json.dumps(definition(applied)))

    foretold = "MPA006" in fired(_audit.files([str(tmp_path)], engine.load_rules()))
    answer = cluster.kubectl(
        "apply", "--server-side", "--force-conflicts", "--dry-run=server",
        "-f", str(successor), check=False,
    )  # fmt: skip

    assert foretold is refused
    assert ("status.storedVersions[" in answer) is refused
