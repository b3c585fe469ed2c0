"""Where Istio puts its proxy into pods."""

from __future__ import annotations

from collections.abc import Mapping

from mpiaudit.inventory.template import PodTemplate

INJECT = "sidecar.istio.io/inject"
"""The label, once an annotation, by which a pod decides against its namespace."""

INJECTION = "istio-injection"
REVISION = "istio.io/rev"


def injection(labels: Mapping[str, str]) -> str:
    """Return the one of a namespace's *labels* that turns injection on, or the empty string.

    istio/istio 1.24.0 pkg/kube/inject/inject.go (``injectRequired``).
    """
    decided = labels.get(INJECTION)
    if decided == "enabled":
        return f"{INJECTION}={decided}"
    revision = labels.get(REVISION)
    return f"{REVISION}={revision}" if revision and decided is None else ""


def spared(template: PodTemplate) -> bool:
    """Return whether pods of *template* get no proxy, whatever their namespace says."""
    marks = (template.labels.get(INJECT), template.annotations.get(INJECT))
    return template.host_network or "false" in marks
