"""The Pod Security Standards, as the API server enforces them on the pods of a namespace.

Source: kubernetes/pod-security-admission v0.34.4 policy/registry.go (which control holds in which
version), policy/check_*.go (the controls), api/helpers.go (the labels).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mpiaudit.policy import pod_baseline, pod_restricted
from mpiaudit.policy.pod_fields import Breach, Pod

ENFORCE = "pod-security.kubernetes.io/enforce"
ENFORCE_VERSION = "pod-security.kubernetes.io/enforce-version"

NEWEST = 34
"""The last minor version of Kubernetes that changed a control; later ones are taken to be it."""


@dataclass(frozen=True, slots=True)
class Standard:
    """One level of the Pod Security Standards, in one version."""

    level: str
    """``baseline`` or ``restricted``."""

    minor: int = NEWEST
    """Of the version: 24 for ``v1.24``."""

    version: str = "latest"
    """As the label spells it."""

    def __str__(self) -> str:
        """Return ``restricted:latest``, as the API server writes it."""
        return f"{self.level}:{self.version}"


def enforced(labels: Mapping[str, str]) -> Standard | None:
    """Return the standard that a namespace with *labels* enforces.

    None where it enforces none, where the cluster's own default decides, and for words that no
    API server lets a namespace have.
    """
    level = labels.get(ENFORCE)
    version = labels.get(ENFORCE_VERSION, "latest")
    spelt = _VERSION.fullmatch(version)
    if level not in {"baseline", "restricted"} or not (spelt or version == "latest"):
        return None
    return Standard(level, int(spelt[1]) if spelt else NEWEST, version)


def breaches(pod: Pod, standard: Standard) -> Iterator[Breach]:
    """Yield each field by which *pod* violates *standard*; nothing for a pod that is allowed.

    What the API server puts into a pod before it judges it counts: a volume without a source is
    an ``emptyDir``, and every port of a pod on the node's network is one of the node.
    """
    minor = standard.minor
    restricted = standard.level == "restricted"
    yield from pod_baseline.shared(pod, minor)
    if restricted and minor >= _CAPABILITIES_SINCE:
        yield from pod_restricted.capabilities(pod, minor)
    else:
        yield from pod_baseline.added_capabilities(pod)
    if restricted and minor >= _SECCOMP_SINCE:
        yield from pod_restricted.seccomp(pod, minor)
    elif minor >= _SECCOMP_SINCE:
        yield from pod_baseline.seccomp_profiles(pod)
    else:
        yield from pod_baseline.seccomp_annotations(pod)
    if restricted:
        yield from pod_restricted.added(pod, minor)
    else:
        yield from pod_baseline.host_path_volumes(pod)


_VERSION = re.compile(r"v1\.(0|[1-9][0-9]*)", re.ASCII)
_CAPABILITIES_SINCE = 22
_SECCOMP_SINCE = 19
