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
    """MPIJob is written in v2beta1, which is not served.

    ``kubectl apply`` answers ``no matches for kind "MPIJob" in version "kubeflow.org/v2beta1"``:
    the CRD is that of training-operator, or of an mpi-operator before 0.4, or there is none.

    Detected by the served versions of the given CRD, for manifests that are still to be applied;
    and where all CRDs are known and MPIJob's is not among them.

    Wrong when: the CRD among the manifests is that of another cluster (likely, not certain). Jobs
    in older versions are another finding.

    Source: kubeflow/trainer v1.9.4 manifests/base/crds/kubeflow.org_mpijobs.yaml; compared with
    the answer of Kubernetes 1.34.
    """
    if crd is not None and V2BETA1 in crd.served:
        return
    serves = f"the CRD serves {' and '.join(crd.served) or 'nothing'}" if crd else "there is no CRD"
    for job in jobs:
        if job.author_version == V2BETA1 and not job.identity.exported:
            yield Hit(
                job.at("apiVersion"),
                f"written in {GROUP}/{V2BETA1}; {serves}",
                also=(crd.at("spec", "versions"),) if crd else (),
                effect="the API server refuses it",
                confidence=None if crd is None or crd.installed else Confidence.LIKELY,
            )
