"""Which of the known controllers a container runs, and which MPIJobs that program works on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from packaging.version import Version

from mpiaudit.facts import flags as flag_facts
from mpiaudit.facts import releases
from mpiaudit.facts.releases import MPI_OPERATOR, NAMESPACE_ENV, TRAINER, TRAINING_OPERATOR
from mpiaudit.inventory import goflags, image
from mpiaudit.inventory.goflags import Flags
from mpiaudit.inventory.template import Container
from mpiaudit.inventory.view import mapping, mappings, text, texts
from mpiaudit.model import Resource

IMAGES = {
    "mpi-operator": MPI_OPERATOR,
    "training-operator": TRAINING_OPERATOR,
    "trainer-controller-manager": TRAINER,
    "training-operator-v2": TRAINER,
}
"""The last path part of the image each product is published as."""

UPSTREAM = (
    "mpioperator/mpi-operator",
    "kubeflow/training-operator",
    "kubeflow/training/training-operator",
    "kubeflow/training-v1/training-operator",
    "j1r0q0g6/training/training-operator",
    "kubeflow/trainer/trainer-controller-manager",
)
"""The repositories upstream publishes to, registries left out; a mirror may put folders in front.

kubeflow/mpi-operator v0.8.0 manifests/base/kustomization.yaml; kubeflow/trainer
manifests/overlays/kubeflow/kustomization.yaml at v1.3.0, v1.5.0 and v1.9.4.
"""

LABELS = {
    ("app", "mpi-operator"): MPI_OPERATOR,
    ("app.kubernetes.io/name", "mpi-operator"): MPI_OPERATOR,
    ("control-plane", "kubeflow-training-operator"): TRAINING_OPERATOR,
}
"""Labels that each product's manifests put on its pods; a hint, since anybody may set them."""

NAMES = {
    "mpi-operator": MPI_OPERATOR,
    "training-operator": TRAINING_OPERATOR,
    "kubeflow-training-operator": TRAINING_OPERATOR,
    "kubeflow-trainer-controller-manager": TRAINER,
}
"""What each product's manifests call the Deployment and its container; a hint as well."""

BINARIES = {
    MPI_OPERATOR: re.compile(r"mpi-operator(\.v(1alpha1|1alpha2|1|2))?"),
    TRAINING_OPERATOR: re.compile(r"manager|training-operator(\.v1)?"),
    TRAINER: re.compile(r"manager|trainer-controller-manager"),
}
"""What each product's program is called. Another word in its place is a wrapper."""

SHIPPED = re.compile(r"/(?:opt|bin)/mpi-operator(?:\.\w+)?")
"""Where the images of mpi-operator keep their programs; elsewhere the image is somebody's own."""

_ENTRYPOINT = {
    MPI_OPERATOR: "/opt/mpi-operator",
    TRAINING_OPERATOR: "/manager",
    TRAINER: "/manager",
}
_GENERATIONS = {"1alpha1": "v1alpha1", "1alpha2": "v1alpha2", "1": "v1", "2": "v2beta1"}
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?|")
_UNRENDERED = re.compile(r"\$\(|\$\{|\{\{|\{%|<")


def identify(resource: Resource, template: Mapping[str, Any], container: Container) -> str | None:
    """Return the product that *container* runs, or None.

    An image or a binary of the product's own name proves it. A mirror that renames the image
    leaves weaker signs, of which no single one is enough: the pod's labels, the Deployment's
    name, the container's name, and an image whose name holds the product's.
    """
    name = image.parse(container.image).name
    if name in IMAGES:
        return IMAGES[name]
    if container.command and _binary(MPI_OPERATOR, container.command[0]):
        return MPI_OPERATOR
    labels = texts(mapping(template.get("metadata")).get("labels"))
    labelled = {LABELS[pair] for pair in labels.items() if pair in LABELS}
    named = NAMES.get(str(resource.get("metadata", "name")))
    contained = NAMES.get(container.name)
    resembling = next((p for n, p in NAMES.items() if n in name), None)
    for product in releases.PRODUCTS:
        outside = [product in labelled, product == named]
        if product == contained and (any(outside) or product == resembling):
            return product
        if product == resembling and all(outside):
            return product
    return None


def environment(resource: Resource, body: Mapping[str, Any]) -> dict[str, str | None]:
    """Return a container's environment; its own namespace is the one field known here.

    Where ``envFrom`` may set the namespace to watch, or in a patch, which has no image, that
    variable is there and unknown.
    """
    elsewhere = mappings(body.get("envFrom")) or not body.get("image")
    values: dict[str, str | None] = {NAMESPACE_ENV: None} if elsewhere else {}
    values |= Container.parse(body).env
    for entry in mappings(body.get("env")):
        field = mapping(mapping(entry.get("valueFrom")).get("fieldRef")).get("fieldPath")
        if field == "metadata.namespace":
            values[text(entry.get("name"))] = resource.reference.namespace or None
    return values


def arguments(
    product: str, release: Version | None, container: Container, env: Mapping[str, str | None]
) -> tuple[str, ...] | None:
    """Return the effective command line, program first; None where it is unknowable.

    So it is in a patch, which has no image, and leaves the arguments to what it is applied to.
    """
    if not container.image and not container.args:
        return None
    known = releases.nearest(product, release) if release else None
    entrypoint = known.entrypoint if known else _ENTRYPOINT[product]
    return goflags.argv(container.command, container.args, env, (entrypoint,))


def flags_of(product: str, argv: tuple[str, ...] | None) -> Flags | None:
    """Return the flags on a command line; None where it is unknown, or runs a wrapper.

    A word that is still to be filled in may hold flags, so nothing is known behind it.
    """
    if not argv or not _binary(product, argv[0]):
        return None
    types = {n: f.type for n, f in flag_facts.flags(product, None).items()}
    flags = goflags.parse(argv[1:], types)
    stopped = flags.rest[:1] + flags.unknown
    return None if any(unrendered(word) for word in stopped) else flags


def reads(
    product: str, release: Version | None, container: Container, flags: Flags | None
) -> str | None:
    """Return the MPIJob version that the program works on; empty for none, None where unknown.

    A training-operator of unknown release is taken for v1, like every one since 1.4. An
    mpi-operator of unknown release is v2beta1, like every one since 0.4, unless its binary or
    its flags are those of an older one.
    """
    if product == TRAINER:
        return ""
    known = releases.nearest(product, release) if release else None
    if product == TRAINING_OPERATOR:
        return "v1" if known is None else known.reads or ""
    binary = container.command[0] if container.command else ""
    if known:
        shipped = binary if SHIPPED.fullmatch(binary) else ""
        return known.read_by(shipped) or ""
    named = _binary(MPI_OPERATOR, binary)
    if named and named[2]:
        return _GENERATIONS[named[2]]
    if binary.startswith("/bin/") or release:
        return None
    return _fitting(flags)


def watches(flags: Flags | None, env: Mapping[str, str | None]) -> str | None:
    """Return the one namespace that a program watches, empty for all; None where unknown."""
    if flags is None:
        return None
    given = flags.values.get("namespace", ())
    return namespace(given[-1] if given else env.get(NAMESPACE_ENV, ""))


def lock_namespace(release: Version | None, reads: str | None, flags: Flags | None) -> str | None:
    """Return the namespace of mpi-operator's Lease; None where unknown or where it takes none.

    The default is ``mpi-operator`` wherever the operator itself runs; before 0.4 the lock is an
    Endpoints object (kubeflow/mpi-operator v0.8.0 cmd/mpi-operator/app/options/options.go:77).
    """
    if reads != "v2beta1" or flags is None or (release and release < Version("0.4")):
        return None
    return namespace(flags.values.get("lock-namespace", ("mpi-operator",))[-1])


def namespace(value: str | None) -> str | None:
    """Return *value* where it can be a namespace, or is empty; None where it is unrendered."""
    return value if value is not None and _NAMESPACE.fullmatch(value) else None


def unrendered(word: str) -> bool:
    """Return whether *word* holds a variable or a template's placeholder."""
    return _UNRENDERED.search(word) is not None


def upstream(repository: str) -> bool:
    """Return whether an image is upstream's own, or a mirror's copy that kept its path."""
    return any(f"/{repository}".endswith(f"/{own}") for own in UPSTREAM)


def _binary(product: str, path: str) -> re.Match[str] | None:
    return BINARIES[product].fullmatch(path.rpartition("/")[2])


def _fitting(flags: Flags | None) -> str | None:
    """Return the one MPIJob version whose mpi-operator knows all *flags*; v2beta1 where it does."""
    given = set(flags.values) if flags else set()
    given -= set(flags.unknown) if flags else set()
    fitting = [
        version
        for version in ("v2beta1", "v1", "v1alpha2", "v1alpha1")
        if given <= flag_facts.flags(MPI_OPERATOR, None, version).keys()
    ]
    if "v2beta1" in fitting:
        return "v2beta1"
    return fitting[0] if len(fitting) == 1 else None
