"""MPA123."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.network import reach
from mpiaudit.checks.network.allowances import let_talk
from mpiaudit.checks.network.isolation import places, sentence
from mpiaudit.checks.network.reach import Block, Crew
from mpiaudit.checks.network.ssh_ports import USUAL, ssh_ports
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.neighbour import Namespace
from mpiaudit.inventory.network_policy import NetworkPolicy
from mpiaudit.policy.network import Traffic, traffic
from mpiaudit.policy.network_rule import LAST_PORT
from mpiaudit.rule import Confidence, Hit, Severity, rule

ANY = Traffic("TCP", (range(1, LAST_PORT + 1),))


@rule(
    "MPA123",
    Severity.HIGH,
    confidence=Confidence.LIKELY,
    remedy="Allow all TCP between the pods of one job, in both directions that are isolated.",
    symptom_of=("MPA126",),
)
def ssh_blocked(
    jobs: tuple[Job, ...],
    network_policies: tuple[NetworkPolicy, ...],
    namespaces: tuple[Namespace, ...] = (),
    crd: Crd | None = None,
    controllers: tuple[Controller, ...] = (),
) -> Iterator[Hit]:
    """NetworkPolicies keep the launcher from the workers' sshd.

    mpirun hangs, then ends with "Connection timed out": the pods run, and nothing says why. A
    policy isolates the pods that it selects, in the directions of its ``policyTypes``; what no
    policy that selects them admits is dropped. Detected by the labels that mpi-operator will put
    on the launcher and the workers, beside those of their templates, and by the workers' SSH port:
    that of sshd's ``-p``, of a container port, 2222 in mpi-operator's images, else 22 and 2222.

    Wrong when: the network plug-in enforces no policies, or has others that admit it: Calico's,
    Cilium's, AdminNetworkPolicy. A policy that is not among the files may admit it, too, or one
    by a label that a webhook gives to the pods. The port is not known and another one is open
    (confidence possible). Pods on the node's network, an ``ipBlock`` that may hold the pods (not
    reported). Finished jobs are only noted.

    Source: kubernetes/kubernetes v1.34.4 staging/src/k8s.io/api/networking/v1/types.go;
    kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go (``defaultLabels``),
    build/base/Dockerfile.
    """
    crews = reach.crews(jobs, network_policies, namespaces, crd, controllers)
    for blocks, group in reach.gather((crew, stopped(crew)) for crew in crews):
        ports = sorted({port for crew in group for port in ssh_ports(crew.job)})
        doubtful = any(_doubtful(crew) for crew in group)
        numbers = " or ".join(str(port) for port in ports)
        at, *also = places(blocks, group)
        yield Hit(
            at,
            f"{sentence(blocks, group)}; no rule lets a launcher reach TCP {numbers} of its "
            "workers",
            also=tuple(also),
            effect="the launcher's SSH is dropped, and mpirun never starts a rank",
            fix=let_talk(blocks, group),
            severity=reach.heaviest(group, Severity.HIGH),
            confidence=Confidence.POSSIBLE if doubtful else None,
        )


def stopped(crew: Crew) -> tuple[Block, ...]:
    """Return where SSH stops on its way from the launcher to the workers."""
    return crew.between("launcher", "worker", traffic(*ssh_ports(crew.job)))


def _doubtful(crew: Crew) -> bool:
    """Return whether sshd may listen on another port, one that is open."""
    return ssh_ports(crew.job) == USUAL and not crew.between("launcher", "worker", ANY)
