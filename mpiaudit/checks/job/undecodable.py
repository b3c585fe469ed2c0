"""MPA077."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mpiaudit.checks.semantics import V2BETA1
from mpiaudit.facts.releases import MPI_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.mistyped import Mistyped, mistyped
from mpiaudit.inventory.view import mapping
from mpiaudit.model import FieldPath
from mpiaudit.rule import Fix, Hit, Severity, rule

STATED = 3
"""How many of the values a message names."""


@rule(
    "MPA077",
    Severity.MEDIUM,
    remedy="Quote the value, or delete the job.",
    symptom_of=("MPA213",),
)
def undecodable(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """A value is of a type that no controller can decode.

    ``value: 5`` in ``env`` is a number where a string belongs. A CRD that types the pod template
    refuses the job. That of mpi-operator 0.3.0 does not: the job gets in, and every mpi-operator
    of v2beta1 that lists it logs "cannot unmarshal number into Go struct field EnvVar", never
    syncs, and reconciles no MPIJob of any namespace, with no event and no exit.

    Detected by the types of well-known fields of the pod templates: numbers and booleans where
    strings belong. A job that is in a cluster has passed its CRD.

    Wrong when: the value is null or a quantity, or the text of a template (none of them
    reported). A manifest may be meant for another cluster: there, only this job is lost.

    Source: kubernetes/kubernetes v1.34.0 staging/src/k8s.io/api/core/v1/types.go (the types),
    kubeflow/mpi-operator v0.3.0 manifests/base/crd.yaml (untyped templates); seen with
    mpi-operator 0.8.0 on the CRD of 0.3.0 on Kubernetes 1.34.
    """
    operators = [
        c for c in controllers if c.product == MPI_OPERATOR and c.active and c.reads == V2BETA1
    ]
    for job in jobs:
        found = list(_found(job))
        if not found:
            continue
        here = job.identity.exported
        poisons = here and bool(operators) and (crd is None or V2BETA1 in crd.served)
        path, _ = found[0]
        yield Hit(
            job.at(*path),
            f"{job.key}: {_stated(found)}",
            also=tuple(job.at(*p) for p, _ in found[1:STATED])
            + tuple(c.at() for c in operators if poisons),
            effect=_effect(job, crd, poisons=poisons),
            fix=_retyped(job, found),
            severity=Severity.CRITICAL if poisons else Severity.HIGH if here else None,
        )


def _found(job: Job) -> Iterator[tuple[FieldPath, Mistyped]]:
    for name, replica in mapping(job.spec.get("mpiReplicaSpecs")).items():
        template = mapping(mapping(replica).get("template"))
        for wrong in mistyped(template):
            yield ("spec", "mpiReplicaSpecs", str(name), "template", *wrong.path), wrong


def _stated(found: list[tuple[FieldPath, Mistyped]]) -> str:
    words = [
        f"{_spoken(path)} is {_spelt(wrong)}, not a {wrong.wanted}"
        for path, wrong in found[:STATED]
    ]
    more = f" and {len(found) - STATED} more" if len(found) > STATED else ""
    return "; ".join(words) + more


def _spoken(path: FieldPath) -> str:
    """Return the end of a path as users say it: ``Worker env[0].value``."""
    tail = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path[5:])
    return f"{path[2]} {tail.lstrip('.')}"


def _spelt(wrong: Mistyped) -> str:
    """Return the value as YAML spells it."""
    return json.dumps(wrong.value)


def _retyped(job: Job, found: list[tuple[FieldPath, Mistyped]]) -> Fix:
    """Return the patch of a job in a cluster, or the first value of a manifest as it should be."""
    path, first = found[0]
    if not job.identity.exported:
        key = "- " if isinstance(path[-1], int) else f"{path[-1]}: "
        return Fix(f"the value as a {first.wanted}", f"{key}{json.dumps(_meant(first))}")
    patch = [{"op": "replace", "path": _pointer(p), "value": _meant(wrong)} for p, wrong in found]
    command = (
        f"kubectl -n {job.namespace or 'default'} patch mpijobs.{job.version}.kubeflow.org "
        f"{job.name} --type=json -p '{json.dumps(patch)}'"
    )
    return Fix("all values at once; mpi-operator then reads MPIJobs again", command)


def _pointer(path: FieldPath) -> str:
    return "".join("/" + str(p).replace("~", "~0").replace("/", "~1") for p in path)


def _meant(wrong: Mistyped) -> bool | str:
    return bool(wrong.value) if wrong.wanted == "boolean" else _spelt(wrong)


def _effect(job: Job, crd: Crd | None, *, poisons: bool) -> str:
    if poisons:
        return "mpi-operator cannot list MPIJobs any more: none of any namespace is reconciled"
    if job.identity.exported:
        return "no controller can read the job, nor list MPIJobs while it is there"
    if crd is None:
        return (
            "the API server refuses it; with the CRD of mpi-operator 0.3.0 it gets in and "
            "stops mpi-operator for every namespace"
        )
    return "the API server refuses it, unless the CRD leaves the pod template untyped"
