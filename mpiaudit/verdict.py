"""The answer in a few lines: who is here, who owns MPIJob, and what a restart will do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from mpiaudit.facts import releases
from mpiaudit.facts.releases import MPI_OPERATOR, TRAINING_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.inventory import Inventory
from mpiaudit.inventory.job import LEGACY_VERSIONS
from mpiaudit.inventory.turned_off import turned_off
from mpiaudit.model import Reference

UNKNOWN = "unknown"

LOCK = "mpi-operator"
"""The Lease of mpi-operator: kubeflow/mpi-operator v0.8.0 cmd/mpi-operator/app/server.go."""

FRESH = timedelta(minutes=1)
"""How old a held Lease's renewal may be; it is renewed every few seconds."""


@dataclass(frozen=True, slots=True)
class Present:
    """One controller, as a row to print."""

    product: str
    release: str
    namespace: str
    reconciles: str
    watches: str
    state: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is here and what follows from it, before any rule."""

    controllers: tuple[Present, ...]
    facts: tuple[str, ...]
    """Sentences about the CRD and the jobs."""

    answer: tuple[str, ...]
    """Sentences: who owns MPIJob, and who will fail at the next restart."""


def of(inventory: Inventory, outages: Mapping[Reference, str]) -> Verdict:
    """Return the verdict on *inventory*. What could not be read is said to be unknown.

    *outages* says in a few words why a controller, though it is here, does not work.
    """
    return Verdict(
        controllers=tuple(_present(c, inventory) for c in inventory.controllers),
        facts=(*_crd_facts(inventory), *_job_facts(inventory)),
        answer=tuple(_answer(inventory, outages)),
    )


def _present(controller: Controller, inventory: Inventory) -> Present:
    return Present(
        product=controller.product,
        release=str(controller.release or UNKNOWN),
        namespace=controller.namespace or "-",
        reconciles=_reconciles(controller),
        watches=UNKNOWN if controller.watches is None else controller.watches or "all",
        state=_state(controller, leads=_leads(controller, inventory)),
    )


def _reconciles(controller: Controller) -> str:
    if controller.mpi_enabled is False:
        return "no MPIJob"
    if controller.mpi_enabled is None or controller.reads is None:
        return UNKNOWN
    return controller.reads


def _state(controller: Controller, *, leads: bool) -> str:
    if controller.replicas == 0:
        return "scaled to 0"
    if controller.ready is None:
        return "not running yet" if controller.identity.exported else "in a manifest"
    restarts = f", {controller.restarts} restarts" if controller.restarts else ""
    if controller.waiting == "CrashLoopBackOff":
        return f"crash loop{restarts}"
    if controller.ready == 0:
        return f"not ready{restarts}"
    if controller.rolling:
        return f"being rolled out{restarts}"
    return f"{'leading' if leads else 'ready'}{restarts}"


def _leads(controller: Controller, inventory: Inventory) -> bool:
    """Return whether the Lease that this controller alone competes for is held and fresh."""
    now = inventory.now
    rivals = [c for c in inventory.controllers if c.lock_namespace == controller.lock_namespace]
    if controller.lock_namespace is None or len(rivals) > 1 or now is None:
        return False
    return any(
        lease.holder and lease.renewed and now - lease.renewed < FRESH
        for lease in inventory.leases
        if (lease.namespace, lease.name) == (controller.lock_namespace, LOCK)
    )


def _crd_facts(inventory: Inventory) -> list[str]:
    if gap := inventory.gaps.get("crd"):
        if not gap.unreadable and not inventory.crds:
            return []
        return [f"CRD mpijobs.kubeflow.org: {UNKNOWN}, {gap.reason}"]
    if inventory.crd is None:
        return ["CRD mpijobs.kubeflow.org: absent"]
    crd = inventory.crd
    served = " and ".join(crd.served) or "no version"
    facts = f"CRD mpijobs.kubeflow.org serves {served} and stores {crd.storage or 'none'}"
    if crd.origin:
        return [f"{facts}; {crd.origin.product} {crd.origin.releases} wrote it"]
    if any(v.properties for v in crd.versions):
        return [f"{facts}; its schema is not one that a known release ships"]
    return [facts]


def _job_facts(inventory: Inventory) -> list[str]:
    if gap := inventory.gaps.get("jobs"):
        return [f"Jobs: {UNKNOWN}, {gap.reason}"] if gap.unreadable else []
    jobs = inventory.jobs
    if not jobs:
        return ["Jobs: none"]
    running = {j.uid for j in jobs if "Running" in j.conditions and j.uid}
    gpus = sum(p.accelerators for p in inventory.pods if p.owner and p.owner.uid in running)
    details = []
    if running:
        details.append(f"{len(running)} running" + (f" on {gpus} GPUs" if gpus else ""))
    authors = Counter(j.author_version for j in jobs)
    details += [f"{authors[v]} written as {v}" for v in (*LEGACY_VERSIONS, "v2beta1") if authors[v]]
    if authors[None]:
        details.append(f"{authors[None]} of unknown authorship")
    return [f"Jobs: {len(jobs)}" + (f" ({', '.join(details)})" if details else "")]


def _answer(inventory: Inventory, outages: Mapping[Reference, str]) -> list[str]:
    if gap := inventory.gaps.get("controllers"):
        return [f"Who owns MPIJob is {UNKNOWN}: {gap.reason}."] if gap.unreadable else []
    active = [c for c in inventory.controllers if c.active]
    unsure = [c for c in inventory.controllers if c.replicas and c.mpi_enabled is None]
    sentences = [f"Whether {c.title} reconciles MPIJob is {UNKNOWN}." for c in unsure]
    sentences += [
        f"{c.title} is newer than the releases known here, which end at {releases.known_until()}; "
        "it is judged as the newest of them."
        for c in inventory.controllers
        if releases.newer_than_known(c.product, c.release)
    ]
    if "crd" in inventory.gaps:
        nobody = [] if unsure else ["No controller here reconciles MPIJob."]
        return sentences + (_unowned(active, outages) or nobody)
    if inventory.crd is None:
        return (
            sentences
            + ["Nobody owns MPIJob here: there is no such kind."]
            + [_restart(c) for c in active]
        )
    return sentences + _owned(inventory.crd, active, inventory.controllers, outages)


def _unowned(active: list[Controller], outages: Mapping[Reference, str]) -> list[str]:
    """Say who wants MPIJob where it is not known what the CRD serves."""
    names = sorted({f"{c.title} ({c.reads})" for c in active if c.ref not in outages})
    unknown = "would reconcile MPIJob; what the CRD serves is not known."
    return [f"{' and '.join(names)} {unknown}"] * bool(names) + [
        f"{c.title} ({c.reads}) would reconcile MPIJob and does not work: {outages[c.ref]}."
        for c in active
        if c.ref in outages
    ]


def _owned(
    crd: Crd,
    active: list[Controller],
    present: tuple[Controller, ...],
    outages: Mapping[Reference, str],
) -> list[str]:
    owners = [c for c in active if c.reads in crd.served]
    sentences = _owners([c for c in owners if c.ref not in outages])
    sentences += [
        f"{c.title} should own MPIJob here and does not work: {outages[c.ref]}."
        for c in owners
        if c.ref in outages
    ]
    if not owners and all(c.mpi_enabled is not None for c in present):
        sentences = [_nobody(present)]
    patches = {c.ref: patch for c in active if (patch := turned_off(c, present))}
    sentences += [_restart(c) for c in active if c not in owners and c.ref not in patches]
    sentences += [
        f"{c.title} leaves MPIJob alone where {patches[c.ref].ref.source} is applied over it."
        for c in active
        if c.ref in patches
    ]
    bystanders = [c for c in present if c.mpi_enabled is False and c.replicas]
    alone = [c for c in bystanders if c not in patches.values()]
    return sentences + [f"{c.title} leaves MPIJob alone." for c in alone]


def _nobody(present: tuple[Controller, ...]) -> str:
    """Say that no controller reconciles what is served; manifests may not be all there is."""
    if any(not c.identity.exported for c in present):
        return "None of the controllers given would run MPIJobs."
    return "Nobody owns MPIJob here: jobs are accepted and never run."


def _owners(owners: list[Controller]) -> list[str]:
    if not owners:
        return []
    names = " and ".join(_title(c) for c in owners)
    if len(owners) == 1:
        return [f"{names} owns MPIJob here."]
    if any(a.overlaps(b) for a in owners for b in owners if a is not b):
        given = any(not c.identity.exported for c in owners)
        doubt = ", if one cluster runs both" if given else ""
        return [f"{names} both act on the same MPIJobs{doubt}."]
    return [f"{names} share MPIJob by namespace."]


def _title(controller: Controller) -> str:
    """Return its title, with what of it still runs while it is rolled out."""
    former = " and ".join(controller.former)
    return f"{controller.title} (pods of {former} still run)" if former else controller.title


def _restart(controller: Controller) -> str:
    """Say what a controller does whose version the CRD does not serve.

    kubeflow/mpi-operator v0.8.0 cmd/mpi-operator/app/server.go lists MPIJobs once at start and
    exits; kubernetes-sigs/controller-runtime v0.19.1 pkg/controller/controller.go gives a cache
    two minutes, then ends the manager with every kind it runs.
    """
    if controller.product == TRAINING_OPERATOR:
        return (
            f"{controller.title} cannot: it waits for {controller.reads}, gives up after 2 minutes "
            "and restarts; PyTorchJob and every other kind it runs are only served in between."
        )
    if controller.product == MPI_OPERATOR:
        return (
            f"{controller.title} cannot: it wants {controller.reads} and exits at its next start."
        )
    return f"{controller.title} cannot."
