"""The controls of the Pod Security Standard ``baseline``.

Source: kubernetes/pod-security-admission v0.34.4 policy/check_*.go, one file a control.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from mpiaudit.model import dig
from mpiaudit.policy.pod_fields import Breach, Pod, containers, elements, settings, words

CAPABILITIES = (
    *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD"),
    *("NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
)
"""What a container may add. ``IPC_LOCK`` and ``SYS_PTRACE``, which RDMA asks for, are not in it.

policy/check_capabilities_baseline.go.
"""

SYSCTLS = {
    "kernel.shm_rmid_forced": 0,
    "net.ipv4.ip_local_port_range": 0,
    "net.ipv4.tcp_syncookies": 0,
    "net.ipv4.ping_group_range": 0,
    "net.ipv4.ip_unprivileged_port_start": 0,
    "net.ipv4.ip_local_reserved_ports": 27,
    "net.ipv4.tcp_keepalive_time": 29,
    "net.ipv4.tcp_fin_timeout": 29,
    "net.ipv4.tcp_keepalive_intvl": 29,
    "net.ipv4.tcp_keepalive_probes": 29,
    "net.ipv4.tcp_rmem": 32,
    "net.ipv4.tcp_wmem": 32,
}
"""The minor version of the standard since which a sysctl is allowed; policy/check_sysctls.go."""

SELINUX_TYPES = {
    "": 0,
    "container_t": 0,
    "container_init_t": 0,
    "container_kvm_t": 0,
    "container_engine_t": 31,
}
"""The minor version since which a type is allowed; policy/check_seLinuxOptions.go."""

PROFILES = ("RuntimeDefault", "Localhost")
"""Of AppArmor and of seccomp."""

APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
SECCOMP = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"


def shared(pod: Pod, minor: int) -> Iterator[Breach]:
    """Yield the breaches of controls that ``restricted`` has unchanged."""
    yield from _app_armor(pod)
    yield from _host_namespaces(pod)
    yield from _host_ports(pod)
    if minor >= _PROBE_HOSTS_SINCE:
        yield from _probe_hosts(pod)
    yield from _privileged(pod)
    yield from _proc_mount(pod)
    yield from _selinux(pod, minor)
    yield from _sysctls(pod, minor)
    yield from _windows_host_process(pod)


def added_capabilities(pod: Pod) -> Iterator[Breach]:
    """Yield the capabilities beyond the default set that containers add."""
    for path, container in containers(pod):
        field = ("securityContext", "capabilities", "add")
        for index, name in words(container, *field):
            if name not in CAPABILITIES:
                yield Breach("non-default capabilities", (*path, *field, index), name)


def host_path_volumes(pod: Pod) -> Iterator[Breach]:
    """Yield the volumes that are folders of the node."""
    for index, volume in elements(pod, "spec", "volumes"):
        if (source := volume.get("hostPath")) is not None:
            yield Breach("hostPath volumes", ("spec", "volumes", index, "hostPath"), source)


def seccomp_annotations(pod: Pod) -> Iterator[Breach]:
    """Yield the annotations that turned seccomp off before there was a field (v1.0 to v1.18)."""
    names = {str(container.get("name")) for _, container in containers(pod)}
    keys = {SECCOMP, *(f"{SECCOMP_CONTAINER}{name}" for name in names)}
    for key, profile in _annotations(pod):
        allowed = profile in {"runtime/default", "docker/default"}
        if key in keys and not (allowed or profile.startswith("localhost/")):
            yield Breach("seccompProfile", ("metadata", "annotations", key), profile)


def seccomp_profiles(pod: Pod) -> Iterator[Breach]:
    """Yield the seccomp profiles that are neither the runtime's nor the node's."""
    for path, profile in settings(pod, "seccompProfile"):
        if dig(profile, "type") not in PROFILES:
            yield Breach("seccompProfile", (*path, "type"), dig(profile, "type"))


_PROBE_HOSTS_SINCE = 34
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HOOKS = (("lifecycle", "postStart"), ("lifecycle", "preStop"))
_ASKING = ("httpGet", "tcpSocket")


def _annotations(pod: Pod) -> Iterator[tuple[str, str]]:
    found = dig(pod, "metadata", "annotations")
    for key, value in (found if isinstance(found, Mapping) else {}).items():
        if isinstance(key, str) and isinstance(value, str):
            yield key, value


def _app_armor(pod: Pod) -> Iterator[Breach]:
    control = "forbidden AppArmor profile"
    for path, profile in settings(pod, "appArmorProfile"):
        if dig(profile, "type") not in PROFILES:
            yield Breach(control, (*path, "type"), dig(profile, "type"))
    for key, profile in _annotations(pod):
        allowed = profile in {"", "runtime/default"} or profile.startswith("localhost/")
        if key.startswith(APPARMOR) and not allowed:
            yield Breach(control, ("metadata", "annotations", key), profile)


def _host_namespaces(pod: Pod) -> Iterator[Breach]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if dig(pod, "spec", field) is True:
            yield Breach("host namespaces", ("spec", field), value=True)


def _host_ports(pod: Pod) -> Iterator[Breach]:
    """Yield the ports of the node; in a pod on its network every port is one.

    The API server fills them in: kubernetes/kubernetes v1.34.4 pkg/apis/core/v1/defaults.go
    (``defaultHostNetworkPorts``).
    """
    on_node = dig(pod, "spec", "hostNetwork") is True
    for path, container in containers(pod):
        for index, port in elements(container, "ports"):
            number = port.get("hostPort") or (on_node and port.get("containerPort"))
            if number:
                yield Breach("hostPort", (*path, "ports", index, "hostPort"), number)


def _probe_hosts(pod: Pod) -> Iterator[Breach]:
    places = [*((probe,) for probe in _PROBES), *_HOOKS]
    for path, container in containers(pod):
        for place, asking in product(places, _ASKING):
            field = (*place, asking, "host")
            if host := dig(container, *field):
                yield Breach("probe or lifecycle host", (*path, *field), host)


def _privileged(pod: Pod) -> Iterator[Breach]:
    for path, container in containers(pod):
        if dig(container, "securityContext", "privileged") is True:
            yield Breach("privileged", (*path, "securityContext", "privileged"), value=True)


def _proc_mount(pod: Pod) -> Iterator[Breach]:
    for path, container in containers(pod):
        mount = dig(container, "securityContext", "procMount")
        if mount not in (None, "Default"):
            yield Breach("procMount", (*path, "securityContext", "procMount"), mount)


def _selinux(pod: Pod, minor: int) -> Iterator[Breach]:
    for path, options in settings(pod, "seLinuxOptions"):
        named: Any = dig(options, "type")
        if SELINUX_TYPES.get(named or "", minor + 1) > minor:
            yield Breach("seLinuxOptions", (*path, "type"), named)
        for field in ("user", "role"):
            if value := dig(options, field):
                yield Breach("seLinuxOptions", (*path, field), value)


def _sysctls(pod: Pod, minor: int) -> Iterator[Breach]:
    field = ("spec", "securityContext", "sysctls")
    for index, sysctl in elements(pod, *field):
        name = str(sysctl.get("name") or "")
        if SYSCTLS.get(name, minor + 1) > minor:
            yield Breach("forbidden sysctls", (*field, index, "name"), name)


def _windows_host_process(pod: Pod) -> Iterator[Breach]:
    for path, value in settings(pod, "windowsOptions", "hostProcess"):
        if value is True:
            yield Breach("hostProcess", path, value)
