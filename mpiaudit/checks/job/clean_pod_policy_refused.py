"""MPA088."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import fixes
from mpiaudit.checks.semantics import REFUSED, held_to_v2beta1, placeholder, weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.rule import Hit, Severity, rule

ALLOWED = ("None", "Running", "All")


@rule(
    "MPA088",
    Severity.HIGH,
    remedy="Set runPolicy.cleanPodPolicy to None, Running or All.",
    by_sort=True,
)
def clean_pod_policy_refused(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """The cleanPodPolicy is one that mpi-operator refuses.

    The job is accepted and never starts; the only trace is the event ``Unsupported value``.
    ``None``, ``Running`` and ``All`` are known, with exactly these capitals; the empty string is
    refused as well. The CRD has no list of values, so the API server lets anything pass.

    Wrong when: the field is absent, which means None, the job runs as v1, which takes anything,
    or the value is a template (none of them reported). Finished jobs are only noted.

    Source: kubeflow/mpi-operator v0.8.0 pkg/apis/kubeflow/validation/validation.go:89-93; seen
    with mpi-operator 0.8.0 on Kubernetes 1.34: ``running`` and ``""`` are refused.
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        policy = job.policy.get("cleanPodPolicy")
        if not isinstance(policy, str) or policy in ALLOWED or placeholder(policy):
            continue
        meant = next((p for p in ALLOWED if p.lower() == policy.strip().lower()), "Running")
        yield Hit(
            job.at("spec", "runPolicy", "cleanPodPolicy"),
            f'cleanPodPolicy is "{policy}"',
            effect=REFUSED,
            fix=fixes.set_field(
                job,
                ("spec", "runPolicy", "cleanPodPolicy"),
                meant,
                "starts the job; its workers go when it ends"
                if meant != "None"
                else "starts the job; its workers stay when it ends",
                crd,
            ),
            severity=weight(job, Severity.HIGH),
        )
