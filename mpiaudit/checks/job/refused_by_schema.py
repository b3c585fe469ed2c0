"""MPA213."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator

from mpiaudit.checks.job.structure import Misfit, misfits, spoken
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.rule import Fix, Hit, Severity, rule
from mpiaudit.schema.faults import Fault, Flaw

OTHERS = frozenset({"mpiImplementation", "mpiReplicaSpecs", "containers"})
"""Fields whose values, or whose absence, other rules explain better."""


@rule("MPA213", Severity.HIGH, remedy="Correct the field; the job is refused as it is.")
def refused_by_schema(jobs: tuple[Job, ...], crd: Crd | None = None) -> Iterator[Hit]:
    """A field is missing, or of a type or value that the API server refuses.

    ``kubectl apply`` answers ``The MPIJob is invalid`` with ``must be of type``, ``Required
    value``, ``Duplicate value`` or ``should match``, and nothing is created: ``replicas: "2"``,
    ``cpu: 0.5`` without quotes, a label that YAML reads as a number, the same variable twice.

    Detected against the schema of the job's version in the given CRD, else, types and required
    fields only, against the newest release of upstream. Of a job in a cluster that is what its
    author applied last: a newer CRD may refuse it when it is applied again (medium).

    Wrong when: a template is to fill in the value, or the manifest is a kustomize patch that
    lacks the field (neither is reported); without a CRD, where the cluster's own does not type
    pod templates, as that of mpi-operator 0.3.0 (likely, not certain). CEL rules and the
    alternatives of ``anyOf`` are not evaluated.

    Source: kubernetes/kubernetes v1.34.4
    staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/validation/validation.go;
    kubeflow/mpi-operator v0.8.0 manifests/base/kubeflow.org_mpijobs.yaml; compared with the
    answers of Kubernetes 1.34 to the same objects.
    """
    for misfit in misfits(jobs, crd):
        if misfit.fault.flaw is Flaw.UNKNOWN:
            continue
        missing = misfit.fault.flaw is Flaw.MISSING
        elsewhere = misfit.path[-1] in OTHERS and misfit.fault.flaw is not Flaw.TYPE
        if not elsewhere and (misfit.job.whole or not missing):
            yield _hit(misfit, missing=missing)


def _hit(misfit: Misfit, *, missing: bool) -> Hit:
    fault = misfit.fault
    field = spoken(fault.path)
    given = textwrap.shorten(json.dumps(fault.value, default=str), 40, placeholder=" ...")
    return Hit(
        misfit.job.at(*fault.path),
        f"{field} is missing" if missing else f"{field} is {given}; wanted is {fault.wanted}",
        effect="the API server refuses the job when it is applied again"
        if misfit.job.identity.exported
        else "the API server refuses the job",
        fix=_quoted(fault),
        severity=Severity.MEDIUM if misfit.job.identity.exported else None,
        confidence=misfit.confidence,
    )


def _quoted(fault: Fault) -> Fix | None:
    """Return the value in quotes where a string is wanted, and without where a number is."""
    value, key = fault.value, fault.path[-1]
    number = isinstance(value, int | float)
    if number and "string" in fault.wanted.split():
        meant = json.dumps(json.dumps(value))
    elif (
        isinstance(value, str) and value.isascii() and value.isdigit() and fault.wanted == "integer"
    ):
        meant = value
    else:
        return None
    return Fix(
        "the value as what is wanted", f"{'-' if isinstance(key, int) else f'{key}:'} {meant}"
    )
