"""MPA083."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.job import patches
from mpiaudit.checks.semantics import held, weight, weight_of_absence
from mpiaudit.facts import schemas
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.view import integer
from mpiaudit.model import dig
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule

SHAPE = "spec:\n  mpiReplicaSpecs:\n    Launcher:\n      template: ...\n    Worker:\n      ..."


@rule(
    "MPA083",
    Severity.HIGH,
    remedy="Add the replica Launcher, spelt with a capital L.",
    by_sort=True,
)
def no_launcher(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """MPIJob has no Launcher.

    The job is accepted and never starts; the only trace is the event ``must have Launcher
    replica spec``. Since v1alpha2 the program that calls mpirun is the replica ``Launcher`` of
    ``spec.mpiReplicaSpecs``. The API server takes any key there, so ``launcher`` passes it. A
    spec without ``mpiReplicaSpecs``, as v1alpha1's is, it refuses: "spec.mpiReplicaSpecs:
    Required value". With the CRD of mpi-operator 0.3.0 that gets in as well.

    Wrong when: the manifest is a kustomize patch, which need not name what it leaves alone. A
    missing field in what may be a patch is therefore only possible, at medium severity, and a
    status without a spec, as tests assert it, is not reported. Finished jobs are only noted.

    Source: kubeflow/mpi-operator v0.8.0 pkg/apis/kubeflow/validation/validation.go:112-127,
    kubeflow/training-operator v1.9.0 pkg/apis/kubeflow.org/v1/mpi_validation.go:58-60; the
    CRDs of both (``required``) and of mpi-operator v0.3.0 manifests/base/crd.yaml; seen with
    mpi-operator 0.8.0 on Kubernetes 1.34.
    """
    for job, version in held(jobs, crd, controllers):
        if job.launcher or version == "v1alpha1" or isinstance(_replica_specs(job), str):
            continue
        old = "template" in job.spec and not job.replicas
        if old and version in {None, ""}:
            continue
        misspelt = next((k for k in job.replicas if k.strip().lower() == "launcher"), None)
        if misspelt is not None:
            yield _misspelt(job, misspelt, crd)
        elif old:
            yield _of_v1alpha1(job, version, crd)
        elif job.spec or not job.has_status:
            yield _absent(job, version, crd)


def _replica_specs(job: Job) -> object:
    return job.spec.get("mpiReplicaSpecs")


def _effect(job: Job, version: str | None, crd: Crd | None) -> str:
    """Return what becomes of a job without ``mpiReplicaSpecs``; empty where it is taken."""
    known = schemas.shipped(version) if version and crd is None else None
    given = crd.version(version) if version and crd else None
    schema = given.schema if given else known.structural if known else {}
    required = "mpiReplicaSpecs" in (dig(schema, "properties", "spec", "required") or ())
    return "the API server refuses it" if required and not job.identity.exported else ""


def _misspelt(job: Job, key: str, crd: Crd | None) -> Hit:
    return Hit(
        job.in_replica(key),
        f"the replica is called {key}, not Launcher",
        fix=patches.rename(job, key, "Launcher", crd),
        severity=weight(job, Severity.HIGH),
    )


def _of_v1alpha1(job: Job, version: str | None, crd: Crd | None) -> Hit:
    return Hit(
        job.at("spec", "template"),
        f"spec.template is v1alpha1's; {version} has no such field, and mpiReplicaSpecs is missing",
        effect=_effect(job, version, crd),
        fix=Fix("takes the shape since v1alpha2: the template, once for each replica", SHAPE),
        severity=weight(job, Severity.HIGH),
    )


def _absent(job: Job, version: str | None, crd: Crd | None) -> Hit:
    """Return the hit of a job in which nothing resembles a launcher."""
    named, effect = ", ".join(job.replicas), ""
    if not job.spec:
        message = "there is no spec"
    elif "mpiReplicaSpecs" not in job.spec:
        message, effect = "spec.mpiReplicaSpecs is missing", _effect(job, version, crd)
    else:
        message = f"spec.mpiReplicaSpecs names {named or 'no replica'}, and no Launcher"
    severity, confidence = weight_of_absence(job, Severity.HIGH)
    worker = job.worker
    if worker and worker.runnable and integer(worker.replicas):
        severity, confidence = weight(job, Severity.HIGH), max(confidence, Confidence.LIKELY)
    return Hit(
        job.at("spec", "mpiReplicaSpecs"),
        message,
        effect=effect,
        fix=Fix("adds the replica that calls mpirun", SHAPE),
        severity=severity,
        confidence=confidence,
    )
