"""Fixes, and the words around them, that more than one rule offers."""

from __future__ import annotations

import json

from mpiaudit.facts import releases
from mpiaudit.inventory.controller import MPIJOB_SCHEME, Controller
from mpiaudit.rule import Disposition, Fix

DEFAULT_KINDS = ("tfjob", "pytorchjob", "xgboostjob", "paddlejob", "jaxjob")
"""What training-operator 1.9 runs beside MPIJob; for an image whose release is unknown.

kubeflow/trainer v1.9.4 pkg/controller.v1/register_controller.go.
"""


def disable_mpijob(controller: Controller) -> Fix:
    """Return the patch that makes training-operator list every kind but MPIJob.

    There is no negative form of ``--enable-scheme``. Other arguments stay as they are.
    """
    release = controller.release and releases.nearest(controller.product, controller.release)
    kinds = release.kinds if release else DEFAULT_KINDS
    kept = [s for s in controller.schemes or () if s.lower() != MPIJOB_SCHEME]
    schemes = kept or [k for k in kinds if k != MPIJOB_SCHEME]
    args = [a for a in _arguments(controller) if not a.lstrip("-").startswith("enable-scheme")]
    return patch_container(
        controller,
        "args",
        [*args, *(f"--enable-scheme={s}" for s in schemes)],
        f"restarts {controller.ref}; its other kinds go on",
    )


def patch_container(controller: Controller, name: str, value: object, summary: str) -> Fix:
    """Return a ``kubectl patch`` that sets one field of the controller's container."""
    path = f"/spec/template/spec/containers/{controller.container}/{name}"
    patch = json.dumps([{"op": "add", "path": path, "value": value}])
    command = (
        f"kubectl -n {controller.namespace or 'NAMESPACE'} patch {controller.ref.kind.lower()} "
        f"{controller.name} --type=json -p '{patch}'"
    )
    return Fix(summary, command, Disposition.SAFE)


def why_enabled(controller: Controller) -> str:
    """Return the words that prove that training-operator runs MPIJob."""
    if not controller.schemes:
        return "no --enable-scheme, so every kind is on"
    return "--enable-scheme names mpijob"


def _arguments(controller: Controller) -> tuple[str, ...]:
    """Return the arguments as the container gives them, ``--flag value`` pairs joined."""
    return (controller.argv or ())[1:]
