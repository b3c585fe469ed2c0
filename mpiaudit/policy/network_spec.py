"""The ``spec`` of a NetworkPolicy, read as the API server reads it.

Source: kubernetes/kubernetes v1.34.4 pkg/apis/networking/v1/defaults.go and
pkg/apis/networking/validation/validation.go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_network

from mpiaudit.policy import selector
from mpiaudit.policy.network_rule import LAST_PORT, Network, Peer, Policy, Port, Rule
from mpiaudit.policy.selector import EVERYTHING, RefusedError

_CIDR = re.compile(r"[0-9A-Fa-f.:]+/[0-9]+")
_PORT_NAME = re.compile(r"(?=.{1,15}\Z)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*")


def policy(namespace: str, name: str, spec: object) -> Policy:
    """Return the policy that *spec* describes.

    Raises:
        RefusedError: The API server would refuse it.
    """
    body = _mapping(spec)
    ingress = tuple(_rule(each, "from") for each in _list(body.get("ingress")))
    egress = tuple(_rule(each, "to") for each in _list(body.get("egress")))
    types = _list(body.get("policyTypes")) or ["Ingress", *(["Egress"] if egress else [])]
    if odd := [t for t in types if t not in ("Ingress", "Egress")]:
        raise RefusedError(f"{odd[0]!r} is no policy type")
    return Policy(
        namespace,
        name,
        selector.parse(body.get("podSelector")) or EVERYTHING,
        ingress if "Ingress" in types else None,
        egress if "Egress" in types else None,
    )


def _rule(value: object, peers: str) -> Rule:
    body = _mapping(value)
    return Rule(
        tuple(_peer(each) for each in _list(body.get(peers))),
        tuple(_port(each) for each in _list(body.get("ports"))),
    )


def _peer(value: object) -> Peer:
    body = _mapping(value)
    pods = selector.parse(body.get("podSelector"))
    namespaces = selector.parse(body.get("namespaceSelector"))
    block = body.get("ipBlock")
    if (block is None) is (pods is None and namespaces is None):
        raise RefusedError("a peer is pods, of namespaces perhaps, or an ipBlock")
    if block is None:
        return Peer(pods or EVERYTHING, namespaces)
    addresses = _mapping(block)
    excepted = tuple(_network(each) for each in _list(addresses.get("except")))
    return Peer(block=_network(addresses.get("cidr")), excepted=excepted)


def _network(value: object) -> Network:
    if isinstance(value, str) and _CIDR.fullmatch(value):
        try:
            return ip_network(value, strict=False)
        except ValueError as error:
            raise RefusedError(str(error)) from error
    raise RefusedError(f"{value!r} is no CIDR")


def _port(value: object) -> Port:
    body = _mapping(value)
    protocol, port, end = body.get("protocol"), body.get("port"), body.get("endPort")
    if protocol not in (None, "TCP", "UDP", "SCTP"):
        raise RefusedError(f"{protocol!r} is no protocol")
    kind = str(protocol or "TCP")
    if isinstance(port, str) and end is None and _PORT_NAME.fullmatch(port):
        return Port(kind, name=port)
    if port is None and end is None:
        return Port(kind)
    first = _number(port)
    last = first if end is None else _number(end)
    if last < first:
        raise RefusedError(f"ports {first} to {last}")
    return Port(kind, first, last)


def _number(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LAST_PORT:
        return value
    raise RefusedError(f"{value!r} is no port")


def _mapping(value: object) -> Mapping[object, object]:
    if value is None or isinstance(value, Mapping):
        return value or {}
    raise RefusedError(f"{value!r} is no mapping")


def _list(value: object) -> list[object]:
    if value is None or isinstance(value, list | tuple):
        return list(value or ())
    raise RefusedError(f"{value!r} is no list")
