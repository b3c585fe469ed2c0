"""Numbers in an MPIJob that Go's integers of fixed width cannot hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mpiaudit.inventory import typed
from mpiaudit.inventory.mistyped import Mistyped
from mpiaudit.model import FieldPath

Shape = Mapping[str, "Shape | int"]
"""Where whole numbers stand, and the width of each in bits; ``*`` is any key, or any entry."""

_PROBE: Shape = {
    "initialDelaySeconds": 32,
    "timeoutSeconds": 32,
    "periodSeconds": 32,
    "successThreshold": 32,
    "failureThreshold": 32,
    "terminationGracePeriodSeconds": 64,
    "httpGet": {"port": 32},
    "tcpSocket": {"port": 32},
    "grpc": {"port": 32},
}
_CONTAINERS: Shape = {
    "*": {
        "ports": {"*": {"containerPort": 32, "hostPort": 32}},
        "securityContext": {"runAsUser": 64, "runAsGroup": 64},
        "livenessProbe": _PROBE,
        "readinessProbe": _PROBE,
        "startupProbe": _PROBE,
    }
}
_FILES: Shape = {"defaultMode": 32, "items": {"*": {"mode": 32}}}
_POD: Shape = {
    "priority": 32,
    "activeDeadlineSeconds": 64,
    "terminationGracePeriodSeconds": 64,
    "securityContext": {
        "runAsUser": 64,
        "runAsGroup": 64,
        "fsGroup": 64,
        "supplementalGroups": {"*": 64},
    },
    "tolerations": {"*": {"tolerationSeconds": 64}},
    "topologySpreadConstraints": {"*": {"maxSkew": 32, "minDomains": 32}},
    "volumes": {
        "*": {"configMap": _FILES, "secret": _FILES, "downwardAPI": _FILES, "projected": _FILES}
    },
    "containers": _CONTAINERS,
    "initContainers": _CONTAINERS,
}
_SPEC: Shape = {
    "slotsPerWorker": 32,
    "runPolicy": {
        "backoffLimit": 32,
        "ttlSecondsAfterFinished": 32,
        "activeDeadlineSeconds": 64,
        "schedulingPolicy": {"minAvailable": 32, "scheduleTimeoutSeconds": 32},
    },
    "mpiReplicaSpecs": {"*": {"replicas": 32, "template": {"spec": _POD}}},
}
WIDEST = 64
"""What the API server itself reads a whole number into; beyond it, it is no integer there."""


def _type(shape: Shape | int) -> typed.Type:
    if isinstance(shape, int):
        return typed.whole(shape)
    if "*" in shape:
        return typed.entries(_type(shape["*"]))
    return typed.part({name: _type(below) for name, below in shape.items()})


_FITTING = _type(_SPEC)
"""A spec in which every number fits."""


def unfit(spec: Mapping[str, object]) -> Iterator[Mistyped]:
    """Yield the numbers in the ``spec`` of an MPIJob that the controllers' types do not hold.

    A CRD that types such a field accepts any whole number of 64 bits, whatever its ``format``
    says, so that most of them reach the controllers. Texts and null are not judged.

    Source: kubeflow/mpi-operator v0.8.0 pkg/apis/kubeflow/v2beta1/types.go,
    kubeflow/trainer v1.9.4 pkg/apis/kubeflow.org/v1/common_types.go,
    kubernetes/kubernetes v1.34.0 staging/src/k8s.io/api/core/v1/types.go.
    """
    return iter(()) if typed.fits(spec, _FITTING) else _unfit(spec, _SPEC, ())


def _unfit(value: object, shape: Shape | int, path: FieldPath) -> Iterator[Mistyped]:
    if not isinstance(shape, int):
        for key, part in _parts(value):
            below = shape.get("*") or shape.get(str(key))
            if below:
                yield from _unfit(part, below, (*path, key))
    elif isinstance(value, int | float) and not isinstance(value, bool) and not _fits(value, shape):
        yield Mistyped(path, value, f"{shape}-bit integer", accepted=_fits(value, WIDEST))


def _parts(value: object) -> Iterable[tuple[str | int, object]]:
    if isinstance(value, Mapping):
        return ((str(key), part) for key, part in value.items())
    return enumerate(value) if isinstance(value, list | tuple) else ()


def _fits(number: float, bits: int) -> bool:
    """Return whether a whole number of *bits* bits, one of them for the sign, is *number*."""
    reach = 2 ** (bits - 1)
    return -reach <= number < reach and float(number).is_integer()
