"""MPA214."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.semantics import V2BETA1
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import GROUP, Job
from mpiaudit.rule import Confidence, Hit, Severity, rule


@rule(
    "MPA214",
    Severity.HIGH,
    remedy="Install mpi-operator with its CRD; training-operator never serves v2beta1.",
    symptom_of=("MPA002",),
    by_sort=True,
)
def version_not_served(jobs: tuple[Job, ...], crd: Crd | None) -> Iterator[Hit]:
    """MPIJob is written in v2beta1, which the CRD does not serve.

    ``kubectl apply`` answers ``no matches for kind "MPIJob" in version "kubeflow.org/v2beta1"``:
    the CRD is that of training-operator, or of an mpi-operator before 0.4.

    Detected by the served versions of the given CRD, for manifests that are still to be applied.

    Wrong when: the CRD among the manifests is that of another cluster (likely, not certain). Jobs
    in older versions are another finding.

    Source: kubeflow/trainer v1.9.4 manifests/base/crds/kubeflow.org_mpijobs.yaml; compared with
    the answer of Kubernetes 1.34.
    """
    if crd is None or V2BETA1 in crd.served:
        return
    for job in jobs:
        if job.author_version == V2BETA1 and not job.identity.exported:
            yield Hit(
                job.at("apiVersion"),
                f"written in {GROUP}/{V2BETA1}; the CRD serves "
                f"{' and '.join(crd.served) or 'nothing'}",
                also=(crd.at("spec", "versions"),),
                effect="the API server refuses it",
                confidence=None if crd.installed else Confidence.LIKELY,
            )
