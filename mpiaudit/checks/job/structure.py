"""What the API server makes of the fields of a job, by the schema that would judge it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mpiaudit.checks import fixes
from mpiaudit.checks.once import once
from mpiaudit.checks.semantics import V2BETA1, placeholder
from mpiaudit.facts import schemas
from mpiaudit.inventory.crd import Crd, CrdVersion
from mpiaudit.inventory.job import Job
from mpiaudit.model import FieldPath, dig
from mpiaudit.rule import Confidence, Fix
from mpiaudit.schema.faults import Fault, Flaw, Schema
from mpiaudit.schema.names import ANY, meant

DROPPED = (
    "kubectl refuses it; where a client asks for no strict validation the field is dropped, "
    "and the job runs without it"
)
"""What becomes of a field that is not declared.

kubernetes/kubernetes v1.34.4
staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning/algorithm.go and
staging/src/k8s.io/kubectl/pkg/cmd/util/helpers.go (``--validate``).
"""


@dataclass(frozen=True, slots=True)
class Misfit:
    """One fault of one job."""

    job: Job
    fault: Fault
    schema: Schema
    basis: str
    """Whose schema it is, in words: ``the CRD``, or of which release."""

    confidence: Confidence | None
    lost: bool
    """Whether it is known to have been dropped: the author applied it, and it is not there."""

    @property
    def path(self) -> FieldPath:
        """The field's path in the job."""
        return self.fault.path

    @property
    def effect(self) -> str:
        """What becomes of a field that is not declared."""
        return "it was dropped when the job was applied" if self.lost else DROPPED

    @property
    def belongs(self) -> FieldPath | None:
        """Where the field probably belongs, or None."""
        return meant(self.schema.structural, self.path)


@once
def misfits(jobs: Iterable[Job], crd: Crd | None) -> Iterator[Misfit]:
    """Return the faults in what the authors of *jobs* wrote.

    Of a job in a cluster that is the last-applied configuration: the API server took it once, so
    that only what it dropped counts, or what the definition in force would not take again.
    There are none where no schema is known, and of fields that a template is to fill in.
    """
    for job in jobs:
        body = job.applied if job.identity.exported else job.body
        if body:
            yield from _misfits(job, body, crd)


def _misfits(job: Job, body: Mapping[str, Any], crd: Crd | None) -> Iterator[Misfit]:
    version = str(body.get("apiVersion") or "").rpartition("/")[2]
    basis = _basis(version, crd)
    if basis is None:
        return
    schema, words, confidence = basis
    there = job.identity.exported
    for fault in schema.faults(body):
        lost = there and fault.flaw is Flaw.UNKNOWN and dig(job.body, *fault.path) is None
        proven = lost or not there or (crd is not None and crd.installed)
        if proven and not _filled_in(fault):
            yield Misfit(job, fault, schema, words, confidence, lost)


def _basis(version: str, crd: Crd | None) -> tuple[Schema, str, Confidence | None] | None:
    """Return the schema that judges a job of *version*, whose it is, and how sure that is.

    None where the CRD does not serve the version, or keeps what it does not declare. A CRD that
    no API server would take has no say: the job meets another one.
    """
    declared = crd.version(version) if crd else None
    if crd and not (declared and declared.served and declared.schema and declared.prunes):
        return None
    if crd and declared and (schema := _of(declared)):
        return schema, "the CRD", None if crd.installed else Confidence.LIKELY
    known = schemas.shipped(version)
    if known is None:
        return None
    return _shipped(version), known.source.replace("@", " "), Confidence.LIKELY


@lru_cache(8)
def _of(version: CrdVersion) -> Schema | None:
    """Return the schema of a CRD; None where it is none."""
    try:
        return Schema(version.schema)
    except ValueError:
        return None


@lru_cache(8)
def _shipped(version: str) -> Schema:
    known = schemas.shipped(version)
    return Schema(known.structural if known else {})


def _filled_in(fault: Fault) -> bool:
    """Return whether a template is to fill in the field, or a key on the way to it."""
    words: list[Any] = [step for step in fault.path if isinstance(step, str)]
    if isinstance(fault.value, str) and fault.wanted:
        words.append(fault.value)
    return any(placeholder(word) for word in words)


def of_another_version(misfit: Misfit) -> str:
    """Return the one version, v1 or v2beta1, that declares an unknown field of ``spec``, if any."""
    if len(misfit.path) != len(("spec", "field")) or misfit.path[0] != "spec":
        return ""
    declaring = [v for v in ("v1", V2BETA1) if misfit.path[1] in _declared(v)]
    return declaring[0] if len(declaring) == 1 else ""


def _declared(version: str) -> Mapping[str, Any]:
    """Return what the newest release declares below ``spec``."""
    known = schemas.shipped(version)
    return dig(known.structural, "properties", "spec", "properties") if known else {}


def spoken(path: FieldPath) -> str:
    """Return *path* as kubectl's messages write it: ``spec.containers[0].image``."""
    return "".join(f"[{p}]" if isinstance(p, int) or p == ANY else f".{p}" for p in path).lstrip(
        "."
    )


def moved(misfit: Misfit, crd: Crd | None) -> Fix | None:
    """Return what says the same where it counts.

    None where no such place is known, or inside a list, or for more than one scalar.
    """
    path, value = misfit.belongs, misfit.fault.value
    if path is None or not isinstance(value, str | int | float):
        return None
    names = tuple(step for step in path if isinstance(step, str) and step != ANY)
    if len(names) < len(path):
        return None
    return fixes.set_field(misfit.job, names, value, "where it takes effect", crd)
