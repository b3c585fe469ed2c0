"""MPA149."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mpiaudit.checks.job.kubectl_calls import Call, calls
from mpiaudit.checks.semantics import held_to_v2beta1
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule

OF_PODS = frozenset({"logs", "exec", "cp", "attach", "port-forward"})
"""Verbs of kubectl that mean a Pod where no kind is named."""

PODS = frozenset({"pod", "pods", "po"})

_LAUNCHER = re.compile(r"[^\s/:]+-launcher")


@rule(
    "MPA149",
    Severity.LOW,
    confidence=Confidence.LIKELY,
    remedy="Ask for job/<name>-launcher, or select training.kubeflow.org/job-role=launcher.",
    by_sort=True,
)
def launcher_pod_by_name(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """A script in the job asks for the launcher's Pod by the name that it had in v1.

    kubectl ends with ``pods "<job>-launcher" not found``. In v1 that was the Pod. In v2beta1 it is
    a batch Job, and the name of its Pod ends in five letters that nobody knows before.

    Detected by calls of kubectl on the command lines of the job's own containers.

    Wrong when: the job runs as v1, the script asks for the Job or selects by labels, or the job
    has ended (none of them reported). The name may be that of another Pod (so likely, not
    certain). Scripts in images, ConfigMaps and repositories are not read.

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:1528-1554
    (``newLauncherJob``); kubeflow/trainer v1.9.4
    pkg/controller.v1/mpi/mpijob_controller.go:1186-1197.
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        for call in () if job.finished or job.multikueue else calls(job):
            pod = _pod(call)
            if pod:
                yield Hit(
                    call.at,
                    f"kubectl {call.verb} in {job.name} asks for the Pod {pod}",
                    effect="in v2beta1 no Pod has that name, and kubectl fails",
                    fix=Fix(
                        "finds the Pod, whatever its name",
                        f"$(kubectl get pod -o name -l training.kubeflow.org/job-name={job.name},"
                        "training.kubeflow.org/job-role=launcher)",
                    ),
                )


def _pod(call: Call) -> str | None:
    """Return the launcher's Pod that *call* names; None where it names none."""
    first, second = (*call.targets, "", "")[:2]
    kind, _, name = first.partition("/")
    if kind in PODS:
        named = [name or second]
    elif call.verb == "cp":
        ends = (t.partition(":") for t in (first, second))
        named = [pod.rpartition("/")[2] for pod, colon, _ in ends if colon]
    else:
        named = [first] if call.verb in OF_PODS else []
    return next((pod for pod in named if _LAUNCHER.fullmatch(pod)), None)
