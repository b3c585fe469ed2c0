"""Manifests over a cluster that is named rather than read: the releases that it runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from packaging.version import Version

from mpiaudit.collect import shipped
from mpiaudit.collect.applied import WORKLOADS, controller_in
from mpiaudit.collect.bundle import Part
from mpiaudit.collect.shipped import DEFINITION, Target
from mpiaudit.facts import crds, releases
from mpiaudit.facts.releases import MPI_OPERATOR, PRODUCTS
from mpiaudit.inventory.crd import CRD_NAME
from mpiaudit.model import AuditError, Gap, Resource
from mpiaudit.reading import Reading

OLDEST = {MPI_OPERATOR: Version("0.3.0")}
"""Older manifests differ: kubeflow/mpi-operator v0.2.3 deploy/v1 and deploy/v1alpha2."""

BYSTANDERS = ("kueue", "katib", "volcano", "scheduler-plugins", "jobset")
"""What runs beside MPIJobs, and no rule asks for a release of."""

WHOLE = frozenset({"Deployment", DEFINITION, "Namespace", "ClusterRole", "ClusterRoleBinding"})
"""Kinds whose exported list tells of another cluster than the target: it is whole."""

GANGS = Gap("a target does not say which PodGroups there are", unreadable=False)

_MINOR = re.compile(r"\D*\d+\.\d+", re.ASCII)


def parse(text: str) -> Target:
    """Return the target that *text* names: a product, a version, and flags of its controller.

    Of a minor (``0.8``) it is the newest known release. A version that is newer than all known
    ones is believed.

    Raises:
        AuditError: There is no such product or release.
    """
    product, version, flags = (*text.split(maxsplit=2), "", "", "")[:3]
    if product not in (*PRODUCTS, *BYSTANDERS):
        raise AuditError(
            f"target {text!r}: no snapshot, and no release of what rules look at: "
            f"{', '.join(PRODUCTS)}"
        )
    if flags and not flags.startswith("-"):
        raise AuditError(
            f"target {text!r}: behind the version come flags of the controller, such as"
            " --namespace=team-a"
        )
    return Target(product, _version(product, version, text), tuple(flags.split()))


def together(texts: Iterable[str]) -> tuple[Target, ...]:
    """Return the targets that *texts* name, by product.

    Raises:
        AuditError: One of them is none, or a product is named twice.
    """
    targets = sorted(map(parse, texts), key=lambda target: target.product)
    for one, other in pairwise(targets):
        if one.product == other.product:
            raise AuditError(f"target: {one} and {other}; name one release of {one.product}")
    return tuple(targets)


def lay(files: Reading, targets: Sequence[Target]) -> list[Resource]:
    """Have *files* yield the controllers and the CRD of *targets* behind their own objects.

    What is in the files counts more: a controller there takes the place of the same product's, and
    a definition that of all; where they are exports of a whole cluster nothing is added. Returned
    are the objects that stand, complete when the files are read. Where controllers of two targets
    reconcile MPIJobs, which CRD is in force is not known.
    """
    standing: list[Resource] = []
    judged = [target for target in targets if target.product in PRODUCTS]
    files.notes += (f"{t}: no rule asks for its release" for t in targets if t not in judged)
    if judged:
        files.resources = _laid(files.resources, judged, files, standing)
    return standing


def _version(product: str, word: str, text: str) -> Version:
    known = sorted({r.version for r in releases.releases(product)})
    known = [v for v in known if v >= OLDEST.get(product, v)]
    version = releases.release_of(product, word)
    if version is None:
        wrong = f"{word} is no version" if word else "it has no version"
        newest = f"the newest known is {product} {known[-1]}" if known else "write kueue 0.17"
        raise AuditError(f"target {text!r}: {wrong}; {newest}")
    if not known:
        return version
    if _MINOR.fullmatch(word):
        version = max([v for v in known if v.release[:2] == version.release[:2]] or [version])
    if Version(version.base_version) in known or version > known[-1]:
        return version
    older, newer = [v for v in known if v < version], [v for v in known if v > version]
    if not older:
        raise AuditError(f"target {text!r}: the oldest that is possible is {product} {newer[0]}")
    raise AuditError(
        f"target {text!r}: no such release is known; next to it are {older[-1]} and {newer[0]}"
    )


@dataclass
class _Given:
    """What the files hold of what a target stands for."""

    enabled: dict[str, bool] = field(default_factory=dict)
    """Of each product, whether one of its controllers may reconcile MPIJobs."""

    defined: bool = False
    cluster: bool = False
    """Whether they are exports of a whole cluster."""

    def see(self, resource: Resource) -> None:
        kind = resource.kind
        listed = kind in WHOLE and resource.prefix and resource.get("metadata", "uid")
        self.cluster |= bool(listed) or isinstance(resource, Part)
        if kind in WORKLOADS and (controller := controller_in(resource)):
            enabled = controller.mpi_enabled is not False
            self.enabled[controller.product] = enabled or self.enabled.get(
                controller.product, False
            )
        elif kind == DEFINITION and resource.reference.name == CRD_NAME:
            self.defined |= any(resource.get("spec", f) for f in ("versions", "version"))


def _laid(
    above: Iterator[Resource], targets: Sequence[Target], reading: Reading, standing: list[Resource]
) -> Iterator[Resource]:
    given = _Given()
    for resource in above:
        given.see(resource)
        yield resource
    if not given.cluster:
        standing += (shipped.deployment(t) for t in targets if t.product not in given.enabled)
    if not (given.cluster or given.defined):
        yield from _definition(targets, given.enabled, reading, standing)
    if not standing:
        names = " and ".join(map(str, targets))
        held = "exports of a cluster" if given.cluster else "controllers and a CRD of their own"
        reading.notes.append(f"{names}: nothing of it is added, for PATHS hold {held}")
    yield from standing


def _definition(
    targets: Sequence[Target], given: Mapping[str, bool], reading: Reading, standing: list[Resource]
) -> Iterator[Resource]:
    """Have the one CRD of *targets* stand; without any, yield what says that there is none."""
    match list(_definitions(targets, given)):
        case []:
            reading.gaps["PodGroup"] = GANGS
            yield shipped.another_definition(targets[0])
        case [(target, schema)]:
            standing.append(shipped.definition(target, schema))
            if schema.origin.newest != _newest(schema):
                reading.notes.append(_note(target, schema))
        case several:
            names = " and ".join(str(target) for target, _ in several)
            said = f"{names} ship a CRD of MPIJob each; add the one in force to PATHS"
            reading.gaps[DEFINITION] = Gap(said, unreadable=False)
            reading.notes.append(said)


def _definitions(
    targets: Iterable[Target], given: Mapping[str, bool]
) -> Iterator[tuple[Target, crds.Schema]]:
    """Yield what may be in force: of those that ship a CRD, the ones that reconcile MPIJobs.

    *given* says of products in the files whether one of their controllers may do so.
    """
    shipping = [(target, schema) for target in targets if (schema := target.definition)]
    wanting = [(t, s) for t, s in shipping if given.get(t.product, _enabled(t))]
    yield from wanting or shipping


def _enabled(target: Target) -> bool:
    controller = controller_in(shipped.deployment(target))
    return controller is not None and controller.mpi_enabled is not False


def _newest(schema: crds.Schema) -> Version:
    return max(s.origin.newest for s in crds.schemas() if s.origin.product == schema.origin.product)


def _note(target: Target, schema: crds.Schema) -> str:
    if not shipped.whole(schema):
        return f"{target}: its CRD leaves much open; no field of a job is held against it"
    return (
        f"{target}: fields of pod templates are held against those of {target.product} "
        f"{_newest(schema)}, and its CRD may know fewer"
    )
