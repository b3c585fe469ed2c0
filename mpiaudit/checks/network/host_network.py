"""MPA120."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from mpiaudit.checks.network.operator_release import oldest_operator
from mpiaudit.checks.semantics import V2BETA1, held_to, weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import LEGACY_VERSIONS, Job, Replica
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule

WITH_HOST_NETWORK = "ClusterFirstWithHostNet"
"""The only dnsPolicy by which a pod on the node's network resolves names of the cluster."""

SETS_DNS_POLICY = Version("0.4")
"""kubeflow/mpi-operator v0.4.0 pkg/controller/mpi_job_controller.go (newWorker)."""


@rule(
    "MPA120",
    Severity.MEDIUM,
    confidence=Confidence.LIKELY,
    remedy="Leave hostNetwork out; else keep workers on different nodes by pod anti-affinity, and "
    "set dnsPolicy to ClusterFirstWithHostNet where the controller does not.",
    by_sort=True,
)
def host_network(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """On the node's network workers contend for one port, or names do not resolve.

    With ``hostNetwork: true`` every worker's sshd wants the same port of its node: the second
    worker on a node ends with "Bind to port 2222 failed: Address already in use", and with the
    node's own port (22) even the first may. Under mpi-operator before 0.4 and under v1 nobody
    sets ``dnsPolicy: ClusterFirstWithHostNet``, so names of the cluster do not resolve at all.

    Wrong when: anti-affinity or a single worker keeps the ports apart (severity low), or only
    the launcher, which serves no SSH, is on the node's network (not reported). Since 0.4
    mpi-operator sets the dnsPolicy itself, so a missing one is no fault there.

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:1514-1518,1605-1609
    (dnsPolicy), build/base/Dockerfile (port); v0.3.0 v2/pkg/controller/mpi_job_controller.go has
    no such lines; the forced dnsPolicy was seen with 0.8.0 on Kubernetes 1.34.
    """
    for job in jobs:
        on_node = [r for r in (job.launcher, job.worker) if r and r.template.host_network]
        if not on_node:
            continue
        version = held_to(job, crd, controllers)
        release = oldest_operator(controllers, job.namespace)
        old = release is not None and release < SETS_DNS_POLICY
        if version in LEGACY_VERSIONS or (version == V2BETA1 and old):
            yield from _unresolved(job, on_node, weight(job, Severity.HIGH if old else _LEGACY))
        elif version == V2BETA1 and job.worker in on_node:
            yield _bound(job)


_LEGACY = Severity.MEDIUM
"""v1 launchers reach workers through the API server, whose address needs no name."""


def _unresolved(job: Job, replicas: list[Replica], severity: Severity) -> Iterator[Hit]:
    wrong = [r for r in replicas if r.template.dns_policy != WITH_HOST_NETWORK]
    if not wrong:
        return
    places = [job.in_pod(r.type, "hostNetwork") for r in wrong]
    yield Hit(
        places[0],
        f"{job.name} has hostNetwork and dnsPolicy {wrong[0].template.dns_policy or 'ClusterFirst'}"
        f" in its {' and '.join(r.type for r in wrong)}",
        also=tuple(places[1:]),
        effect="names of the cluster, those of the workers included, do not resolve",
        fix=Fix(
            "names resolve by the cluster's DNS",
            f"hostNetwork: true\ndnsPolicy: {WITH_HOST_NETWORK}",
        ),
        severity=severity,
    )


def _bound(job: Job) -> Hit:
    apart = job.workers == 1 or bool(job.worker and job.worker.template.anti_affinity)
    return Hit(
        job.in_pod("Worker", "hostNetwork"),
        f"{job.workers or 'the'} workers of {job.name} have hostNetwork"
        + (" and are kept apart" if apart else " and nothing keeps two of them off one node"),
        effect="two sshd that want one port of a node cannot both run",
        fix=None if apart else _keep_apart(job),
        severity=Severity.LOW if apart else weight(job, Severity.MEDIUM),
    )


def _keep_apart(job: Job) -> Fix:
    lines = (
        "affinity:",
        "  podAntiAffinity:",
        "    requiredDuringSchedulingIgnoredDuringExecution:",
        "    - topologyKey: kubernetes.io/hostname",
        "      labelSelector:",
        "        matchLabels:",
        f"          training.kubeflow.org/job-name: {job.name}",
        "          training.kubeflow.org/job-role: worker",
    )
    return Fix("in the Worker's pod spec: one worker a node", "\n".join(lines))
