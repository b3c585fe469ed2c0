"""MPA138."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mpiaudit.checks.network.reach import some
from mpiaudit.checks.semantics import held_to_v2beta1
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.rbac import Access, Binding, Role, Subject
from mpiaudit.rule import Hit, Severity, rule

READING = tuple(Access(verb, "", "secrets") for verb in ("get", "list", "watch"))

CROWDS = frozenset({"system:authenticated", "system:unauthenticated", "system:serviceaccounts"})
"""Groups that hold everybody, or every pod.

kubernetes/kubernetes v1.34.0 staging/src/k8s.io/apiserver/pkg/authentication/user/user.go and
staging/src/k8s.io/apiserver/pkg/authentication/serviceaccount/util.go.
"""


@rule(
    "MPA138",
    Severity.LOW,
    remedy="Bind the role to those who need it, or take secrets out of it.",
)
def ssh_keys_for_everyone(
    jobs: tuple[Job, ...],
    roles: tuple[Role, ...],
    bindings: tuple[Binding, ...],
    crd: Crd | None = None,
    controllers: tuple[Controller, ...] = (),
) -> Iterator[Hit]:
    """Any pod of the cluster, or of the namespace, may read the SSH keys of the jobs.

    Whoever reads the Secret ``<job>-ssh`` and reaches the pods by network can log in to the
    workers, by default as root. mpi-operator v2beta1 makes one key for each job; v1 had none.

    Detected by ClusterRoleBindings that let all users, all ServiceAccounts, those of a namespace
    with jobs, or its ServiceAccount ``default`` get, list or watch Secrets.

    Wrong when: it is meant, in a cluster of one user. Persons, other ServiceAccounts, roles that
    name the Secrets they are for, and RoleBindings, which are not read where no controller is,
    are not judged, nor are clusters of which not all roles and bindings were read.

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:1416-1451
    (``newSSHAuthSecret``).
    """
    keyed = [j for j in held_to_v2beta1(jobs, crd, controllers) if _has_key(j)]
    readers = {r.name for r in roles if r.ref.kind == "ClusterRole" and _reads_secrets(r)}
    for binding in bindings if keyed else ():
        if binding.ref.kind != "ClusterRoleBinding" or binding.role_name not in readers:
            continue
        for index, subject in enumerate(binding.subjects):
            open_to = [j for j in keyed if _is_everyone(subject, j.namespace)]
            if open_to:
                yield _hit(binding, index, open_to)
                break


def _has_key(job: Job) -> bool:
    """Return whether mpi-operator has made a key for it that pods still use."""
    return job.identity.exported and not (job.finished or job.multikueue)


def _reads_secrets(role: Role) -> bool:
    return any(grant.allows(access) for grant in role.grants for access in READING)


def _is_everyone(subject: Subject, namespace: str) -> bool:
    """Return whether *subject* takes in what nobody chose for a pod of *namespace*."""
    if subject.kind == "Group":
        return subject.name in CROWDS or subject.name == f"system:serviceaccounts:{namespace}"
    default = (subject.kind, subject.namespace, subject.name)
    return default == ("ServiceAccount", namespace, "default")


def _hit(binding: Binding, index: int, jobs: Sequence[Job]) -> Hit:
    return Hit(
        binding.at("subjects", index),
        f"{binding.subjects[index]} may read Secrets by ClusterRole {binding.role_name}, those "
        f"with the SSH keys of {some([job.key for job in jobs])} too",
        also=tuple(job.at("metadata", "name") for job in jobs[:3]),
        effect="whoever runs such a pod can log in to the workers of other jobs",
    )
