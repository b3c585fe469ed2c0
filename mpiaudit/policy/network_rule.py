"""A NetworkPolicy and its rules.

Source: kubernetes/kubernetes v1.34.4 staging/src/k8s.io/api/networking/v1/types.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Literal

from mpiaudit.policy.selector import EVERYTHING, Selector

Direction = Literal["Ingress", "Egress"]
Network = IPv4Network | IPv6Network

LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Port:
    """An entry of ``ports``."""

    protocol: str = "TCP"
    first: int = 1
    last: int = LAST_PORT
    """Included."""

    name: str = ""
    """A named port of the target, in place of numbers; empty for none."""


@dataclass(frozen=True, slots=True)
class Peer:
    """An entry of ``from`` or ``to``."""

    pods: Selector = EVERYTHING
    namespaces: Selector | None = None
    """None for the policy's own namespace."""

    block: Network | None = None
    """Addresses, in place of pods."""

    excepted: tuple[Network, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; an empty field restricts nothing."""

    peers: tuple[Peer, ...] = ()
    ports: tuple[Port, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """One NetworkPolicy."""

    namespace: str
    name: str
    selector: Selector = EVERYTHING
    ingress: tuple[Rule, ...] | None = None
    """None where it does not concern ingress; empty where it admits none."""

    egress: tuple[Rule, ...] | None = None
    """As `ingress`."""

    def rules(self, direction: Direction) -> tuple[Rule, ...] | None:
        """Return the rules of one direction; None where it does not concern that."""
        return self.ingress if direction == "Ingress" else self.egress
