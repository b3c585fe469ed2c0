"""Which field of a pod violates which control, and what a namespace's labels ask for."""

from typing import Any

import pytest

from mpiaudit.model import FieldPath
from mpiaudit.policy.pod_security import (
    ENFORCE,
    ENFORCE_VERSION,
    Standard,
    breaches,
    enforced,
)

PLAIN: dict[str, Any] = {"spec": {"containers": [{"name": "a", "image": "a:1"}]}}


def found(pod: dict[str, Any], standard: Standard) -> list[tuple[str, FieldPath, Any]]:
    """Return the breaches as tuples."""
    return [(b.control, b.path, b.value) for b in breaches(pod, standard)]


@pytest.mark.parametrize(
    ("labels", "standard"),
    [
        ({}, None),
        ({"pod-security.kubernetes.io/warn": "restricted"}, None),
        ({ENFORCE: "privileged"}, None),
        ({ENFORCE: "${LEVEL}"}, None),
        ({ENFORCE: "baseline", ENFORCE_VERSION: "1.24"}, None),
        ({ENFORCE: "baseline"}, "baseline:latest"),
        ({ENFORCE: "restricted", ENFORCE_VERSION: "latest"}, "restricted:latest"),
        ({ENFORCE: "restricted", ENFORCE_VERSION: "v1.24"}, "restricted:v1.24"),
    ],
)
def test_labels(labels: dict[str, str], standard: str | None) -> None:
    """Nobody is told of a refusal where the namespace refuses nothing, or nobody knows what."""
    asked = enforced(labels)

    assert (str(asked) if asked else None) == standard


def test_absent_fields_are_named() -> None:
    """A pod that says nothing learns what restricted wants it to say, and where."""
    context = ("spec", "containers", 0, "securityContext")

    assert found(PLAIN, Standard("baseline")) == []
    assert found(PLAIN, Standard("restricted")) == [
        ("unrestricted capabilities", (*context, "capabilities", "drop"), None),
        ("seccompProfile", (*context, "seccompProfile"), None),
        ("runAsNonRoot != true", (*context, "runAsNonRoot"), None),
        ("allowPrivilegeEscalation != false", (*context, "allowPrivilegeEscalation"), None),
    ]


def test_each_field_is_named() -> None:
    """Whoever repairs a pod sees every field to change at once, not one a try."""
    pod = {
        "spec": {
            "hostNetwork": True,
            "initContainers": [{"name": "i", "securityContext": {"privileged": True}}],
            "containers": [
                {
                    "name": "a",
                    "ports": [{"containerPort": 2222}],
                    "securityContext": {"capabilities": {"add": ["CHOWN", "IPC_LOCK"]}},
                }
            ],
            "volumes": [{"name": "shm"}, {"name": "ib", "hostPath": {"path": "/dev"}}],
        }
    }
    first = ("spec", "containers", 0)

    assert found(pod, Standard("baseline")) == [
        ("host namespaces", ("spec", "hostNetwork"), True),
        ("hostPort", (*first, "ports", 0, "hostPort"), 2222),
        ("privileged", ("spec", "initContainers", 0, "securityContext", "privileged"), True),
        (
            "non-default capabilities",
            (*first, "securityContext", "capabilities", "add", 1),
            "IPC_LOCK",
        ),
        ("hostPath volumes", ("spec", "volumes", 1, "hostPath"), {"path": "/dev"}),
    ]


def test_versions_differ() -> None:
    """A namespace held at an old version refuses what that version refused."""
    sysctl = {"securityContext": {"sysctls": [{"name": "net.ipv4.tcp_rmem", "value": "1"}]}}
    pod = {"spec": {**PLAIN["spec"], **sysctl}}

    assert found(pod, Standard("baseline", 31)) == [
        (
            "forbidden sysctls",
            ("spec", "securityContext", "sysctls", 0, "name"),
            "net.ipv4.tcp_rmem",
        )
    ]
    assert found(pod, Standard("baseline", 32)) == []


@pytest.mark.parametrize("pod", [{}, {"spec": None}, {"spec": {"containers": [None, "a", {}]}}])
def test_odd_pods(pod: dict[str, Any]) -> None:
    """A manifest that is no pod at all breaks nothing here; others refuse it."""
    assert found(pod, Standard("baseline")) == []
