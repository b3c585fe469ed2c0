"""MPA113."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.job import patches
from mpiaudit.checks.semantics import held, weight, weight_of_absence
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job, Replica
from mpiaudit.model import dig
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule

CONTAINER = "containers:\n- name: mpi\n  image: IMAGE"
"""What a replica without a container lacks; which image it is nobody but its author knows."""


@rule(
    "MPA113",
    Severity.HIGH,
    remedy="Give every replica a container with an image.",
    by_sort=True,
)
def nothing_to_run(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """A replica has no container, or one without an image.

    The job is accepted and no pod appears: ``kubectl describe`` shows ``must define at least one
    container``, or ``worker pod created failed: ... image: Required value`` over and over, under
    the reason MPIJobFailed although the job has not failed. The API server does not look into a
    job's pod templates beyond their types.

    Wrong when: the manifest is a kustomize patch, which names only what it changes (absence is
    then only possible, at medium severity, and not reported without a Launcher), or an admission
    webhook fills the image in. Finished jobs are only noted.

    Source: kubeflow/mpi-operator v0.8.0 pkg/apis/kubeflow/validation/validation.go:156-158,
    kubeflow/training-operator v1.9.0 pkg/apis/kubeflow.org/v1/mpi_validation.go:31-50; seen
    with mpi-operator 0.8.0 on Kubernetes 1.34.
    """
    for job, version in held(jobs, crd, controllers):
        if version == "v1alpha1" or not (job.launcher or job.whole):
            continue
        for key in ("Launcher", "Worker"):
            replica = job.replicas.get(key)
            if replica and replica.template.containers and not replica.runnable:
                yield _without_image(job, replica, crd)
            elif replica and not replica.template.containers:
                yield from _without_container(job, key)


def _without_container(job: Job, key: str) -> Iterator[Hit]:
    """Yield the hit, unless the containers are left to a template."""
    template = dig(job.spec, "mpiReplicaSpecs", key, "template")
    if isinstance(template, str) or isinstance(dig(template, "spec"), str):
        return
    listed = dig(template, "spec", "containers")
    if listed:
        return
    severity, confidence = weight_of_absence(job, Severity.HIGH)
    if listed is not None:
        severity, confidence = weight(job, Severity.HIGH), Confidence.CERTAIN
    yield Hit(
        job.in_pod(key, "containers"),
        f"{key} has no containers",
        fix=Fix(f"goes below {key}.template.spec", CONTAINER),
        severity=severity,
        confidence=confidence,
    )


def _without_image(job: Job, replica: Replica, crd: Crd | None) -> Hit:
    containers = replica.template.containers
    index, name = next((i, c.name) for i, c in enumerate(containers) if not c.image)
    severity, confidence = weight_of_absence(job, Severity.HIGH)
    return Hit(
        job.in_pod(replica.type, "containers", index),
        f"container {name or index} of {replica.type} has no image",
        fix=_image(job, replica, index, crd),
        severity=severity,
        confidence=confidence,
    )


def _image(job: Job, replica: Replica, index: int, crd: Crd | None) -> Fix:
    """Return the patch that gives a container its image; for a manifest it is the line."""
    if not job.identity.exported:
        return Fix(f"goes into that container of {replica.type}", "image: IMAGE")
    place = job.in_pod(replica.type, "containers", index, "image").path
    return Fix(
        "put the image in; the pods are made at the next try",
        patches.command(job, [patches.add(place, "IMAGE")], crd),
    )
