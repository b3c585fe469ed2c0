"""MPA212."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.job import structure
from mpiaudit.checks.job.structure import Misfit, misfits, moved, spoken
from mpiaudit.checks.semantics import weight
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.rule import Hit, Severity, rule
from mpiaudit.schema.faults import Flaw


@rule(
    "MPA212",
    Severity.MEDIUM,
    remedy="Rename the field or move it to where it belongs; remove it if nothing reads it.",
    symptom_of=("MPA083",),
)
def unknown_field(jobs: tuple[Job, ...], crd: Crd | None = None) -> Iterator[Hit]:
    """A field is declared by no schema and gets lost.

    ``kubectl apply`` answers ``strict decoding error: unknown field``. What sends no strict
    validation (most client libraries, Argo, ``--validate=false``) gets a warning at most: the API
    server drops the field, and the job runs as if it had never been written. A misspelt
    ``nodeSelector`` runs anywhere, an ``imagePullPolicy`` beside the containers does nothing.

    Detected against the schema of the job's version in the given CRD, else against the newest
    release of upstream; of a job in a cluster by what its author applied and the API server no
    longer has. An unknown field that is null is only noted.

    Wrong when: the key is a template, or the schema keeps unknown fields, as that of mpi-operator
    0.3.0 does (neither is reported); without a CRD, where the cluster's own declares more than
    upstream's (likely, not certain). Fields of another version of MPIJob are another finding.

    Source: kubernetes/kubernetes v1.34.4
    staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning/algorithm.go;
    kubeflow/mpi-operator v0.8.0 manifests/base/kubeflow.org_mpijobs.yaml; compared with the
    answers of Kubernetes 1.34 to the same objects.
    """
    for misfit in misfits(jobs, crd):
        if misfit.fault.flaw is Flaw.UNKNOWN and not structure.of_another_version(misfit):
            yield _hit(misfit, crd)


def _hit(misfit: Misfit, crd: Crd | None) -> Hit:
    belongs = misfit.belongs
    instead = f"; {spoken(belongs)} may be meant" if belongs else ""
    severity = Severity.LOW if misfit.fault.value is None else Severity.MEDIUM
    return Hit(
        misfit.job.at(*misfit.path),
        f"{misfit.basis} declares no {spoken(misfit.path)}{instead}",
        effect=misfit.effect,
        fix=moved(misfit, crd),
        severity=weight(misfit.job, severity),
        confidence=misfit.confidence,
    )
