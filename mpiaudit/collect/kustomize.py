"""Which files a kustomization may use as patches."""

from __future__ import annotations

import os
from functools import lru_cache

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""kubernetes-sigs/kustomize api/v0.18.0 api/konfig/general.go."""


def beside_kustomization(path: str) -> bool:
    """Return whether *path*, or the folder above it, has a kustomization next to it.

    Patches lie beside their kustomization or in a folder of their own below it.
    """
    folder = os.path.dirname(os.path.abspath(path))  # noqa: PTH100, PTH120 - as all of collect
    return _kustomized(folder) or _kustomized(os.path.dirname(folder))  # noqa: PTH120


@lru_cache(1 << 10)
def _kustomized(folder: str) -> bool:
    return any(os.path.exists(os.path.join(folder, name)) for name in NAMES)  # noqa: PTH110, PTH118
