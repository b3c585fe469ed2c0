"""Reading recorded clusters over HTTP finds what is in the recordings, no less and no more."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from collect.server import kubeconfig, serve
from collect.small import ALL
from mpiaudit.collect.live import Options, collect
from mpiaudit.inventory.build import KINDS
from mpiaudit.model import Resource, dig

PLURALS = {"crds": "customresourcedefinitions"}
"""Plurals of recordings that have a short name."""

CHILDREN = ("jobs", "configmaps", "secrets")
"""Plurals of which only those count that an MPIJob has."""

OPERATORS = {"mpi-operator", "mpijob-controller"}

RECORDINGS = [
    "both-operators-v2-crd",
    "coexistence-done-right",
    "dual-served-double-reconcile",
    "dual-v1-controllers",
    "finished-jobs-hold-workers",
    "healthy-v1-training-operator",
    "healthy-v2beta1-only",
    "invalid-jobs-ignored",
    "lock-namespace-missing",
]


def recorded(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the objects of a recording, by plural."""
    return {
        PLURALS.get(path.stem, path.stem): json.loads(path.read_text())["items"]
        for path in folder.glob("*.json")
        if path.stem != "version"
    }


def expected(objects: dict[str, list[dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """Return the objects that a full reading must find, by uid."""
    jobs = {
        (body["metadata"]["namespace"], body["metadata"]["name"]) for body in objects["mpijobs"]
    }
    spaces = {space for space, _ in jobs}
    operators = {
        (body["metadata"]["namespace"], body["metadata"]["name"])
        for body in objects["deployments"]
        if body["metadata"]["name"] in {"mpi-operator", "training-operator"}
    }
    homes = {space for space, _ in operators}
    realms = homes | {"mpi-operator"}
    child = {plural: lambda s, n, _: (s, n.rpartition("-")[0]) in jobs for plural in CHILDREN}
    wanted: dict[str, Callable[[str, str, dict[str, Any]], bool]] = {
        **child,
        "customresourcedefinitions": lambda _s, name, _: name == "mpijobs.kubeflow.org",
        "mpijobs": lambda *_: True,
        "deployments": lambda *_: True,
        "namespaces": lambda *_: True,
        "pods": lambda space, name, body: (
            dig(body, "metadata", "labels", "training.kubeflow.org/operator-name") in OPERATORS
            or (space, name.rsplit("-", 2)[0]) in operators
        ),
        "services": lambda space, *_: space in spaces,
        "serviceaccounts": lambda space, *_: space in spaces | homes,
        "events": lambda _s, _n, body: bool(body["involvedObject"]["kind"] == "MPIJob"),
        "leases": lambda _s, name, _: name == "mpi-operator",
        "clusterroles": lambda *_: True,
        "clusterrolebindings": lambda *_: True,
        "roles": lambda space, *_: space in realms,
        "rolebindings": lambda space, *_: space in realms,
    }
    return {
        body["metadata"]["uid"]: body
        for plural, bodies in objects.items()
        for body in bodies
        if plural in wanted
        and wanted[plural](str(dig(body, "metadata", "namespace")), body["metadata"]["name"], body)
    }


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recorded_cluster_is_read_whole(reference: Path, name: str, tmp_path: Path) -> None:
    """Every rule sees over HTTP what it would see in the files of the same cluster."""
    objects = recorded(reference / "clusters" / name)
    wanted = expected(objects)
    with serve(objects) as server:
        options = Options(kubeconfig(tmp_path / "config", server), chunk_size=7)

        reading = collect(ALL, options)
        found = {str(r.get("metadata", "uid")): r for r in reading.resources}

    assert sorted(r.reference.key for r in found.values()) == sorted(
        Resource(body, "").reference.key for body in wanted.values()
    )
    assert reading.gaps == {}
    for uid, body in wanted.items():
        view = KINDS[found[uid].kind].parse
        body["apiVersion"] = found[uid].api_version  # kubectl may have asked in another one
        assert view(found[uid]) == view(Resource(body, found[uid].source))
