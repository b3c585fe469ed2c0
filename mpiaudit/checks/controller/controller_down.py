"""MPA047."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.facts.messages import rules_for
from mpiaudit.facts.releases import TRAINER
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.workload import Exit, Pod
from mpiaudit.rule import Fix, Hit, Severity, rule

STUCK = frozenset(
    {"CrashLoopBackOff", "ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError"}
    | {"CreateContainerError", "RunContainerError"}
)
"""Reasons to wait that do not pass by themselves; the first try of a pull may.

kubernetes/kubernetes v1.34.0 pkg/kubelet/container/sync_result.go,
pkg/kubelet/images/types.go and pkg/kubelet/kuberuntime/kuberuntime_container.go.
"""


@rule(
    "MPA047",
    Severity.HIGH,
    remedy="Read the last lines of its log, and mpiaudit's other findings about it.",
    symptom_of=(
        *("MPA001", "MPA002", "MPA003", "MPA022", "MPA023", "MPA024", "MPA025", "MPA026"),
        *("MPA027", "MPA035", "MPA037", "MPA042", "MPA043", "MPA054"),
    ),
)
def controller_down(controllers: tuple[Controller, ...], pods: tuple[Pod, ...]) -> Iterator[Hit]:
    """The controller of MPIJob crashes again and again, or cannot even start.

    Jobs are accepted and get no pods; those that run are not looked after. The reason is in the
    log: neither Deployment sets ``terminationMessagePolicy``, and the exit code says little.
    mpi-operator ends every normal stop with 255, and training-operator 1.9 with 2.

    Detected by its pods: none is ready, and one waits for a reason that does not pass by itself.
    Where a known fault explains it, that is reported with this one inside.

    Wrong when: it is not to reconcile MPIJobs (not reported); the pods are those of a rollout
    while another one is ready (not reported); the fault was fixed a moment ago and the back-off,
    up to 5 minutes, has not run out.

    Source: kubernetes/kubernetes v1.34.0 pkg/kubelet/container/sync_result.go; the exit codes
    were seen with mpi-operator 0.3.0 to 0.8.0 and training-operator 1.7.0 to 1.9.4 on
    Kubernetes 1.34.
    """
    for controller in controllers:
        if not controller.replicas or controller.product == TRAINER:
            continue
        own = [p for p in pods if _made_by(controller, p)]
        stuck = [p for p in own if p.waiting in STUCK]
        if controller.mpi_enabled is False or not stuck or any(p.ready for p in own):
            continue
        pod = max(stuck, key=lambda p: p.restarts)
        yield Hit(
            controller.in_container(),
            f"{pod.ref} of {controller.title} waits: {pod.waiting}{_history(pod)}",
            also=tuple(p.at("status", "containerStatuses") for p in stuck),
            effect="it reconciles no MPIJob",
            fix=_look(controller, pod),
        )


def _made_by(controller: Controller, pod: Pod) -> bool:
    if pod.namespace != controller.namespace or pod.identity.deleting or not controller.selector:
        return False
    return controller.selector.items() <= pod.identity.labels.items()


def _history(pod: Pod) -> str:
    """Return how often it has restarted and how it last ended, as far as is known."""
    words = f", restarts: {pod.restarts}" if pod.restarts else ""
    return words + (_last(pod.last_exit) if pod.last_exit else "")


def _last(ended: Exit) -> str:
    reason = f" ({ended.reason})" if ended.reason not in {"", "Error"} else ""
    explained = next(iter(rules_for(ended.message)), None) if ended.message else None
    return f", last exit code: {ended.code}{reason}" + (
        f', message of {explained.rule}: "{explained.text}"' if explained else ""
    )


def _look(controller: Controller, pod: Pod) -> Fix:
    where = f"kubectl -n {controller.namespace}"
    if pod.waiting == "CrashLoopBackOff":
        return Fix(
            "shows what it said last; changes nothing",
            f"{where} logs {pod.name} --previous --tail=40",
        )
    return Fix("shows why it does not start; changes nothing", f"{where} describe pod {pod.name}")
