"""NetworkPolicies to apply, so that the pods of MPIJobs reach each other."""

from __future__ import annotations

from collections.abc import Sequence

from mpiaudit.checks.network.reach import JOB_ROLE, Block, Crew
from mpiaudit.inventory.workload import JOB_NAME, OPERATOR_NAME
from mpiaudit.policy.network_rule import Direction
from mpiaudit.rule import Fix

DNS = (
    "  - ports:",
    "    - {protocol: UDP, port: 53}",
    "    - {protocol: TCP, port: 53}",
)


def let_talk(blocks: Sequence[Block], crews: Sequence[Crew]) -> Fix:
    """Return the policies that let the pods of the jobs talk to each other.

    Each selects only pods that are isolated in its direction already, and so isolates none.
    """
    texts = []
    for direction, peers in (("Ingress", "from"), ("Egress", "to")):
        own = [b for b in blocks if b.direction == direction]
        if own:
            rules = (f"  - {peers}:", *_selector("    - podSelector:", own, crews, ""))
            texts.append(_policy("mpijob-pods", own, crews, rules))
    return Fix(
        "lets the pods of these jobs talk to each other; isolates no pod that is not isolated now",
        "\n---\n".join(texts),
    )


def let_resolve(blocks: Sequence[Block], crews: Sequence[Crew]) -> Fix:
    """Return the policy that lets the pods of the jobs ask a DNS server."""
    return Fix(
        "lets the pods of these jobs send to port 53; on OpenShift it is 5353",
        _policy("mpijob-dns", blocks, crews, DNS),
    )


def _policy(name: str, blocks: Sequence[Block], crews: Sequence[Crew], rules: Sequence[str]) -> str:
    direction: Direction = blocks[0].direction
    roles = sorted({b.role for b in blocks})
    narrow = len(roles) == 1 and not all(b.everyone for b in blocks)
    namespace = crews[0].job.namespace
    lines = (
        "apiVersion: networking.k8s.io/v1",
        "kind: NetworkPolicy",
        "metadata:",
        f"  name: {name}-{direction.lower()}",
        *([f"  namespace: {namespace}"] if namespace else []),
        "spec:",
        *_selector("  podSelector:", blocks, crews, roles[0] if narrow else ""),
        f"  policyTypes: [{direction}]",
        f"  {direction.lower()}:",
        *rules,
    )
    return "\n".join(lines)


def _selector(head: str, blocks: Sequence[Block], crews: Sequence[Crew], role: str) -> list[str]:
    """Return a selector of the jobs' pods: of all MPIJobs where all are isolated alike."""
    indent = " " * (len(head) - len(head.lstrip(" -")) + 2)
    labels = [f"{OPERATOR_NAME}: mpi-operator"]
    expressions: list[str] = []
    jobs = sorted({crew.job.name for crew in crews if not crew.job.name.endswith("*")})
    if jobs and not all(b.everyone for b in blocks):
        expressions = [f"{indent}matchExpressions:"]
        expressions += [f"{indent}- {{key: {JOB_NAME}, operator: In, values: [{', '.join(jobs)}]}}"]
    labels += [f"{JOB_ROLE}: {role}"] if role else []
    return [head, f"{indent}matchLabels:", *(f"{indent}  {x}" for x in labels), *expressions]
