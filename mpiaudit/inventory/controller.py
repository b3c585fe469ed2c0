"""The programs that reconcile MPIJobs, found among Deployments and StatefulSets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from packaging.version import Version

from mpiaudit.facts import flags as flag_facts
from mpiaudit.facts import releases
from mpiaudit.facts.releases import MPI_OPERATOR, TRAINER, TRAINING_OPERATOR
from mpiaudit.inventory import goflags, image
from mpiaudit.inventory.goflags import Flags
from mpiaudit.inventory.image import Image
from mpiaudit.inventory.template import Container, PodTemplate
from mpiaudit.inventory.view import View, identity, integer, mapping, mappings, text, texts
from mpiaudit.inventory.workload import Exit, Pod
from mpiaudit.model import FieldPath, Location, Resource

NAMESPACE_ENV = "KUBEFLOW_NAMESPACE"
"""What both controllers watch where ``--namespace`` is not given.

kubeflow/mpi-operator v0.8.0 pkg/apis/kubeflow/v2beta1/constants.go;
kubeflow/trainer v1.9.4 cmd/training-operator.v1/main.go.
"""

MPIJOB_SCHEME = "mpijob"

IMAGES = {
    "mpi-operator": MPI_OPERATOR,
    "training-operator": TRAINING_OPERATOR,
    "trainer-controller-manager": TRAINER,
    "training-operator-v2": TRAINER,
}
"""The last path part of the image each product is published as."""

LABELS = {
    ("app", "mpi-operator"): MPI_OPERATOR,
    ("app.kubernetes.io/name", "mpi-operator"): MPI_OPERATOR,
    ("control-plane", "kubeflow-training-operator"): TRAINING_OPERATOR,
}
"""Labels that each product's manifests put on its pods; a hint, since anybody may set them."""

NAMES = {
    "mpi-operator": MPI_OPERATOR,
    "training-operator": TRAINING_OPERATOR,
    "kubeflow-trainer-controller-manager": TRAINER,
}
"""What each product's manifests call the Deployment; a hint as well."""

_LEGACY_BINARY = re.compile(r"/mpi-operator\.(v1alpha1|v1alpha2|v1|v2)$")


@dataclass(frozen=True, slots=True)
class Controller(View):
    """One Deployment that runs mpi-operator, training-operator or Trainer."""

    product: str
    release: Version | None
    """From the image tag; None for ``latest``, a digest or a private tag."""

    image: Image
    container: int
    """The index of its container in the pod template."""

    has_args: bool
    """Whether the container gives ``args``, so that a fix may append to them."""

    argv: tuple[str, ...] | None
    """The effective command line without the entrypoint's own; None where it is unknowable."""

    flags: Flags | None
    """The flags on that command line; None where it is unknowable."""

    reads: str | None
    """The MPIJob version its program reconciles; empty for none, None where unknown."""

    schemes: tuple[str, ...] | None
    """training-operator: the kinds that ``--enable-scheme`` names, as written; empty means all.
    None where unknown."""

    watches: str | None
    """The one namespace it watches, empty for all; None where unknown."""

    lock_namespace: str | None
    """mpi-operator: where its leader election lock lives; None where unknown or unused."""

    replicas: int
    service_account: str
    selector: Mapping[str, str]
    ready: int | None
    """Ready replicas; None where the object has no status."""

    restarts: int = 0
    """The largest restart count of its pods; 0 where its pods were not read."""

    waiting: str = ""
    """Why a pod of it waits, for example ``CrashLoopBackOff``."""

    last_exit: Exit | None = None

    @property
    def mpi_enabled(self) -> bool | None:
        """Whether it is set to reconcile MPIJobs at all; None where unknown."""
        if self.product == TRAINER or self.reads == "":
            return False
        if self.product == MPI_OPERATOR:
            return True
        if self.schemes is None:
            return None
        return not self.schemes or MPIJOB_SCHEME in {s.lower() for s in self.schemes}

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

    def in_container(self, *path: str | int) -> Location:
        """Return the place of a field of its container."""
        return self.at(*_CONTAINERS, self.container, *path)

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
        )

    @classmethod
    def parse(cls, resource: Resource) -> Self | None:
        """Return the controller that a Deployment or StatefulSet runs, or None."""
        template = mapping(resource.get("spec", "template"))
        for index, body in enumerate(mappings(mapping(template.get("spec")).get("containers"))):
            container = Container.parse(body)
            product = identify(resource, template, container)
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
        env = _environment(resource, body)
        pulled = image.parse(container.image)
        release = releases.release_of(product, pulled.tag)
        argv = goflags.argv(container.command, container.args, env, (_ENTRYPOINT[product],))
        binary = argv[0] if argv else ""
        types = {n: f.type for n, f in flag_facts.flags(product, None).items()}
        flags = None if argv is None else goflags.parse(argv[1:], types)
        return cls(
            identity(resource),
            product=product,
            release=release,
            image=pulled,
            container=index,
            has_args="args" in body,
            argv=argv,
            flags=flags,
            reads=_reads(product, release, binary),
            schemes=flags.values.get("enable-scheme", ()) if flags else None,
            watches=_watches(flags, env),
            lock_namespace=_lock_namespace(product, release, flags),
            replicas=_replicas(resource),
            service_account=PodTemplate.parse(template).service_account,
            selector=texts(resource.get("spec", "selector", "matchLabels")),
            ready=(integer(resource.get("status", "readyReplicas")) or 0)
            if resource.get("status")
            else None,
        )


_CONTAINERS: FieldPath = ("spec", "template", "spec", "containers")

_ENTRYPOINT = {
    MPI_OPERATOR: "/opt/mpi-operator",
    TRAINING_OPERATOR: "/manager",
    TRAINER: "/manager",
}


def is_controller(resource: Resource) -> bool:
    """Return whether a Deployment or StatefulSet runs one of the controllers."""
    return Controller.parse(resource) is not None


def identify(resource: Resource, template: Mapping[str, Any], container: Container) -> str | None:
    """Return the product that *container* runs, or None.

    An image or a binary of the product's own name proves it. A mirror that renames the image
    leaves weaker signs; two of them, among labels, the Deployment's name and the container's
    name or image, are enough.
    """
    name = image.parse(container.image).name
    if name in IMAGES:
        return IMAGES[name]
    if container.command and _LEGACY_BINARY.search(container.command[0]):
        return MPI_OPERATOR
    labels = texts(mapping(template.get("metadata")).get("labels"))
    labelled = {LABELS[pair] for pair in labels.items() if pair in LABELS}
    named = NAMES.get(str(resource.get("metadata", "name")))
    contained = NAMES.get(container.name)
    resembling = next((p for n, p in NAMES.items() if n in name), None)
    for product in (MPI_OPERATOR, TRAINING_OPERATOR, TRAINER):
        signs = [product in labelled, product == named, product == resembling]
        if sum(signs) > 1 and product in {contained, resembling}:
            return product
    return None


def _environment(resource: Resource, body: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the container's environment; its own namespace is the one field known here."""
    values = dict(Container.parse(body).env)
    for entry in mappings(body.get("env")):
        field = mapping(mapping(entry.get("valueFrom")).get("fieldRef")).get("fieldPath")
        if field == "metadata.namespace":
            values[text(entry.get("name"))] = resource.reference.namespace or None
    return values


def _reads(product: str, release: Version | None, binary: str) -> str | None:
    """Return the MPIJob version that the program works on.

    An mpi-operator of unknown release is taken for v2beta1, which every release since 0.4 is,
    unless its binary is named after another version; a training-operator for v1.
    """
    if product == TRAINER:
        return ""
    legacy = _LEGACY_BINARY.search(binary)
    if product == MPI_OPERATOR and legacy and (release is None or release < Version("0.4")):
        return "v2beta1" if legacy[1] == "v2" else legacy[1]
    known = releases.nearest(product, release) if release else None
    if known:
        return known.reads or ""
    return {MPI_OPERATOR: "v2beta1", TRAINING_OPERATOR: "v1"}[product]


def _watches(flags: Flags | None, env: Mapping[str, str | None]) -> str | None:
    if flags is None:
        return None
    given = flags.values.get("namespace", ())
    return given[-1] if given else env.get(NAMESPACE_ENV, "")


def _lock_namespace(product: str, release: Version | None, flags: Flags | None) -> str | None:
    """Return the namespace of the Lease.

    The default is ``mpi-operator`` wherever the operator itself runs; before 0.4 the lock is an
    Endpoints object (kubeflow/mpi-operator v0.8.0 cmd/mpi-operator/app/options/options.go).
    """
    if product != MPI_OPERATOR or flags is None or (release and release < Version("0.4")):
        return None
    return flags.values.get("lock-namespace", ("mpi-operator",))[-1]


def _replicas(resource: Resource) -> int:
    wanted = integer(resource.get("spec", "replicas"))
    return 1 if wanted is None else wanted
