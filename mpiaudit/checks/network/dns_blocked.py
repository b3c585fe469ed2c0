"""MPA124."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mpiaudit.checks.network import reach
from mpiaudit.checks.network.allowances import let_resolve
from mpiaudit.checks.network.isolation import places, sentence
from mpiaudit.checks.network.reach import Block, Crew
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.neighbour import Namespace
from mpiaudit.inventory.network_policy import NetworkPolicy
from mpiaudit.policy.network import Pod, traffic
from mpiaudit.rule import Confidence, Hit, Severity, rule

HOMES = ("kube-system", "openshift-dns")
"""Where the cluster's DNS runs, beside namespaces whose name has ``dns`` in it."""

QUERY = traffic(53, 5353, protocol="UDP")
"""To the pods of CoreDNS, or to those of OpenShift's DNS, which listen on 5353."""


@rule(
    "MPA124",
    Severity.HIGH,
    confidence=Confidence.LIKELY,
    remedy="Allow egress to UDP and TCP 53 for the job's pods.",
)
def dns_blocked(
    jobs: tuple[Job, ...],
    network_policies: tuple[NetworkPolicy, ...],
    namespaces: tuple[Namespace, ...] = (),
    crd: Crd | None = None,
    controllers: tuple[Controller, ...] = (),
) -> Iterator[Hit]:
    """NetworkPolicies keep the job's pods from the cluster's DNS.

    mpirun ends with "Could not resolve hostname <job>-worker-0.<job>.<namespace>.svc". The
    hostfile names the workers, and a policy with egress drops queries that no rule admits.
    Detected where no rule of the policies that isolate a pod could mean UDP 53, or OpenShift's
    5353, of any pod in kube-system, openshift-dns or a namespace with ``dns`` in its name,
    whatever labels that pod has. A rule for TCP 53 alone does not help: queries are UDP.

    Wrong when: the network plug-in enforces no policies, or has others that admit it; a policy
    that is not among the files admits it; DNS runs in a namespace of another name. An ``ipBlock``
    may hold the DNS server, as NodeLocal's 169.254.20.10, and pods on the node's network or with a
    ``dnsPolicy`` of their own ask elsewhere (not reported). In the workers alone it costs less:
    the launcher resolves the names. Finished jobs are only noted.

    Source: Kubernetes "DNS for Services and Pods"; kubeflow/mpi-operator v0.8.0
    pkg/controller/mpi_job_controller.go (hostfile); openshift/cluster-dns-operator at 8d68ad43
    assets/dns/daemonset.yaml; kubernetes/kubernetes v1.34.4
    staging/src/k8s.io/api/networking/v1/types.go.
    """
    homes = dict.fromkeys((*HOMES, *(n.name for n in namespaces if "dns" in n.name)))
    crews = reach.crews(jobs, network_policies, namespaces, crd, controllers)
    for blocks, group in reach.gather((crew, _stopped(crew, homes)) for crew in crews):
        usual = Severity.HIGH if "launcher" in {b.role for b in blocks} else Severity.MEDIUM
        at, *also = places(blocks, group)
        yield Hit(
            at,
            f"{sentence(blocks, group)}; no rule lets them send to UDP 53 in kube-system",
            also=tuple(also),
            effect="host names of workers do not resolve",
            fix=let_resolve(blocks, group),
            severity=reach.heaviest(group, usual),
        )


def _stopped(crew: Crew, homes: Iterable[str]) -> tuple[Block, ...]:
    """Return the replicas whose queries reach no DNS server."""
    servers = [Pod(home) for home in homes]
    found: list[Block] = []
    for replica in (crew.job.launcher, crew.job.worker):
        role = replica.type.lower() if replica else ""
        if replica is None or role not in crew.pods:
            continue
        if replica.template.host_network or replica.template.dns_policy in ("Default", "None"):
            continue
        sides = [crew.side("Egress", role, server, QUERY) for server in servers]
        first = sides[0]
        if first and all(sides):
            found.append(first)
    return tuple(found)
