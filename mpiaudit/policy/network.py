"""NetworkPolicies, and whether they let one pod reach another.

A policy isolates the pods that it selects, in the directions of its ``policyTypes``; traffic
passes an isolated pod only where some rule of the policies that select it admits it. Both ends
must let it pass. Nothing here says that a network plug-in enforces policies.

Where labels, named ports or addresses are not known, what may be admitted counts as admitted, and
only what is surely selected as isolated: `Policies.block` claims nothing that is not certain.

Source: kubernetes/kubernetes v1.34.4 staging/src/k8s.io/api/networking/v1/types.go.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from itertools import chain
from typing import NamedTuple

from mpiaudit.policy.network_rule import Direction, Network, Peer, Policy, Port, Rule
from mpiaudit.policy.selector import UNKNOWN, Labels

AUTOMATIC = "kubernetes.io/metadata.name"
"""The label that every namespace bears: its name."""


@dataclass(frozen=True, slots=True)
class Pod:
    """One end of a connection."""

    namespace: str
    labels: Labels = UNKNOWN
    ports: Mapping[tuple[str, str], int] | None = None
    """Container ports by name and protocol; None where they are not known."""

    host_network: bool = False
    """On the node's network: policies neither isolate it nor know it by its labels."""

    address: IPv4Address | IPv6Address | None = None
    """None where it is not known."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What is to pass: a connection to any one of some ports."""

    protocol: str
    ports: tuple[range, ...]

    def uses(self, first: int, last: int) -> bool:
        """Return whether one of its ports is in *first* to *last*, both included."""
        return any(r.start <= last and first < r.stop for r in self.ports)


def traffic(*ports: int, protocol: str = "TCP") -> Traffic:
    """Return a connection to one of *ports*."""
    return Traffic(protocol, tuple(range(port, port + 1) for port in ports))


Pair = tuple[str, str]
"""A label: key and value."""


class _Met(NamedTuple):
    """What some policies of one namespace do to pods with the same labels."""

    ingress: tuple[Policy, ...] = ()
    """Those that surely isolate them."""

    egress: tuple[Policy, ...] = ()
    """As `ingress`."""

    entering: tuple[Rule, ...] = ()
    """The distinct rules of those that may select them."""

    leaving: tuple[Rule, ...] = ()
    """As `entering`."""


def _meet(policies: Iterable[Policy], labels: Labels) -> _Met:
    some = [p for p in policies if p.selector.possibly(labels)]
    sure = [p for p in some if p.selector.surely(labels)]
    return _Met(
        tuple(p for p in sure if p.ingress is not None),
        tuple(p for p in sure if p.egress is not None),
        tuple(dict.fromkeys(rule for p in some for rule in p.ingress or ())),
        tuple(dict.fromkeys(rule for p in some for rule in p.egress or ())),
    )


def _join(parts: Sequence[_Met]) -> _Met:
    if len(parts) == 1:
        return parts[0]
    return _Met(*(tuple(chain.from_iterable(field)) for field in zip(*parts, strict=True)))


class _Space:
    """The policies of one namespace, by a label that the pods they select must bear."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        self._all = tuple(policies)
        self._exact: dict[Pair, list[Policy]] = defaultdict(list)
        """Those that ask for this label, and for nothing else."""
        self._more: dict[Pair, list[Policy]] = defaultdict(list)
        """Those that ask for this label, and for more."""
        self._others: list[Policy] = []
        self._met: dict[object, _Met] = {}
        for policy in self._all:
            self._add(policy)
        self._other_keys = _keys(self._others)
        self._every_key = _keys(self._all)

    def _add(self, policy: Policy) -> None:
        requirements = policy.selector.requirements
        for r in requirements:
            if r.operator == "In" and len(r.values) == 1:
                lists = self._exact if len(requirements) == 1 else self._more
                lists[r.key, next(iter(r.values))].append(policy)
                return
        self._others.append(policy)

    def of(self, labels: Labels) -> _Met:
        """Return what they do to a pod."""
        pairs = tuple(pair for pair in labels.known.items() if pair[0] in self._every_key)
        if not labels.whole:
            return self._once(("any", pairs), self._all, labels)
        key = ("of", pairs)
        if key not in self._met:
            self._met[key] = _join(list(self._parts(labels, pairs)))
        return self._met[key]

    def _parts(self, labels: Labels, pairs: tuple[Pair, ...]) -> Iterator[_Met]:
        shared = tuple(pair for pair in pairs if pair[0] in self._other_keys)
        yield self._once(("others", shared), self._others, labels)
        for pair in pairs:
            if pair in self._exact:
                yield self._once(("exact", pair), self._exact[pair], labels)
            if pair in self._more:
                yield _meet(self._more[pair], labels)

    def _once(self, key: object, policies: Iterable[Policy], labels: Labels) -> _Met:
        """Return what *policies* do to a pod; *key* holds all of its labels that matter."""
        if key not in self._met:
            self._met[key] = _meet(policies, labels)
        return self._met[key]


def _keys(policies: Iterable[Policy]) -> frozenset[str]:
    return frozenset(r.key for p in policies for r in p.selector.requirements)


class Policies:
    """All policies, indexed: each distinct set of labels is judged once."""

    def __init__(
        self, policies: Iterable[Policy], namespaces: Mapping[str, Labels] | None = None
    ) -> None:
        """Take *policies*, and the labels of the *namespaces* of which they are known."""
        spaces: dict[str, list[Policy]] = defaultdict(list)
        for policy in policies:
            spaces[policy.namespace].append(policy)
        self._spaces = {space: _Space(held) for space, held in spaces.items()}
        self._namespaces = {
            name: Labels({**labels.known, AUTOMATIC: name}, labels.whole)
            for name, labels in (namespaces or {}).items()
        }

    def isolating(self, pod: Pod, direction: Direction) -> tuple[Policy, ...]:
        """Return the policies that surely isolate *pod* in one direction."""
        met = self._met(pod)
        return met.ingress if direction == "Ingress" else met.egress

    def block(
        self, pod: Pod, peer: Pod, wanted: Traffic, direction: Direction
    ) -> tuple[Policy, ...]:
        """Return the policies for which none of *wanted* passes *pod*; none where some may.

        Ingress is from *peer* to *pod*, Egress from *pod* to *peer*.
        """
        met = self._met(pod)
        isolating, rules = (
            (met.ingress, met.entering) if direction == "Ingress" else (met.egress, met.leaving)
        )
        target = pod if direction == "Ingress" else peer
        if isolating and not any(
            _carries(rule, target, wanted) and self._admits(pod.namespace, rule, peer)
            for rule in rules
        ):
            return isolating
        return ()

    def reaches(self, source: Pod, target: Pod, wanted: Traffic) -> bool:
        """Return whether some of *wanted* may get from *source* to *target*."""
        return not (
            self.block(source, target, wanted, "Egress")
            or self.block(target, source, wanted, "Ingress")
        )

    def _met(self, pod: Pod) -> _Met:
        if pod.host_network or pod.namespace not in self._spaces:
            return _Met()
        return self._spaces[pod.namespace].of(pod.labels)

    def _admits(self, here: str, rule: Rule, peer: Pod) -> bool:
        if not rule.peers or peer.host_network:
            return True
        return any(self._is(entry, here, peer) for entry in rule.peers)

    def _is(self, entry: Peer, here: str, peer: Pod) -> bool:
        """Return whether *entry* of a rule in the namespace *here* may mean *peer*."""
        if entry.block is not None:
            return _inside(peer, entry.block, entry.excepted)
        if entry.namespaces is None:
            found = here == peer.namespace
        else:
            found = entry.namespaces.possibly(self._labels(peer.namespace))
        return found and entry.pods.possibly(peer.labels)

    def _labels(self, namespace: str) -> Labels:
        if namespace in self._namespaces or not namespace:
            return self._namespaces.get(namespace, UNKNOWN)
        return Labels({AUTOMATIC: namespace}, whole=False)


def _inside(peer: Pod, block: Network, excepted: tuple[Network, ...]) -> bool:
    if peer.address is None:
        return True
    return peer.address in block and not any(peer.address in each for each in excepted)


def _carries(rule: Rule, target: Pod, wanted: Traffic) -> bool:
    return not rule.ports or any(_opens(port, target, wanted) for port in rule.ports)


def _opens(port: Port, target: Pod, wanted: Traffic) -> bool:
    if port.protocol != wanted.protocol:
        return False
    if not port.name:
        return wanted.uses(port.first, port.last)
    if target.ports is None:
        return True
    number = target.ports.get((port.name, port.protocol))
    return number is not None and wanted.uses(number, number)
