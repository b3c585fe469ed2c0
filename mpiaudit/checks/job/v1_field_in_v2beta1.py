"""MPA016."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.job.structure import misfits, moved, of_another_version, spoken
from mpiaudit.checks.semantics import V2BETA1, weight
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.rule import Hit, Severity, rule
from mpiaudit.schema.faults import Flaw


@rule(
    "MPA016",
    Severity.MEDIUM,
    remedy="Move cleanPodPolicy below runPolicy; remove mainContainer.",
)
def v1_field_in_v2beta1(jobs: tuple[Job, ...], crd: Crd | None = None) -> Iterator[Hit]:
    """A field of v1 stands in a v2beta1 job and gets lost.

    Only ``apiVersion`` was changed when the job was moved to v2beta1. Its ``cleanPodPolicy``
    belongs below ``runPolicy`` there; at its old place it is dropped, the default None takes
    over, and the workers keep their GPUs when the job has ended. ``mainContainer`` has no
    counterpart. kubectl refuses the job; other clients do not.

    Detected as an unknown field that v1 declares; of a job in a cluster by what its author
    applied and the API server no longer has.

    Wrong when: the CRD at hand declares the field after all (not reported).

    Source: kubeflow/trainer v1.9.4 manifests/base/crds/kubeflow.org_mpijobs.yaml and
    kubeflow/mpi-operator v0.8.0 manifests/base/kubeflow.org_mpijobs.yaml; compared with the
    answers of Kubernetes 1.34 to the same objects.
    """
    for misfit in misfits(jobs, crd):
        if misfit.fault.flaw is not Flaw.UNKNOWN or of_another_version(misfit) != "v1":
            continue
        belongs = misfit.belongs
        yield Hit(
            misfit.job.at(*misfit.path),
            f"{spoken(misfit.path)} is a field of v1; "
            + (f"{V2BETA1} has {spoken(belongs)}" if belongs else f"{V2BETA1} has none"),
            effect=misfit.effect,
            fix=moved(misfit, crd),
            severity=weight(misfit.job, Severity.MEDIUM),
            confidence=misfit.confidence,
        )
