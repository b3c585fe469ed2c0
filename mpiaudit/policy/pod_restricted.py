"""The controls that the Pod Security Standard ``restricted`` adds, or has in place of baseline's.

Source: kubernetes/pod-security-admission v0.34.4 policy/check_*.go, one file a control.
"""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.model import dig
from mpiaudit.policy.pod_baseline import seccomp_profiles
from mpiaudit.policy.pod_fields import (
    Breach,
    Pod,
    container_settings,
    containers,
    elements,
    pod_setting,
    settings,
    windows,
    words,
)

VOLUMES = frozenset(
    (
        *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image"),
        *("persistentVolumeClaim", "projected", "secret"),
    )
)
"""Sources that a volume may have; policy/check_restrictedVolumes.go."""

OTHER_VOLUMES = (
    *("awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "fc", "flexVolume"),
    *("flocker", "gcePersistentDisk", "gitRepo", "glusterfs", "hostPath", "iscsi", "nfs"),
    *("photonPersistentDisk", "portworxVolume", "quobyte", "rbd", "scaleIO", "storageos"),
    "vsphereVolume",
)
"""All the others. A volume without any source is an ``emptyDir``."""

WINDOWS_SPARED_SINCE = 25
"""The minor version since which pods for Windows are spared where a field is for Linux only."""


def added(pod: Pod, minor: int) -> Iterator[Breach]:
    """Yield the breaches of controls that have no weaker form in ``baseline``."""
    yield from _volumes(pod)
    yield from _run_as_non_root(pod)
    if minor >= _ESCALATION_SINCE and not _spared(pod, minor):
        yield from _privilege_escalation(pod)
    if minor >= _ROOT_SINCE:
        yield from _run_as_root(pod)


def capabilities(pod: Pod, minor: int) -> Iterator[Breach]:
    """Yield the containers that keep capabilities, and what they add but ``NET_BIND_SERVICE``."""
    if _spared(pod, minor):
        return
    for path, container in containers(pod):
        field = ("securityContext", "capabilities")
        if "ALL" not in {name for _, name in words(container, *field, "drop")}:
            dropped = dig(container, *field, "drop")
            yield Breach(_CAPABILITIES, (*path, *field, "drop"), dropped)
        for index, name in words(container, *field, "add"):
            if name != "NET_BIND_SERVICE":
                yield Breach(_CAPABILITIES, (*path, *field, "add", index), name)


def seccomp(pod: Pod, minor: int) -> Iterator[Breach]:
    """Yield the wrong seccomp profiles or, where there is none, the missing ones."""
    if _spared(pod, minor):
        return
    wrong = list(seccomp_profiles(pod))
    yield from wrong
    _, inherited = pod_setting(pod, "seccompProfile")
    if wrong or inherited is not None:
        return
    for path, profile in container_settings(pod, "seccompProfile"):
        if profile is None:
            yield Breach("seccompProfile", path, None)


_CAPABILITIES = "unrestricted capabilities"
_ESCALATION_SINCE = 8
_ROOT_SINCE = 23


def _spared(pod: Pod, minor: int) -> bool:
    return minor >= WINDOWS_SPARED_SINCE and windows(pod)


def _volumes(pod: Pod) -> Iterator[Breach]:
    for index, volume in elements(pod, "spec", "volumes"):
        sources = {name for name, source in volume.items() if source is not None}
        if sources & VOLUMES:
            continue
        for name in OTHER_VOLUMES:
            if name in sources:
                path = ("spec", "volumes", index, name)
                yield Breach("restricted volume types", path, volume[name])


def _run_as_non_root(pod: Pod) -> Iterator[Breach]:
    control = "runAsNonRoot != true"
    wrong = [path for path, value in settings(pod, "runAsNonRoot") if value is False]
    yield from (Breach(control, path, value=False) for path in wrong)
    _, inherited = pod_setting(pod, "runAsNonRoot")
    if wrong or inherited is not None:
        return
    for path, value in container_settings(pod, "runAsNonRoot"):
        if value is None:
            yield Breach(control, path, None)


def _privilege_escalation(pod: Pod) -> Iterator[Breach]:
    for path, value in container_settings(pod, "allowPrivilegeEscalation"):
        if value is not False:
            yield Breach("allowPrivilegeEscalation != false", path, value)


def _run_as_root(pod: Pod) -> Iterator[Breach]:
    for path, value in settings(pod, "runAsUser"):
        if value == 0 and not isinstance(value, bool):
            yield Breach("runAsUser=0", path, value)
