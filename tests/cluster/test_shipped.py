"""What a target stands for is what upstream's own manifests hold."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from cluster.client import Body
from cluster.releases import shipped as upstream
from mpiaudit.collect import shipped, target
from mpiaudit.collect.applied import controller_in
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.model import Resource
from mpiaudit.schema.faults import Schema

RELEASES = (
    "mpi-operator-0.4.0",
    "mpi-operator-0.6.0",
    "mpi-operator-0.8.0",
    "training-operator-1.7.0",
    "training-operator-1.9.0",
    "training-operator-1.9.4",
)
"""Those whose own manifests the testbed has."""

OPEN = "x-kubernetes-preserve-unknown-fields"


def both(release: str) -> tuple[Controller, Controller, Crd, Crd]:
    """Return the controller and the CRD of a target, each before upstream's own."""
    product, _, version = release.rpartition("-")
    named = target.parse(f"{product} {version}")
    bodies = [Resource(b, "upstream.yaml") for b in upstream(release)]
    own = controller_in(shipped.deployment(named))
    theirs = next(c for r in bodies if r.kind == "Deployment" and (c := controller_in(r)))
    schema = named.definition
    assert own is not None
    assert schema is not None
    crd = Crd.parse(shipped.definition(named, schema))
    (original,) = filter(None, (Crd.parse(r) for r in bodies if r.kind == shipped.DEFINITION))
    assert crd is not None
    return own, theirs, crd, original


@pytest.mark.parametrize("release", RELEASES)
def test_the_controller_is_the_one_that_ships(release: str) -> None:
    """Nobody wants findings about settings that upstream does not have."""
    own, theirs, _, _ = both(release)

    assert own.namespace == theirs.namespace
    assert own.name == theirs.name
    assert own.template.labels == theirs.template.labels
    assert own.template.annotations == theirs.template.annotations
    shown: dict[str, Any] = {
        "identity": theirs.identity,
        "ready": None,
        "template": theirs.template,
    }
    if theirs.image.tag == "master":  # mpi-operator 0.4.0 forgot to name itself
        shown |= {"image": theirs.image, "release": theirs.release}
    assert replace(own, **shown) == theirs


@pytest.mark.parametrize("release", RELEASES)
def test_the_definition_is_the_one_that_ships(release: str) -> None:
    """What is served and which fields there are decides what becomes of every job."""
    _, _, own, theirs = both(release)

    assert own.served == theirs.served
    assert own.storage == theirs.storage
    assert own.installed
    (mine,), (upstreams,) = own.versions, theirs.versions
    assert mine.properties == upstreams.properties
    assert mine.status_apart == upstreams.status_apart
    assert own.origin is not None
    assert theirs.origin is not None
    assert own.origin.releases == theirs.origin.releases


@pytest.mark.parametrize("release", RELEASES)
def test_no_field_that_ships_is_unknown(release: str) -> None:
    """A pod template of another release must not raise a false alarm."""
    _, _, own, theirs = both(release)
    path = ("properties", "spec")

    mine = [v.schema[path[0]][path[1]] for v in own.versions]
    upstreams = [v.schema[path[0]][path[1]] for v in theirs.versions]

    assert sorted(lacking(mine[0], upstreams[0], "spec")) == []
    assert Schema(own.versions[0].schema).structural


def lacking(mine: Body, theirs: Body, path: str) -> Iterator[str]:
    """Yield what *theirs* declares and *mine* refuses, and what only *mine* requires."""
    if mine.get(OPEN):
        return
    required = set(theirs.get("required", ()))
    defaults = {n for n, f in theirs.get("properties", {}).items() if "default" in f}
    yield from (f"{path}.{n} is required" for n in set(mine.get("required", ())) - required)
    assert required - set(mine.get("required", ())) <= defaults | {"ip"}
    for name, field in theirs.get("properties", {}).items():
        if name not in mine.get("properties", {}):
            yield f"{path}.{name}"
        else:
            yield from lacking(mine["properties"][name], field, f"{path}.{name}")
    for inner in ("items", "additionalProperties"):
        if isinstance(theirs.get(inner), dict) and mine.get(inner) is not True:
            yield from lacking(mine[inner], theirs[inner], f"{path}[]")
