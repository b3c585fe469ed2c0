"""The structure of MPIJob in the newest release of each version, for manifests without a CRD.

Made by ``tools/schemas/reduce.py``, which names the sources.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Shipped:
    """What one release declares of one version."""

    source: str
    """Its repository and tag: ``kubeflow/mpi-operator@v0.8.0``."""

    structural: Mapping[str, Any]
    """The structural schema: fields and types, and nothing of values and defaults."""


@cache
def shipped(version: str) -> Shipped | None:
    """Return the schema of ``v2beta1`` or ``v1``; None of versions no release serves any more."""
    text = Path(__file__).with_name("schemas.json").read_text(encoding="utf-8")
    body = json.loads(text)
    known = body["versions"].get(version)
    if known is None:
        return None
    spec = known["spec"]
    replica = spec["properties"]["mpiReplicaSpecs"]["additionalProperties"]["properties"]
    replica["template"] = body["template"]
    return Shipped(known["source"], {"type": "object", "properties": {"spec": spec}})
