"""MPA146."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mpiaudit.checks.evidence import listing
from mpiaudit.checks.semantics import V2BETA1
from mpiaudit.inventory.crd import GROUP, Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.neighbour import ServiceAccount
from mpiaudit.inventory.view import Owner, View
from mpiaudit.inventory.workload import Pod
from mpiaudit.rule import Disposition, Fix, Hit, Severity, rule

SHOWN = 8
"""How many children are pointed at; all of them are counted."""


@rule(
    "MPA146",
    Severity.LOW,
    remedy="Serve the version again until the jobs are deleted, or delete the children by name.",
)
def owner_version_not_served(
    jobs: tuple[Job, ...],
    pods: tuple[Pod, ...],
    crd: Crd | None,
    listed: frozenset[str],
    service_accounts: tuple[ServiceAccount, ...] = (),
) -> Iterator[Hit]:
    """The children of an MPIJob name a version as owner that is not served: nothing deletes them.

    Deleting the MPIJob leaves its pods behind, and those of v1 run for ever. The garbage
    collector looks an owner up in the version that the owner reference names; where that is not
    served it cannot, and tries again without end. So it is with jobs of training-operator after
    ``served: false`` for v1, or after a CRD that lacks v1. Severity is high where the job is gone
    and its pods hold GPUs, medium where pods run.

    Detected by the API version in the owner references of pods and ServiceAccounts, against the
    versions that the CRD serves.

    Wrong when: the version is served (the garbage collector is about to delete them), or not all
    MPIJobs were listed, so that the owner may be there: then only children of jobs that were
    read are judged.

    Source: kubernetes/kubernetes v1.34.4 pkg/controller/garbagecollector/operations.go
    (``apiResource``); seen with training-operator 1.9.4 on Kubernetes 1.34: a minute after the
    job was deleted its pods still ran, and its ServiceAccount, Role and RoleBinding were there;
    all of them went within a minute of v1 being served again.
    """
    served = set(crd.served) if crd else set()
    known = {job.uid: job for job in jobs if job.uid}
    for family in _families((*pods, *service_accounts)):
        group, _, version = family.owner.api_version.rpartition("/")
        if group != GROUP or version in served:
            continue
        job = known.get(family.owner.uid)
        if job or "MPIJob" in listed:
            yield _hit(family, version, job)


@dataclass(frozen=True, slots=True)
class _Family:
    """What one controller made for one MPIJob."""

    owner: Owner
    children: Sequence[View]

    @property
    def running(self) -> list[Pod]:
        pods = (c for c in self.children if isinstance(c, Pod))
        return [pod for pod in pods if pod.phase in {"Running", "Pending"}]


def _families(views: Iterable[View]) -> Iterator[_Family]:
    """Yield the children of each MPIJob, by the version of their owner references."""
    owned: Mapping[Owner, list[View]] = defaultdict(list)
    for view in views:
        if view.owner and view.owner.kind == "MPIJob" and not view.identity.deleting:
            owned[view.owner].append(view)
    yield from (_Family(owner, children) for owner, children in owned.items())


def _hit(family: _Family, version: str, job: Job | None) -> Hit:
    children, running = family.children, family.running
    names = listing([f"{c.ref.kind} {c.name}" for c in children[:SHOWN]])
    more = f" and {len(children) - SHOWN} more" if len(children) > SHOWN else ""
    accelerators = sum(pod.accelerators for pod in running)
    held = f", GPUs these hold: {accelerators}" if accelerators else ""
    last = f"pods that run on: {len(running)}{held}" if running else "they stay for ever"
    gone = "" if job else "; the job is gone"
    severity = Severity.MEDIUM if running else Severity.LOW
    places = [child.at("metadata", "ownerReferences") for child in children[:SHOWN]]
    return Hit(
        job.at("metadata", "uid") if job else places[0],
        f"the owner of {names}{more} is MPIJob {family.owner.name} as {version}, "
        f"which is not served{gone}",
        also=tuple(places if job else places[1:]),
        effect=f"nothing deletes them with the MPIJob; {last}" if job else last,
        fix=None if job else _delete(family, version),
        severity=Severity.HIGH if accelerators and job is None else severity,
    )


def _delete(family: _Family, version: str) -> Fix:
    """Return the commands that delete the children, which are in one namespace.

    A Role and its binding are not read where no job is; in v2beta1 nobody makes any.
    """
    delete = f"kubectl -n {family.children[0].namespace} delete"
    accounts = [c for c in family.children if isinstance(c, ServiceAccount)]
    others = [c for c in family.children if c not in accounts]
    commands = []
    if others:
        names = " ".join(f"{child.ref.kind.lower()}/{child.name}" for child in others)
        commands.append(f"{delete} {names}")
    if accounts or version != V2BETA1:
        rights = f"serviceaccount,role,rolebinding {family.owner.name}-launcher"
        commands.append(f"{delete} {rights} --ignore-not-found")
    return Fix(
        "nothing owns them any more; the job's ConfigMap may be left as well",
        "\n".join(commands),
        Disposition.DESTROYS,
    )
