"""Which release wrote an MPIJob CRD: no label says so, its schema does."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from packaging.version import Version

from mpiaudit.facts.releases import nearest
from mpiaudit.facts.tables import table


@dataclass(frozen=True, slots=True)
class Origin:
    """The releases that ship a CRD.

    To find out whether a controller needs a newer CRD compare `properties_of`, not these
    versions: several releases may share a schema.
    """

    product: str
    oldest: Version
    newest: Version

    @property
    def releases(self) -> str:
        """For people: ``0.8``, or ``1.4 to 1.5``."""
        oldest, newest = (f"{v.major}.{v.minor}" for v in (self.oldest, self.newest))
        return oldest if oldest == newest else f"{oldest} to {newest}"


@dataclass(frozen=True, slots=True)
class Schema:
    """The CRD that some releases ship."""

    origin: Origin
    served: frozenset[str]
    controller_gen: str
    """The annotation ``controller-gen.kubebuilder.io/version``; empty in the oldest."""

    properties: frozenset[str]
    """What tells schemas apart, dotted below ``spec``: ``runPolicy.managedBy``."""

    source: str


@cache
def schemas() -> tuple[Schema, ...]:
    """Return every schema that upstream shipped, oldest first for each product."""
    return tuple(
        Schema(
            origin=Origin(row["product"], Version(row["oldest"]), Version(row["newest"])),
            served=frozenset(row["served"]),
            controller_gen=row["controller_gen"],
            properties=frozenset(row["properties"]),
            source=row["source"],
        )
        for row in table("crds")["schema"]
    )


@cache
def markers() -> frozenset[str]:
    """Return the properties that tell schemas apart."""
    return frozenset[str]().union(*(schema.properties for schema in schemas()))


def origin(
    served: Collection[str], controller_gen: str, properties: Collection[str]
) -> Origin | None:
    """Return the releases that ship a CRD like this one.

    *served* are the served versions; *properties* those of all served versions together, dotted
    below ``spec`` (those that are no marker do not matter). These decide; the annotation
    *controller_gen* chooses among releases that share a schema. None where no release fits, or
    where the annotation belongs to other releases than the schema does: a merged or edited CRD.

    Sources: kubeflow/mpi-operator manifests/base/kubeflow.org_mpijobs.yaml and
    kubeflow/training-operator manifests/base/crds/kubeflow.org_mpijobs.yaml, at every tag.
    """
    present = markers() & frozenset(properties)
    alike = [s for s in schemas() if s.served == frozenset(served) and s.properties == present]
    if controller_gen and any(s.controller_gen == controller_gen for s in schemas()):
        alike = [s for s in alike if s.controller_gen == controller_gen]
    if not alike:
        return None
    return Origin(
        product=alike[0].origin.product,
        oldest=min(s.origin.oldest for s in alike),
        newest=max(s.origin.newest for s in alike),
    )


def properties_of(product: str, version: Version) -> frozenset[str]:
    """Return the marker properties of the CRD that *version* of *product* ships.

    Of the newest known release where *version* is newer; empty where it ships no MPIJob CRD.
    """
    known = nearest(product, version)
    if known is None:
        return frozenset()
    fitting = (
        schema.properties
        for schema in schemas()
        if schema.origin.product == product
        and schema.origin.oldest <= known.version <= schema.origin.newest
    )
    return frozenset[str]().union(*fitting)
