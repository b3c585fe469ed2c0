"""MPA121."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.semantics import held_to_v2beta1, weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job, Replica
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule


@rule(
    "MPA121",
    Severity.HIGH,
    confidence=Confidence.LIKELY,
    remedy="Leave dnsPolicy out, which means ClusterFirst.",
    by_sort=True,
)
def no_cluster_dns(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """The pods' dnsPolicy cuts them off from the cluster's DNS.

    mpirun ends with "Could not resolve hostname <job>-worker-0.<job>.<namespace>.svc". The
    hostfile names workers by their names in the cluster's DNS. With ``dnsPolicy: Default`` a pod
    asks what the node asks; with ``None`` only the servers in ``dnsConfig`` (without any, the
    API server refuses the pod), and only with its ``searches`` is ``.svc`` completed.

    Wrong when: the node's own resolver knows the cluster's names, which some installations
    arrange; the servers given are the cluster's and a search domain is there, or mpi-operator
    runs with ``--cluster-domain`` (not reported); hostNetwork, where the operator overwrites the
    policy (not reported). In the Worker alone it costs less: the launcher resolves the names.

    Source: Kubernetes "DNS for Services and Pods"; kubeflow/mpi-operator v0.8.0
    pkg/controller/mpi_job_controller.go:1338-1361 (hostfile), 1514-1525 (what is overwritten).
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        reasons = {
            r.type: reason
            for r in (job.launcher, job.worker)
            if r and r.template.dns_policy
            if (reason := _reason(r, complete=_complete(job, controllers)))
        }
        places = [job.in_pod(name, "dnsPolicy") for name in reasons]
        if not places:
            continue
        refused = "no nameservers" in " ".join(reasons.values())
        usual = Severity.HIGH if refused or "Launcher" in reasons else Severity.MEDIUM
        yield Hit(
            places[0],
            f"{job.name}: " + "; ".join(f"{name} has {why}" for name, why in reasons.items()),
            also=tuple(places[1:]),
            effect="host names of workers do not resolve",
            fix=Fix("names resolve by the cluster's DNS", "dnsPolicy: ClusterFirst"),
            severity=weight(job, usual),
            confidence=Confidence.CERTAIN if refused else None,
        )


def _reason(replica: Replica, *, complete: bool) -> str:
    """Return what is wrong with the DNS of *replica*, or the empty string."""
    template = replica.template
    if template.host_network:
        return ""
    if template.dns_policy == "Default":
        return "dnsPolicy Default"
    if template.dns_policy != "None":
        return ""
    if not template.nameservers:
        return "dnsPolicy None and no nameservers"
    if complete or template.searches or replica.type == "Worker":
        return ""
    return "dnsPolicy None and no searches"


def _complete(job: Job, controllers: tuple[Controller, ...]) -> bool:
    """Return whether the operator writes whole domain names into the hostfile."""
    return any(
        c.flags is not None and any(c.flags.values.get("cluster-domain", ()))
        for c in controllers
        if c.covers(job.namespace) is not False
    )
