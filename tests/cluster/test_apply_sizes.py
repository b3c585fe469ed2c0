"""A client-side apply of a CRD fails exactly where MPA012 says so."""

import json
from pathlib import Path

import pytest

from cluster.client import Body
from cluster.cluster import Cluster, every
from cluster.releases import definition
from cluster.sweep import CRDS, MPIJOBS
from mpiaudit import engine
from mpiaudit.cli import _audit
from mpiaudit.collect.annotation import annotated
from mpiaudit.collect.live import Options
from mpiaudit.model import Resource
from mpiaudit.report import Report

PAIRS = [
    ("mpi-operator-0.4.0", "mpi-operator-0.4.0", False),
    ("mpi-operator-0.4.0", "mpi-operator-0.8.0", True),
    ("training-operator-1.7.0", "training-operator-1.9.0", False),
    ("training-operator-1.7.0", "training-operator-1.9.4", True),
]
"""What was applied client-side, what is to be applied over it, and whether it is too large."""


@pytest.mark.parametrize(("installed", "applied", "too_large"), PAIRS)
def test_too_large(
    cluster: Cluster, tmp_path: Path, installed: str, applied: str, *, too_large: bool
) -> None:
    """Who upgrades as they installed learns that the CRD will not follow."""
    apply_client_side(cluster, tmp_path, definition(installed))
    manifest = {**definition(applied)}

    foretold = found(over(cluster, manifest, tmp_path), "manifest.json")
    answer = cluster.kubectl(
        "apply", "--dry-run=server", "-f", str(tmp_path / "manifest.json"), check=False
    )

    assert foretold is too_large
    assert ("metadata.annotations: Too long" in answer) is too_large, answer


@pytest.mark.parametrize("release", ["mpi-operator-0.4.0", "training-operator-1.9.0"])
def test_measured_size(cluster: Cluster, tmp_path: Path, release: str) -> None:
    """The number in the message is the number that the API server compares with its limit."""
    first = definition(release)
    first["metadata"].setdefault("annotations", {})["gone"] = "with the next apply"
    live = apply_client_side(cluster, tmp_path, first)
    cluster.kubectl("annotate", "crd", MPIJOBS, "kept=<by & for others>")
    live = cluster.admin.get(f"{CRDS}/{MPIJOBS}")

    size = annotated(Resource(definition(release), "a.yaml"), Resource(live, "cluster:lab"))
    after = apply_client_side(cluster, tmp_path, definition(release))

    annotations = after["metadata"]["annotations"]
    assert size == sum(len(k.encode()) + len(v.encode()) for k, v in annotations.items())
    assert "kept" in annotations


def test_server_side_since(cluster: Cluster, tmp_path: Path) -> None:
    """Who has moved to a server-side apply is not warned, although the annotation stays."""
    apply_client_side(cluster, tmp_path, definition("mpi-operator-0.4.0"))
    cluster.apply([definition("mpi-operator-0.4.0")])

    report = over(cluster, definition("mpi-operator-0.8.0"), tmp_path)

    assert not found(report, "manifest.json")
    assert not found(cluster.scan(), "cluster:")


def test_little_room(cluster: Cluster, tmp_path: Path) -> None:
    """Before any manifest is there, a live scan says that the next release will not fit."""
    apply_client_side(cluster, tmp_path, definition("mpi-operator-0.4.0"))

    assert found(cluster.scan(), "cluster:")


def apply_client_side(cluster: Cluster, folder: Path, body: Body) -> Body:
    """Apply a CRD as kubectl does by default; return what the cluster then has."""
    path = folder / "installed.json"
    path.write_text(json.dumps(body))
    cluster.kubectl("apply", "-f", str(path))
    cluster.served(MPIJOBS)
    return cluster.admin.get(f"{CRDS}/{MPIJOBS}")


def over(cluster: Cluster, body: Body, folder: Path) -> Report:
    """Return the report on a manifest over the cluster."""
    path = folder / "manifest.json"
    path.write_text(json.dumps(body))
    rules = engine.load_rules()
    options = Options(kubeconfig=str(cluster.plane.kubeconfig("admin")))
    return _audit.cluster(options, rules, None, _audit.manifests([str(path)], rules))


def found(report: Report, source: str) -> bool:
    """Return whether MPA012 found something in *source*."""
    hits = [f.hit for f in every(report.findings) if f.rule.id == "MPA012"]
    return any(source in hit.at.object.source for hit in hits)
