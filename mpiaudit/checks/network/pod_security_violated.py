"""MPA134."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mpiaudit.checks.evidence import listing
from mpiaudit.checks.network.ssh_user import user
from mpiaudit.checks.semantics import held_to, placeholder, weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import LEGACY_VERSIONS, Job, Replica
from mpiaudit.inventory.neighbour import Namespace
from mpiaudit.inventory.view import integer, mapping
from mpiaudit.inventory.workload import Pod
from mpiaudit.model import Location, dig
from mpiaudit.policy.pod_fields import Breach, containers
from mpiaudit.policy.pod_security import Standard, breaches, enforced
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule

DELIVERY: Mapping[str, Any] = {"name": "kubectl-delivery"}
"""The init container that v1 controllers put into launchers: without a security context.

kubeflow/trainer v1.9.4 pkg/controller.v1/mpi/mpijob_controller.go:1041-1075.
"""

OLDEST = 25
"""The minor version of the oldest API server that enforces the standards without being told to."""


@rule(
    "MPA134",
    Severity.HIGH,
    remedy="Change the pod templates as the standard asks, or use a namespace that allows them.",
    by_sort=True,
)
def pod_security_violated(
    jobs: tuple[Job, ...],
    namespaces: tuple[Namespace, ...],
    pods: tuple[Pod, ...] = (),
    crd: Crd | None = None,
    controllers: tuple[Controller, ...] = (),
) -> Iterator[Hit]:
    """The namespace enforces a Pod Security Standard that refuses the pods of the MPIJob.

    The job gets no status, or stays in Created without a launcher: the API server takes the
    MPIJob and refuses its pods. Events "MPIJobFailed" of the MPIJob show it for workers, but for
    a launcher only Events "FailedCreate" of the Job ``<job>-launcher``, while the workers hold
    their GPUs. Nothing that mpi-operator adds to pods violates a standard; the init container
    that v1 controllers add to launchers violates ``restricted``, whatever the job says.

    Detected by the labels ``pod-security.kubernetes.io/enforce`` and ``enforce-version`` of the
    namespace and every control of the standard in that version.

    Wrong when: a webhook (Kyverno, Gatekeeper) adds what the templates lack, the API server's own
    configuration exempts the namespace, or a runtime class that the job names (confidence
    likely). Labels that only warn or audit refuse nothing, and replicas with pods were let in
    (not reported). For suspended jobs the severity is medium, finished ones are only noted.

    Source: kubernetes/pod-security-admission v0.34.4 policy; kubeflow/mpi-operator v0.8.0
    pkg/controller/mpi_job_controller.go:1473-1633; seen with mpi-operator 0.8.0 and
    training-operator 1.9.4 on Kubernetes 1.34.
    """
    standards = {n.name: (n, s) for n in namespaces if (s := enforced(n.identity.labels))}
    started = {(p.namespace, p.job_name, p.role) for p in pods}
    for job in jobs if standards else ():
        if job.namespace not in standards or job.multikueue:
            continue
        namespace, standard = standards[job.namespace]
        legacy = held_to(job, crd, controllers) in LEGACY_VERSIONS
        refused = [
            template
            for replica in (job.launcher, job.worker)
            if replica
            and (job.namespace, job.name, replica.type.lower()) not in started
            and (template := _refused(job, replica, standard, legacy=legacy))
        ]
        if refused:
            yield _hit(job, namespace, standard, refused, _effect(job, refused, legacy=legacy))


@dataclass(frozen=True, slots=True)
class _Refused:
    """A replica whose pods are refused, and what for."""

    replica: Replica
    pod: Mapping[str, Any]
    breaches: tuple[Breach, ...]
    anywhere: bool
    """Whether older API servers refuse them as well."""

    @property
    def reasons(self) -> str:
        spoken = listing(list(dict.fromkeys(map(_spoken, self.breaches))))
        added = all(dig(self.pod, *b.path[:3]) is DELIVERY for b in self.breaches)
        return f"{spoken} in the init container that v1 adds" if added else spoken


def _refused(job: Job, replica: Replica, standard: Standard, *, legacy: bool) -> _Refused | None:
    if replica.type == "Worker" and integer(replica.replicas) == 0:
        return None
    template = mapping(dig(job.body, "spec", "mpiReplicaSpecs", replica.type, "template"))
    spec = mapping(template.get("spec"))
    if not replica.template.containers:
        return None
    if legacy and replica.type == "Launcher":
        given = spec.get("initContainers")
        first = [*given] if isinstance(given, list | tuple) else []
        spec = {**spec, "initContainers": [*first, DELIVERY]}
    pod = {**template, "spec": spec}
    found = tuple(b for b in breaches(pod, standard) if not _to_be_filled_in(b))
    older = replace(standard, minor=min(standard.minor, OLDEST))
    return _Refused(replica, pod, found, any(breaches(pod, older))) if found else None


def _to_be_filled_in(breach: Breach) -> bool:
    return isinstance(breach.value, str) and placeholder(breach.value)


def _spoken(breach: Breach) -> str:
    """Return the control and, where one stands there, the value."""
    match breach.value:
        case bool():
            return f"{breach.control} ({breach.path[-1]}: {str(breach.value).lower()})"
        case str() | int() if breach.control != "runAsUser=0":
            return f"{breach.control} ({breach.value})"
    return breach.control


def _hit(
    job: Job, namespace: Namespace, standard: Standard, refused: list[_Refused], effect: str
) -> Hit:
    places = dict.fromkeys(_place(job, r, b) for r in refused for b in _telling(r))
    first, *others = places
    doubtful = any(not r.anywhere or dig(r.pod, "spec", "runtimeClassName") for r in refused)
    apart = job.identity.exported and not namespace.identity.exported
    return Hit(
        first,
        f"namespace {job.namespace} enforces {standard}, which refuses {_wording(job, refused)}",
        also=(*others, namespace.at("metadata", "labels")),
        effect=effect,
        fix=_confine(refused),
        severity=weight(job, Severity.MEDIUM if job.suspended else Severity.HIGH),
        confidence=Confidence.LIKELY if doubtful or apart else None,
    )


def _telling(refused: _Refused) -> list[Breach]:
    """Return the first breach of each control."""
    return list({b.control: b for b in reversed(refused.breaches)}.values())[::-1]


def _place(job: Job, refused: _Refused, breach: Breach) -> Location:
    """Return where the breach stands; for an absent field, what should hold it."""
    path = breach.path if breach.value is not None else breach.path[:3]
    template = dig(job.body, "spec", "mpiReplicaSpecs", refused.replica.type, "template")
    while path and dig(template, *path) is None:
        path = path[:-1]
    return job.in_replica(refused.replica.type, "template", *path)


def _wording(job: Job, refused: list[_Refused]) -> str:
    by_controls: dict[str, list[str]] = {}
    for each in refused:
        by_controls.setdefault(each.reasons, []).append(each.replica.type)
    return ", and ".join(
        f"the {' and the '.join(types)} of {job.name} for {reasons}"
        for reasons, types in by_controls.items()
    )


def _effect(job: Job, refused: list[_Refused], *, legacy: bool) -> str:
    if refused[-1].replica.type == "Worker":
        return 'Events say "worker pod created failed", and the job gets no status and no launcher'
    if legacy:
        return 'Events say "launcher pod created failed", while the workers run'
    return f'the Job {job.name}-launcher says "FailedCreate" and the MPIJob nothing; workers run'


def _confine(refused: list[_Refused]) -> Fix | None:
    """Return the security contexts to add, where the job says that it does not run as root."""
    absent = all(b.value is None for r in refused for b in r.breaches)
    simple = all(len(list(containers(r.pod))) == 1 and user(r.pod) for r in refused)
    if not (absent and simple):
        return None
    lines = [
        line
        for r in refused
        for line in (
            f"{r.replica.type}:",
            "  template:",
            "    spec:",
            "      securityContext:",
            "        runAsNonRoot: true",
            "        seccompProfile: {type: RuntimeDefault}",
            "      containers:",
            f"      - name: {r.replica.template.containers[0].name}",
            "        securityContext:",
            "          allowPrivilegeEscalation: false",
            "          capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}",
        )
    ]
    return Fix(
        "the pods are let in; sshd may have, and then needs, the capability", "\n".join(lines)
    )
