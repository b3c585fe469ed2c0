"""MPA077."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mpiaudit.checks.evidence import listing
from mpiaudit.checks.job import patches
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.mistyped import Mistyped, mistyped
from mpiaudit.inventory.unfit import unfit
from mpiaudit.inventory.view import mapping
from mpiaudit.model import FieldPath
from mpiaudit.rule import Fix, Hit, Severity, rule

STATED = 3
"""How many of the values a message names."""

NUMBER = "NUMBER"
"""What a fix says where nobody but the author knows the number."""


@rule(
    "MPA077",
    Severity.MEDIUM,
    remedy="Quote the text, make the number smaller, or delete the job.",
    symptom_of=("MPA213",),
    by_sort=True,
)
def undecodable(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """A value is of a type that no controller can decode.

    mpi-operator cannot list MPIJobs while such a job is there: it logs "cannot unmarshal number
    into Go struct field" and sees no new MPIJob of any namespace, with no event and no exit; once
    restarted, none at all. training-operator then makes no pod of any of its kinds either, and
    ends every two minutes.

    ``replicas: 3000000000`` does not fit into 32 bits, and upstream's CRDs let it in, since the
    API server reads numbers into 64. ``value: 5`` in ``env`` is a number where a string belongs.
    A CRD that types the pod template refuses that; the one of mpi-operator 0.3.0 does not.

    Detected by the types of well-known fields: numbers and booleans where strings belong, and
    numbers beyond the width of an integer. A job that is in a cluster has passed its CRD.

    Wrong when: the value is null or a quantity, or the text of a template (none of them
    reported), or a policy refuses the job. A manifest may be meant for another cluster: where the
    CRD refuses it, only this job is lost.

    Source: kubernetes/kubernetes v1.34.0 staging/src/k8s.io/api/core/v1/types.go and
    kubeflow/mpi-operator v0.8.0 pkg/apis/kubeflow/v2beta1/types.go (the types), v0.3.0
    manifests/base/crd.yaml (untyped templates); seen with mpi-operator 0.8.0 on its own CRD and
    on that of 0.3.0, and with the v1 program of 0.3.0 and training-operator 1.9.0, on Kubernetes
    1.34.
    """
    readers = [c for c in controllers if c.active and (crd is None or c.reads in crd.served)]
    for job in jobs:
        found = list(_found(job))
        if not found:
            continue
        here = job.identity.exported
        stopped = readers if here else []
        path, _ = found[0]
        yield Hit(
            job.at(*path),
            f"{job.key}: {_stated(found)}",
            also=tuple(job.at(*p) for p, _ in found[1:STATED]) + tuple(c.at() for c in stopped),
            effect=_effect(found, crd, stopped, here=here),
            fix=_retyped(job, found, crd),
            severity=_severity(found, here=here, stops=bool(stopped)),
        )


def _found(job: Job) -> Iterator[tuple[FieldPath, Mistyped]]:
    """Yield what does not decode, first what a CRD lets in."""
    numbers = list(unfit(job.spec))
    for wrong in sorted(numbers, key=lambda wrong: not wrong.accepted):
        yield ("spec", *wrong.path), wrong
    for name, replica in mapping(job.spec.get("mpiReplicaSpecs")).items():
        template = mapping(mapping(replica).get("template"))
        for wrong in mistyped(template):
            yield ("spec", "mpiReplicaSpecs", str(name), "template", *wrong.path), wrong


def _severity(
    found: list[tuple[FieldPath, Mistyped]], *, here: bool, stops: bool
) -> Severity | None:
    """Return how bad it is in a cluster, or of a manifest that its CRD lets in."""
    if stops or (not here and _enters(found)):
        return Severity.CRITICAL
    return Severity.HIGH if here else None


def _enters(found: list[tuple[FieldPath, Mistyped]]) -> bool:
    """Return whether nothing about a job keeps it out of a cluster."""
    return all(wrong.accepted for _, wrong in found)


def _stated(found: list[tuple[FieldPath, Mistyped]]) -> str:
    words = [
        f"{_spoken(path)} is {_spelt(wrong)}, not a {wrong.wanted}"
        for path, wrong in found[:STATED]
    ]
    more = f" and {len(found) - STATED} more" if len(found) > STATED else ""
    return "; ".join(words) + more


def _spoken(path: FieldPath) -> str:
    """Return a path as users say it: ``Worker env[0].value``, ``slotsPerWorker``."""
    owner, below = "", path[1:]
    if below[0] == "mpiReplicaSpecs":
        owner, below = f"{path[2]} ", path[5:] if path[3] == "template" else path[3:]
    tail = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in below)
    return owner + tail.removeprefix(".")


def _spelt(wrong: Mistyped) -> str:
    """Return the value as YAML spells it."""
    return json.dumps(wrong.value)


def _retyped(job: Job, found: list[tuple[FieldPath, Mistyped]], crd: Crd | None) -> Fix:
    """Return the patch of a job in a cluster, or the first value of a manifest as it should be."""
    path, first = found[0]
    if not job.identity.exported:
        key = "- " if isinstance(path[-1], int) else f"{path[-1]}: "
        return Fix(f"the value as a {first.wanted}", key + _bare(json.dumps(_meant(first))))
    patch = [
        {"op": "replace", "path": patches.pointer(p), "value": _meant(wrong)} for p, wrong in found
    ]
    summary = "all values at once; controllers then read MPIJobs again"
    if any(_meant(wrong) == NUMBER for _, wrong in found):
        summary = f"put the right number in for {NUMBER}; {summary}"
    return Fix(summary, _bare(patches.command(job, patch, crd)))


def _meant(wrong: Mistyped) -> bool | str:
    if wrong.wanted == "boolean":
        return bool(wrong.value)
    return _spelt(wrong) if wrong.wanted == "string" else NUMBER


def _bare(text: str) -> str:
    """Return *text* with the word for a number as the number will stand there."""
    return text.replace(f'"{NUMBER}"', NUMBER)


def _effect(
    found: list[tuple[FieldPath, Mistyped]],
    crd: Crd | None,
    stopped: list[Controller],
    *,
    here: bool,
) -> str:
    if stopped:
        names = listing(sorted({c.product for c in stopped}))
        return f"{names} cannot list MPIJobs any more: none of any namespace is reconciled"
    if here:
        return "no controller can read the job, nor list MPIJobs while it is there"
    if _enters(found):
        return "the API server accepts it, and then no controller can list MPIJobs in any namespace"
    if crd is None:
        return (
            "the API server refuses it; with the CRD of mpi-operator 0.3.0 it gets in and "
            "stops mpi-operator for every namespace"
        )
    return "the API server refuses it, unless the CRD leaves the pod template untyped"
