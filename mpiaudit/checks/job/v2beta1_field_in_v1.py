"""MPA017."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.job.structure import misfits, of_another_version, spoken
from mpiaudit.checks.semantics import V2BETA1, weight
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import GROUP, Job
from mpiaudit.rule import Fix, Hit, Severity, rule
from mpiaudit.schema.faults import Flaw


@rule(
    "MPA017",
    Severity.MEDIUM,
    remedy="Write the job in kubeflow.org/v2beta1, which declares the field.",
)
def v2beta1_field_in_v1(jobs: tuple[Job, ...], crd: Crd | None = None) -> Iterator[Hit]:
    """A field of v2beta1 stands in a v1 job and gets lost.

    The job was written for mpi-operator, and its ``apiVersion`` is not: ``sshAuthMountPath``,
    ``mpiImplementation``, ``launcherCreationPolicy`` and ``runLauncherAsWorker`` mean nothing to
    training-operator. kubectl refuses the job; with other clients it runs without them.

    Detected as an unknown field that v2beta1 declares.

    Wrong when: the CRD keeps unknown fields, as that of mpi-operator 0.3.0 does for v1 (not
    reported).

    Source: kubeflow/trainer v1.9.4 manifests/base/crds/kubeflow.org_mpijobs.yaml and
    kubeflow/mpi-operator v0.8.0 manifests/base/kubeflow.org_mpijobs.yaml; compared with the
    answers of Kubernetes 1.34 to the same objects.
    """
    for misfit in misfits(jobs, crd):
        if misfit.fault.flaw is Flaw.UNKNOWN and of_another_version(misfit) == V2BETA1:
            yield Hit(
                misfit.job.at(*misfit.path),
                f"{spoken(misfit.path)} is a field of {V2BETA1}",
                effect=misfit.effect,
                fix=Fix("if mpi-operator runs it", f"apiVersion: {GROUP}/{V2BETA1}"),
                severity=weight(misfit.job, Severity.MEDIUM),
                confidence=misfit.confidence,
            )
