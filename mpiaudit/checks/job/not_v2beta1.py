"""MPA080."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.evidence import listing
from mpiaudit.checks.semantics import V2BETA1, held, placeholder, weight
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import GROUP, LEGACY_VERSIONS, Job
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule

CURRENT = f"apiVersion: {GROUP}/{V2BETA1}"

MOVED = ("backoffLimit", "activeDeadlineSeconds", "cleanPodPolicy")
"""Fields of spec that stand below ``runPolicy`` in v2beta1."""

CHANGED = {
    "mpiDistribution": "becomes mpiImplementation",
    "mainContainer": "goes",
    "replicas": "moves below mpiReplicaSpecs.Worker",
    "template": "becomes those of mpiReplicaSpecs.Launcher and .Worker",
    "gpus": "becomes limits of the Worker",
    "gpusPerNode": "goes",
    "processingUnits": "becomes limits of the Worker",
    "processingUnitsPerNode": "goes",
    "processingResourceType": "goes",
    "launcherOnMaster": "becomes a nodeSelector of the Launcher",
}
"""What becomes of other fields of spec that v2beta1 does not have.

kubeflow/mpi-operator v0.3.0 pkg/apis/kubeflow/v1alpha1/types.go, v1alpha2/types.go and
kubeflow/training-operator v1.9.0 pkg/apis/kubeflow.org/v1/mpi_types.go.
"""


@rule(
    "MPA080",
    Severity.MEDIUM,
    remedy="Write the job in kubeflow.org/v2beta1, and build its image with an SSH server.",
    by_sort=True,
)
def not_v2beta1(jobs: tuple[Job, ...], crd: Crd | None = None) -> Iterator[Hit]:
    """MPIJob is not written in v2beta1.

    ``kubectl apply`` answers ``no matches for kind "MPIJob" in version "kubeflow.org/v1"``
    wherever the CRD is mpi-operator's. v2beta1 is all that mpi-operator has served since 0.4;
    v1 ends with training-operator 1.9, and Trainer 2 serves no MPIJob at all. An ``apiVersion``
    that is missing, or lacks its group, is refused everywhere. Severity is high where the given
    CRD does not serve the version of a manifest that is still to be applied, and without a CRD
    (likely) where no release has ever served it.

    Wrong when: an API server answered in a version the author did not write (the author's is
    taken from last-applied-configuration or managedFields, and nothing is said where both are
    gone), the manifest is a template, or the version is another vendor's and the given CRD
    serves it (none of them reported). Finished jobs are only noted. A job in a cluster whose CRD
    does not serve v2beta1 cannot be written in it: MPA007 names it.

    Source: kubeflow/mpi-operator v0.4.0 manifests/base/kubeflow.org_mpijobs.yaml:18;
    kubeflow/training-operator v1.9.0 manifests/base/crds/kubeflow.org_mpijobs.yaml:24.
    """
    for job, version in held(jobs, crd, ()):
        grouped = "/" in job.ref.api_version
        if (job.author_version == V2BETA1 and grouped) or placeholder(job.ref.api_version):
            continue
        if grouped:
            yield from _in_version(job, version, crd)
        elif job.spec:
            yield _malformed(job)


def _in_version(job: Job, version: str | None, crd: Crd | None) -> Iterator[Hit]:
    written = version if job.author_version is None else job.author_version
    there = job.identity.exported
    if written in {None, V2BETA1} or (there and crd is not None and V2BETA1 not in crd.served):
        return
    refused = crd is not None and written not in crd.served and not there
    unheard = written not in LEGACY_VERSIONS
    if unheard and not (crd is None or refused):
        return
    refused |= unheard and not there
    serves = f"; the CRD serves {' and '.join(crd.served) or 'nothing'}" if crd and refused else ""
    unsure = refused and not (crd and crd.installed)
    changes = listing(list(_changes(job, written)), "") if not unheard else ""
    yield Hit(
        job.at("apiVersion"),
        f"written in {GROUP}/{written}{serves}",
        also=(crd.at("spec", "versions"),) if crd and refused else (),
        effect=("the API server refuses it" if refused else _effect(crd))
        + (f"; for v2beta1 {changes}" if changes else ""),
        severity=Severity.HIGH if refused else weight(job, Severity.MEDIUM),
        confidence=Confidence.LIKELY if unsure else None,
    )


def _changes(job: Job, written: str | None) -> Iterator[str]:
    """Yield what becomes of the fields of *job* that v2beta1 has elsewhere or not at all."""
    moved = [name for name in MOVED if name in job.spec]
    if moved:
        yield f"{listing(moved)} {'moves' if len(moved) == 1 else 'move'} below runPolicy"
    yield from (f"{name} {then}" for name, then in CHANGED.items() if name in job.spec)
    if written == "v1" and job.launcher and not job.launcher.restart_policy:
        yield "Launcher.restartPolicy needs its old default, Never, in writing"


def _effect(crd: Crd | None) -> str:
    """Return what becomes of a job that the API server takes."""
    if crd is not None and V2BETA1 in crd.served:
        return "it is read in v2beta1 as well, without what only the older version has"
    return "no mpi-operator since 0.4 reads it, nor does Trainer 2"


def _malformed(job: Job) -> Hit:
    """Return the hit of a manifest whose ``apiVersion`` is missing or has no group."""
    given = job.ref.api_version
    return Hit(
        job.at("apiVersion"),
        f"apiVersion {given} lacks the group {GROUP}" if given else "apiVersion is missing",
        effect="the API server refuses it",
        fix=Fix("says which MPIJob this is", CURRENT),
        severity=Severity.HIGH,
        confidence=None if given or job.replicas else Confidence.POSSIBLE,
    )
