"""MPA127."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.semantics import weight
from mpiaudit.inventory import mesh
from mpiaudit.inventory.job import Job, Replica
from mpiaudit.inventory.neighbour import Namespace
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule


@rule(
    "MPA127",
    Severity.HIGH,
    confidence=Confidence.LIKELY,
    remedy="Turn injection off in the launcher's and the workers' pod templates.",
    by_sort=True,
)
def mesh_injected(jobs: tuple[Job, ...], namespaces: tuple[Namespace, ...]) -> Iterator[Hit]:
    """A service mesh puts its proxy into the pods of the MPIJob.

    The namespace has injection on, as every Kubeflow profile has. SSH between the pods is reset
    by the proxies, Istio's fsGroup opens the key's mode so that sshd refuses it, and a launcher
    whose proxy goes on never completes. The job hangs in "connection refused", or runs for ever.

    Detected by the labels of the namespace (``istio-injection``, ``istio.io/rev``) and by the
    label or annotation of each pod template that turns injection off; one on the MPIJob itself
    has no effect. Linkerd says it in annotations of the namespace, which are not read.

    Wrong when: Istio is not installed and the label is a left-over, or its own selectors leave
    these pods out: likely, not certain. Pods on the node's network and those of an ambient mesh
    get no proxy (not reported). Finished jobs are only noted.

    Source: istio/istio 1.24.0 pkg/kube/inject/inject.go (``injectRequired``); kubeflow/trainer
    v2.3.0 docs/legacy-v1/user-guides/mpi.md:14; kubeflow/mpi-operator issues 407 and 480.
    """
    meshed = {n.name: label for n in namespaces if (label := mesh.injection(n.identity.labels))}
    for job in jobs if meshed else ():
        replicas = [r for r in (job.launcher, job.worker) if r and not mesh.spared(r.template)]
        if job.namespace in meshed and replicas:
            yield _hit(job, replicas, meshed[job.namespace])


def _hit(job: Job, injected: list[Replica], label: str) -> Hit:
    names = [replica.type for replica in injected]
    return Hit(
        job.in_replica(names[0], "template"),
        f"namespace {job.namespace} has {label}, and the pods of {' and '.join(names)} do not "
        f'have {mesh.INJECT}: "false"',
        also=tuple(job.in_replica(name, "template") for name in names[1:]),
        effect="proxies reset SSH between the pods, and the launcher does not end",
        fix=Fix(
            f"in the template of {' and of '.join(names)}",
            f'template:\n  metadata:\n    labels:\n      {mesh.INJECT}: "false"',
        ),
        severity=weight(job, Severity.HIGH),
    )
