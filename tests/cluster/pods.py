"""Pods on either side of each control of the Pod Security Standards."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from cluster.client import Body
from cluster.jobs import with_field
from mpiaudit.model import FieldPath

Change = tuple[FieldPath, Any]
"""Where, and what is put there."""

CONFINED: Body = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
ALLOWED: Body = {
    "metadata": {"name": "pod", "annotations": {"purpose": "oracle"}},
    "spec": {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "initContainers": [{"name": "first", "image": "a:1", "securityContext": CONFINED}],
        "containers": [
            {"name": "main", "image": "a:1", "securityContext": CONFINED},
            {"name": "side", "image": "a:1", "securityContext": CONFINED},
        ],
        "volumes": [{"name": "shm", "emptyDir": {"medium": "Memory"}}],
    },
}
"""A pod that every standard allows."""

WINDOWS: Body = {
    "metadata": {"name": "pod"},
    "spec": {
        "os": {"name": "windows"},
        "securityContext": {"runAsNonRoot": True},
        "containers": [{"name": "main", "image": "a:1"}],
    },
}

OLD: Body = {
    "metadata": {"name": "pod", "annotations": {}},
    "spec": {"containers": [{"name": "main", "image": "a:1"}]},
}
"""A pod from before there were fields for profiles, which may not contradict annotations."""

PLACES: tuple[FieldPath, ...] = (
    ("spec",),
    ("spec", "initContainers", 0),
    ("spec", "containers", 0),
    ("spec", "containers", 1),
)
CONTAINERS = PLACES[1:]

IN_CONTEXT: dict[str, tuple[Any, ...]] = {
    "appArmorProfile": (
        *({"type": "RuntimeDefault"}, {"type": "Unconfined"}),
        {"type": "Localhost", "localhostProfile": "mpi"},
    ),
    "runAsNonRoot": (None, False, True),
    "runAsUser": (None, 0, 1000),
    "seccompProfile": (
        *(None, {"type": "RuntimeDefault"}, {"type": "Unconfined"}),
        {"type": "Localhost", "localhostProfile": "mpi.json"},
    ),
    "seLinuxOptions": (
        *({}, {"level": "s0:c1"}, {"user": "u"}, {"role": "r"}, {"type": "spc_t"}),
        *({"type": t} for t in ("container_t", "container_kvm_t", "container_engine_t", "")),
    ),
}
"""Fields of the security context of pods and containers alike."""

OF_CONTAINERS: dict[str, tuple[Any, ...]] = {
    "allowPrivilegeEscalation": (None, True, False),
    "capabilities": (
        *(None, {}, {"drop": []}, {"drop": ["all"]}, {"drop": ["NET_RAW", "ALL"]}),
        *({"add": [c]} for c in ("IPC_LOCK", "SYS_PTRACE", "SYS_CHROOT", "CAP_CHOWN", "ALL")),
        *({"drop": ["ALL"], "add": [c]} for c in ("NET_BIND_SERVICE", "CHOWN", "IPC_LOCK")),
        {"drop": ["ALL"], "add": ["NET_BIND_SERVICE", "SYS_ADMIN", "SYS_CHROOT"]},
    ),
    "procMount": ("Default",),
}

PRIVILEGED = {"privileged": True}

VOLUMES: tuple[Any, ...] = (
    {"hostPath": {"path": "/dev/infiniband"}},
    {"nfs": {"server": "nas", "path": "/"}},
    {"gitRepo": {"repository": "https://git.test/a"}},
    {"cephfs": {"monitors": ["a"]}},
    {"awsElasticBlockStore": {"volumeID": "v"}},
    {"azureFile": {"secretName": "s", "shareName": "s"}},
    {"fc": {"targetWWNs": ["a"], "lun": 1}},
    {"flexVolume": {"driver": "a/b"}},
    {"iscsi": {"targetPortal": "a", "iqn": "iqn.2001-04.com.example:a", "lun": 1}},
    {"rbd": {"monitors": ["a"], "image": "i"}},
    {"glusterfs": {"endpoints": "e", "path": "p"}},
    {"configMap": {"name": "c"}},
    {"csi": {"driver": "d.test"}},
    {"downwardAPI": {}},
    {"emptyDir": {}},
    {"image": {"reference": "a:1"}},
    {"persistentVolumeClaim": {"claimName": "c"}},
    {"projected": {"sources": []}},
    {"secret": {"secretName": "s"}},
    {},
)

SYSCTLS = (
    *("kernel.shm_rmid_forced", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_rmem"),
    *("net.ipv4.tcp_keepalive_time", "net.core.somaxconn", "kernel.msgmax"),
)

ASKED: tuple[Any, ...] = (
    {"httpGet": {"port": 80}},
    {"httpGet": {"port": 80, "host": "10.0.0.1"}},
    {"tcpSocket": {"port": 2222}},
    {"tcpSocket": {"port": 2222, "host": "10.0.0.1"}},
)

ANNOTATIONS = (
    ("seccomp.security.alpha.kubernetes.io/pod", "unconfined"),
    ("seccomp.security.alpha.kubernetes.io/pod", "docker/default"),
    ("container.seccomp.security.alpha.kubernetes.io/main", "unconfined"),
    ("container.seccomp.security.alpha.kubernetes.io/main", "localhost/a"),
    ("container.seccomp.security.alpha.kubernetes.io/other", "unconfined"),
    ("container.apparmor.security.beta.kubernetes.io/main", "runtime/default"),
    ("container.apparmor.security.beta.kubernetes.io/main", "localhost/mpi"),
    ("container.apparmor.security.beta.kubernetes.io/main", "unconfined"),
)


def variants() -> Iterator[tuple[Any, Body]]:
    """Yield pods with one change each, then some with two, each with what was changed."""
    changes = list(chain(_contexts(), _containers(), _around()))
    yield from (((), ALLOWED), ("windows", WINDOWS))
    for path, value in changes:
        yield (path, value), _with(ALLOWED, (path, value))
    for (path, value), (other, another) in zip(changes, changes[11:], strict=False):
        if path[: len(other)] != other and other[: len(path)] != path:
            yield (path, value, other, another), _with(ALLOWED, (path, value), (other, another))
    for key, value in ANNOTATIONS:
        yield (key, value), _with(OLD, (("metadata", "annotations", key), value))
    yield from _special()


def _special() -> Iterator[tuple[str, Body]]:
    on_node = (("spec", "hostNetwork"), True)
    mount = (*CONTAINERS[1], "securityContext", "procMount")
    host = {"hostProcess": True, "runAsUserName": "NT AUTHORITY\\SYSTEM"}
    yield "unmasked", _with(ALLOWED, (("spec", "hostUsers"), False), (mount, "Unmasked"))
    options = ("spec", "securityContext", "windowsOptions")
    yield "host process", _with(WINDOWS, (options, host), on_node)
    ports = [{"containerPort": 2222}]
    yield "node's port", _with(ALLOWED, on_node, ((*CONTAINERS[1], "ports"), ports))


def _with(pod: Body, *changes: Change) -> Body:
    for path, value in changes:
        pod = with_field(pod, value, *path)
    return pod


def _contexts() -> Iterator[Change]:
    for place in PLACES:
        for field, values in IN_CONTEXT.items():
            for value in values:
                yield (*place, "securityContext", field), value
        yield (*place, "securityContext"), None
        yield (*place, "securityContext"), {}
    for name in SYSCTLS:
        yield ("spec", "securityContext", "sysctls"), [{"name": name, "value": "1"}]


def _containers() -> Iterator[Change]:
    for place in CONTAINERS:
        for field, values in OF_CONTAINERS.items():
            for value in values:
                yield (*place, "securityContext", field), value
        yield (*place, "securityContext"), PRIVILEGED
        yield (*place, "ports"), [{"containerPort": 22}]
        yield (*place, "ports"), [{"containerPort": 22, "hostPort": 22}]
    for action in ASKED:
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            yield (*CONTAINERS[1], probe), action
        for hook in ("postStart", "preStop"):
            yield (*CONTAINERS[1], "lifecycle", hook), action


def _around() -> Iterator[Change]:
    for volume in VOLUMES:
        yield ("spec", "volumes"), [{"name": "shm"}, {"name": "other", **volume}]
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        yield from ((("spec", field), value) for value in (True, False))
