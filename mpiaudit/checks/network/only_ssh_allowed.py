"""MPA125."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

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
from mpiaudit.policy.network import Traffic
from mpiaudit.policy.network_rule import LAST_PORT
from mpiaudit.rule import Confidence, Hit, Severity, rule

FIRST = 1024
"""The first port that MPI may be told to listen on, as it may run as any user.

open-mpi/ompi v4.1.6 opal/mca/btl/tcp/btl_tcp_component.c (``port_min_v4``).
"""


@rule(
    "MPA125",
    Severity.HIGH,
    confidence=Confidence.LIKELY,
    remedy="Allow all TCP between the pods of one job, not only the port of SSH.",
    symptom_of=("MPA123", "MPA126"),
)
def only_ssh_allowed(
    jobs: tuple[Job, ...],
    network_policies: tuple[NetworkPolicy, ...],
    namespaces: tuple[Namespace, ...] = (),
    crd: Crd | None = None,
    controllers: tuple[Controller, ...] = (),
) -> Iterator[Hit]:
    """NetworkPolicies let no MPI through between the pods of a job.

    The launcher logs in to the workers, and then the job hangs: the daemons that it started
    cannot call it back, or ranks cannot reach each other. MPI listens on ports that the kernel
    picks. Detected where no port from 1024 on, beside SSH's, is open from the workers to the
    launcher, or from one worker to another, by the labels that mpi-operator will put on them.

    Wrong when: the network plug-in enforces no policies, or has others that admit it, or a policy
    that is not among the files does; a webhook gives the pods a label that opens them. A port that
    is open may be one that MPI was told to use, ``btl_tcp_port_min_v4`` say (not reported); neither
    are pods on the node's network. Finished jobs are only noted.

    Source: open-mpi/ompi v4.1.6 opal/mca/btl/tcp/btl_tcp_component.c (``port_min_v4``) and
    orte/mca/oob/tcp/oob_tcp_component.c (``dynamic_ipv4_ports``); kubernetes/kubernetes v1.34.4
    staging/src/k8s.io/api/networking/v1/types.go.
    """
    crews = reach.crews(jobs, network_policies, namespaces, crd, controllers)
    for blocks, group in reach.gather((crew, _stopped(crew)) for crew in crews):
        at, *also = places(blocks, group)
        targets = " or to ".join(dict.fromkeys(t for crew in group for t in _targets(crew)))
        yield Hit(
            at,
            f"{sentence(blocks, group)}; no rule lets a worker connect to {targets} "
            "on a TCP port from 1024 on that is not SSH's",
            also=tuple(also),
            effect="the ranks cannot connect, and the job hangs",
            fix=let_talk(blocks, group),
            severity=reach.heaviest(group, Severity.HIGH),
        )


def _stopped(crew: Crew) -> tuple[Block, ...]:
    """Return where MPI stops on its way from a worker."""
    return tuple(dict.fromkeys(block for blocks in _targets(crew).values() for block in blocks))


def _targets(crew: Crew) -> dict[str, tuple[Block, ...]]:
    """Return whom a worker cannot call, in words, and where its calls stop."""
    wanted = _beside({*USUAL, *ssh_ports(crew.job)})
    found = {"its launcher": crew.between("worker", "launcher", wanted)}
    if crew.job.workers > 1:
        found["another worker"] = crew.between("worker", "worker", wanted)
    return {target: blocks for target, blocks in found.items() if blocks}


def _beside(ports: set[int]) -> Traffic:
    edges = [FIRST - 1, *sorted(port for port in ports if port >= FIRST), LAST_PORT + 1]
    gaps = pairwise(edges)
    return Traffic("TCP", tuple(range(low + 1, high) for low, high in gaps if low + 1 < high))
