"""MPA003."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import evidence, fixes
from mpiaudit.facts.releases import TRAINING_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.turned_off import turned_off
from mpiaudit.rule import Confidence, Hit, Severity, rule


@rule(
    "MPA003",
    Severity.CRITICAL,
    remedy="List every kind but MPIJob with --enable-scheme in training-operator's arguments.",
)
def v1_not_served(crd: Crd | None, controllers: tuple[Controller, ...]) -> Iterator[Hit]:
    """training-operator waits for MPIJob v1, which the CRD does not serve.

    It polls for v1, gives up after two minutes and exits; the kubelet starts it again. While it
    lives its other controllers work, so PyTorchJob, TFJob and the rest are only served in
    between, and ever more rarely as the back-off grows. An MPIJob is never touched by it.

    Found from the versions that the CRD serves and from training-operator's release and
    ``--enable-scheme``; the restarts of its pods only support it.

    Wrong when: the Deployment is scaled to 0 (not reported), its kinds come from a variable
    that cannot be resolved (not judged), or it is 1.3, which has no MPIJob (not reported). A
    CRD and a Deployment in manifests may belong to different clusters: likely, not certain, and
    only possible where a patch, or another manifest of the Deployment, lists kinds without MPIJob.

    Source: kubernetes-sigs/controller-runtime v0.19.1 pkg/internal/source/kind.go (the wait),
    kubeflow/trainer v1.9.4 cmd/training-operator.v1/main.go:206-219 (the default is every kind);
    seen with training-operator 1.7.0, 1.9.0 and 1.9.4 on Kubernetes 1.34: exit code 1 after 120
    to 122 s.
    """
    if crd is None or "v1" in crd.served:
        return
    for controller in controllers:
        if controller.product != TRAINING_OPERATOR or not controller.active:
            continue
        restarts = f"; {controller.restarts} restarts so far" if controller.restarts else ""
        yield Hit(
            controller.in_container("args") if controller.has_args else controller.in_container(),
            f"{controller.title} reconciles v1 ({fixes.why_enabled(controller)}); "
            f"the CRD serves {evidence.listing(crd.served)}{restarts}",
            also=(crd.at("spec", "versions"),),
            effect='exits after 120 s with "failed to wait for mpijob-controller caches to '
            'sync", again and again; its other kinds are only served in between',
            fix=fixes.disable_mpijob(controller),
            confidence=Confidence.POSSIBLE
            if turned_off(controller, controllers)
            else evidence.surety(crd, controller),
        )
