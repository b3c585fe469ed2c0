"""The pod template of a replica or a controller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Self

import msgspec

from mpiaudit.inventory.view import mapping, mappings, text, texts, words

_ENCODE = msgspec.msgpack.Encoder().encode

_SHARED = 1 << 12
"""Equal templates that are kept once: jobs are made from a few manifests."""


@dataclass(frozen=True, slots=True)
class _Written:
    """A template as written, equal to others by its bytes."""

    encoded: bytes
    body: Mapping[str, Any] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a pod or a pod template."""

    name: str
    image: str
    """Empty where the manifest gives none, which the API server refuses in a pod."""

    command: tuple[str, ...]
    args: tuple[str, ...]
    env: Mapping[str, str | None]
    """None for a value that comes from a field, a ConfigMap or a Secret."""

    limits: Mapping[str, str]
    mounts: tuple[str, ...]
    """The ``mountPath`` of each volume mount."""

    ports: tuple[Mapping[str, Any], ...]

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Self:
        """Return the container that *body* describes."""
        limits = mapping(mapping(body.get("resources")).get("limits"))
        return cls(
            name=text(body.get("name")),
            image=text(body.get("image")),
            command=words(body.get("command")),
            args=words(body.get("args")),
            env={
                text(entry.get("name")): None if "valueFrom" in entry else text(entry.get("value"))
                for entry in mappings(body.get("env"))
            },
            limits={str(name): str(amount) for name, amount in limits.items()},
            mounts=tuple(text(m.get("mountPath")) for m in mappings(body.get("volumeMounts"))),
            ports=tuple(mappings(body.get("ports"))),
        )

    @property
    def accelerators(self) -> int:
        """How many GPUs the container may use, of any vendor."""
        named = [amount for name, amount in self.limits.items() if name.endswith("/gpu")]
        return sum(int(amount) for amount in named if amount.isdecimal())


@dataclass(frozen=True, slots=True)
class PodTemplate:
    """What the pods of a replica are made from."""

    containers: tuple[Container, ...]
    annotations: Mapping[str, str]
    labels: Mapping[str, str]
    host_network: bool
    dns_policy: str
    """Empty where absent, which means ``ClusterFirst``."""

    nameservers: tuple[str, ...]
    """``dnsConfig.nameservers``."""

    searches: tuple[str, ...]
    """``dnsConfig.searches``."""

    volumes: tuple[str, ...]
    restart_policy: str
    anti_affinity: bool
    """Whether it names any pod anti-affinity, required or preferred."""

    service_account: str

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Self:
        """Return the template that *body* describes, the same one for equal bodies."""
        try:
            return cls._shared(_Written(_ENCODE(body), body))
        except (TypeError, ValueError, OverflowError, RecursionError):
            return cls._parse(body)

    @classmethod
    @lru_cache(_SHARED)
    def _shared(cls, written: _Written) -> Self:
        return cls._parse(written.body)

    @classmethod
    def _parse(cls, body: Mapping[str, Any]) -> Self:
        metadata, spec = mapping(body.get("metadata")), mapping(body.get("spec"))
        resolver = mapping(spec.get("dnsConfig"))
        return cls(
            containers=tuple(Container.parse(c) for c in mappings(spec.get("containers"))),
            annotations=texts(metadata.get("annotations")),
            labels=texts(metadata.get("labels")),
            host_network=spec.get("hostNetwork") is True,
            dns_policy=text(spec.get("dnsPolicy")),
            nameservers=words(resolver.get("nameservers")),
            searches=words(resolver.get("searches")),
            volumes=tuple(text(v.get("name")) for v in mappings(spec.get("volumes"))),
            restart_policy=text(spec.get("restartPolicy")),
            anti_affinity=bool(mapping(spec.get("affinity")).get("podAntiAffinity")),
            service_account=text(spec.get("serviceAccountName")),
        )
