"""MPA049."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from mpiaudit.checks.semantics import held_to_v2beta1, weight
from mpiaudit.facts.releases import MPI_OPERATOR, newer_than_known
from mpiaudit.inventory import program
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job, Replica
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule

FLAG = "cluster-domain"
SINCE = Version("0.7")
"""The first release with the flag."""

SEARCHED = "cluster.local"
"""The domain that every release so far has in the workers' search list, whatever the flag says."""

CALLED_BACK = ("Intel", "MPICH")
"""Implementations whose workers connect to the launcher by its host name."""


@rule(
    "MPA049",
    Severity.HIGH,
    confidence=Confidence.LIKELY,
    remedy="Add the launcher's domain to the workers' dnsConfig.searches.",
)
def search_domain_differs(
    jobs: tuple[Job, ...], controllers: tuple[Controller, ...], crd: Crd | None = None
) -> Iterator[Hit]:
    """Workers search for the launcher in another cluster domain than the operator is told.

    The workers of Intel MPI and MPICH call the launcher back by its host name, which they find by
    a search domain that mpi-operator adds to their pods. It is ``JOB.NAMESPACE.svc.cluster.local``
    in every release up to 0.8.2; ``--cluster-domain`` changes the hostfile alone. In a cluster
    of another domain the workers cannot resolve the name, and mpirun waits for them in vain.

    Detected by the flag of the mpi-operator that watches the job's namespace, and by the job's
    ``mpiImplementation``.

    Wrong when: the flag names a domain that is not the cluster's, which a scan does not read
    (likely, not certain; then the hostfile is wrong). With Open MPI, a search list of the
    Worker's own, an interface named for the call (``-iface``, ``I_MPI_HYDRA_IFACE``), a release
    newer than those known, or none that is known, it is not reported.

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:1309-1315 (hostfile),
    1493-1499 (search domain), issue 426 (who needs it), pull request 832 (the fix, in no release
    yet).
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        called_back = job.spec.get("mpiImplementation") in CALLED_BACK and not _by_address(job)
        if job.worker is None or job.multikueue or not called_back:
            continue
        for controller in controllers:
            domain = _told(controller, job)
            if domain and not _searches(job.worker, job, domain):
                yield _hit(job, controller, domain)


def _by_address(job: Job) -> bool:
    """Return whether the launcher names an interface, whose address the workers then call."""
    containers = job.launcher.template.containers if job.launcher else ()
    words = [word for c in containers for word in (*c.command, *c.args, *c.env)]
    return any("iface" in word.lower() for word in words)


def _told(controller: Controller, job: Job) -> str:
    """Return the domain that the mpi-operator of *job* is told, where that is not `SEARCHED`."""
    release = controller.release
    if controller.product != MPI_OPERATOR or not controller.active or release is None:
        return ""
    if newer_than_known(MPI_OPERATOR, release) or not controller.covers(job.namespace):
        return ""
    domain = (controller.value(FLAG) or "").strip(".")
    known = release >= SINCE and not program.unrendered(domain)
    return domain if known and domain != SEARCHED else ""


def _searches(worker: Replica, job: Job, domain: str) -> bool:
    """Return whether the pods of *worker* search the names of *job* in *domain* by themselves."""
    searched = [name.strip(".") for name in worker.template.searches]
    return any(n.startswith(f"{job.name}.") and n.endswith(f".{domain}") for n in searched)


def _hit(job: Job, controller: Controller, domain: str) -> Hit:
    names = f"{job.name}.{job.namespace or 'NAMESPACE'}.svc"
    fix = Fix("in the pod spec of Worker", f"dnsConfig:\n  searches:\n  - {names}.{domain}")
    return Hit(
        job.in_replica("Worker", "template"),
        f"{controller.title} has --{FLAG}={domain}; workers of {job.name} search "
        f"{names}.{SEARCHED}",
        also=(controller.at_flag(FLAG), job.at("spec", "mpiImplementation")),
        effect=f"they do not resolve {job.name}-launcher, which they must call back",
        fix=None if "*" in job.name else fix,
        severity=weight(job, Severity.HIGH),
    )
