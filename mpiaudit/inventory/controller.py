"""The programs that reconcile MPIJobs, found among Deployments and StatefulSets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from packaging.version import Version

from mpiaudit.facts import releases
from mpiaudit.facts.releases import MPI_OPERATOR, TRAINER, TRAINING_OPERATOR
from mpiaudit.inventory import image, program, rollout
from mpiaudit.inventory.goflags import Flags
from mpiaudit.inventory.image import Image
from mpiaudit.inventory.template import Container, PodTemplate
from mpiaudit.inventory.view import View, identity, integer, mapping, mappings, texts
from mpiaudit.inventory.workload import Exit, Pod
from mpiaudit.model import FieldPath, Location, Resource

MPIJOB_SCHEME = "mpijob"

GANG_FLAGS = {MPI_OPERATOR: "gang-scheduling", TRAINING_OPERATOR: "gang-scheduler-name"}
"""The flag that turns gang scheduling on, by product."""


@dataclass(frozen=True, slots=True)
class Controller(View):
    """One Deployment that runs mpi-operator, training-operator or Trainer."""

    product: str
    release: Version | None
    """From the image tag; None for ``latest``, a digest or a private tag."""

    image: Image
    container: int
    """The index of its container in the pod template."""

    command: tuple[str, ...]
    """As the container gives it, nothing expanded; empty where it gives none."""

    args: tuple[str, ...]
    """As the container gives them, nothing expanded; empty where it gives none."""

    has_args: bool
    """Whether the container gives ``args``, so that a fix may append to them."""

    argv: tuple[str, ...] | None
    """The effective command line, program first; None where it is unknowable."""

    flags: Flags | None
    """The flags on that command line; None where it is unknowable, or runs a wrapper."""

    reads: str | None
    """The MPIJob version its program reconciles; empty for none, and where the image lacks the
    program; None where unknown."""

    schemes: tuple[str, ...] | None
    """training-operator: the kinds that ``--enable-scheme`` names, as written; empty means all.
    None where unknown."""

    watches: str | None
    """The one namespace it watches, empty for all; None where unknown."""

    lock_namespace: str | None
    """mpi-operator: where its leader election lock lives; None where unknown or unused."""

    replicas: int
    template: PodTemplate
    service_account: str
    selector: Mapping[str, str]
    ready: int | None
    """Ready replicas; None where the object has no status."""

    rolling: bool
    """Whether not all of its pods are of the template that it has now."""

    restarts: int = 0
    """The largest restart count of its pods; 0 where its pods were not read."""

    waiting: str = ""
    """Why a pod of it waits, for example ``CrashLoopBackOff``."""

    last_exit: Exit | None = None
    former: tuple[str, ...] = ()
    """Other tags of its image that ready pods of it still run."""

    @property
    def mpi_enabled(self) -> bool | None:
        """Whether it is set to reconcile MPIJobs at all.

        None where that is unknown, or which version of them it reconciles.
        """
        if self.product == TRAINER or self.reads == "":
            return False
        if self.reads is None:
            return None
        if self.product == MPI_OPERATOR:
            return True
        if self.schemes is None:
            return None
        if not self.schemes or MPIJOB_SCHEME in {s.lower() for s in self.schemes}:
            return True
        return None if any(program.unrendered(s) for s in self.schemes) else False

    @property
    def active(self) -> bool:
        """Whether it runs, and reconciles MPIJobs of a known version."""
        return self.replicas > 0 and self.mpi_enabled is True and bool(self.reads)

    @property
    def title(self) -> str:
        """The product with its release: ``training-operator 1.9.4``."""
        return f"{self.product} {self.release}" if self.release else self.product

    def covers(self, namespace: str) -> bool | None:
        """Return whether it watches *namespace*; None where its scope is unknown."""
        return None if self.watches is None else self.watches in {"", namespace}

    def overlaps(self, other: Controller) -> bool:
        """Return whether both may watch one namespace; unknown scopes overlap nothing."""
        if self.watches is None or other.watches is None:
            return False
        return self.watches == other.watches or "" in {self.watches, other.watches}

    def value(self, flag: str) -> str | None:
        """Return the value of *flag* that counts, the last one; None where it is not given."""
        given = self.flags.values.get(flag, ()) if self.flags else ()
        return given[-1] if given else None

    @property
    def gang(self) -> str:
        """The gang scheduler that a flag names, in its own word; empty for none."""
        return self.value(GANG_FLAGS.get(self.product, "")) or ""

    @property
    def upstream(self) -> bool:
        """Whether the image is upstream's own, or a mirror's copy that kept its path."""
        return program.upstream(self.image.repository)

    def in_container(self, *path: str | int) -> Location:
        """Return the place of a field of its container."""
        return self.at(*_CONTAINERS, self.container, *path)

    def at_flag(self, flag: str, occurrence: int = -1) -> Location:
        """Return the place of the word that gives *flag*, by default the last that does.

        The container's own place where no word of it does, as with a script or a variable.
        """
        spelt = {f"-{flag}", f"--{flag}"}
        places = [
            (field, index)
            for field, words in (("command", self.command), ("args", self.args))
            for index, word in enumerate(words)
            if word.partition("=")[0] in spelt
        ]
        return self.in_container(*places[occurrence]) if places else self.in_container()

    def at_word(self, index: int) -> Location:
        """Return the place of ``argv[index]``; the container's own where a shell is around it."""
        entrypoint = () if self.command else (None,)
        places = [*entrypoint, *(("command", i) for i in range(len(self.command)))]
        places += [("args", i) for i in range(len(self.args))]
        place = places[index] if len(places) == len(self.argv or ()) else None
        return self.in_container(*place) if place else self.in_container()

    def observed(self, pods: Iterable[Pod]) -> Controller:
        """Return it with what its pods tell: restarts, why they wait, how they last ended."""
        own = [
            p
            for p in pods
            if p.namespace == self.namespace
            and self.selector
            and self.selector.items() <= p.identity.labels.items()
        ]
        return replace(
            self,
            restarts=max((p.restarts for p in own), default=0),
            waiting=next((p.waiting for p in own if p.waiting), ""),
            last_exit=next((p.last_exit for p in own if p.last_exit), None),
            former=rollout.former(self.image, own) if self.rolling else (),
        )

    @classmethod
    def parse(cls, resource: Resource) -> Self | None:
        """Return the controller that a Deployment or StatefulSet runs, or None."""
        template = mapping(resource.get("spec", "template"))
        for index, body in enumerate(mappings(mapping(template.get("spec")).get("containers"))):
            product = program.identify(resource, template, Container.parse(body))
            if product:
                return cls._of(resource, template, index, body, product)
        return None

    @classmethod
    def _of(
        cls,
        resource: Resource,
        template: Mapping[str, Any],
        index: int,
        body: Mapping[str, Any],
        product: str,
    ) -> Self:
        container = Container.parse(body)
        env = program.environment(resource, body)
        pulled = image.parse(container.image)
        release = releases.release_of(product, pulled.tag)
        argv = program.arguments(product, release, container, env)
        flags = program.flags_of(product, argv)
        reads = program.reads(product, release, container, flags)
        pods = PodTemplate.parse(template)
        return cls(
            identity(resource),
            product=product,
            release=release,
            image=pulled,
            container=index,
            command=container.command,
            args=container.args,
            has_args="args" in body,
            argv=argv,
            flags=flags,
            reads=reads,
            schemes=flags.values.get("enable-scheme", ()) if flags else None,
            watches=program.watches(flags, env),
            lock_namespace=program.lock_namespace(release, reads, flags),
            replicas=_replicas(resource),
            template=pods,
            service_account=pods.service_account,
            selector=texts(resource.get("spec", "selector", "matchLabels")),
            ready=(integer(resource.get("status", "readyReplicas")) or 0)
            if resource.get("status")
            else None,
            rolling=rollout.unfinished(resource),
        )


_CONTAINERS: FieldPath = ("spec", "template", "spec", "containers")


def _replicas(resource: Resource) -> int:
    wanted = integer(resource.get("spec", "replicas"))
    return 1 if wanted is None else wanted
