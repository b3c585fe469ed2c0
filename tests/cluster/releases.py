"""What a release ships: the objects of its own manifests."""

from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import cast

import yaml

from cluster import bed
from cluster.client import Body
from cluster.sweep import MPIJOBS


def shipped(release: str) -> list[Body]:
    """Return the objects of *release*'s own manifests."""
    return deepcopy(_parsed(bed.manifest(release)))


@cache
def _parsed(path: Path) -> list[Body]:
    return list(yaml.load_all(path.read_bytes(), yaml.CSafeLoader))


def definition(release: str) -> Body:
    """Return the MPIJob CRD of *release*."""
    return next(
        d
        for d in shipped(release)
        if (d["kind"], d["metadata"]["name"]) == ("CustomResourceDefinition", MPIJOBS)
    )


def terse(document: Body) -> Body:
    """Return *document*; of a CRD without descriptions, which cost half of what a CRD costs."""
    if document["kind"] != "CustomResourceDefinition":
        return document
    return cast("Body", _undescribed(document))


def _undescribed(value: object) -> object:
    """Return *value* without what describes fields; a field named description stays."""
    if isinstance(value, list):
        return [_undescribed(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _undescribed(each)
        for key, each in value.items()
        if key != "description" or not isinstance(each, str)
    }


def disarm(hooks: Body) -> None:
    """Have the hooks match no object: the API server cannot reach a Service here."""
    for hook in hooks["webhooks"]:
        hook["objectSelector"] = {"matchLabels": {"testbed/asks": "webhook"}}
