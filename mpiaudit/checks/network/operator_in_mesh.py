"""MPA053."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mpiaudit.checks import fixes
from mpiaudit.inventory import mesh
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.neighbour import Namespace
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule


@rule(
    "MPA053",
    Severity.LOW,
    confidence=Confidence.LIKELY,
    remedy="Turn injection off in the pod template of the controller, as upstream's manifests do.",
)
def operator_in_mesh(
    controllers: tuple[Controller, ...], namespaces: tuple[Namespace, ...]
) -> Iterator[Hit]:
    """A service mesh puts its proxy into the pod of the controller.

    Its namespace has injection on, as ``kubeflow`` has, and the annotation that upstream's
    Deployment bears against it was lost, by a chart or an overlay of one's own. The controller
    starts before its proxy and cannot reach the API server until that is up; where the mesh
    wants mTLS, neither Prometheus nor, of training-operator, the API server reaches it.

    Detected by the labels of the namespace (``istio-injection``, ``istio.io/rev``), and by the
    label or annotation of the pod template.

    Wrong when: Istio is not installed and the label is a left-over, or its own selectors leave
    the pod out: likely, not certain. One on the node's network, in an ambient mesh, scaled to 0
    or without MPIJob is not reported, nor is a patch, which has no image.

    Source: kubeflow/mpi-operator v0.8.0 manifests/base/deployment.yaml:15 and kubeflow/trainer
    v1.9.4 manifests/base/deployment.yaml:17 (the annotation); istio/istio 1.24.0
    pkg/kube/inject/inject.go (``injectRequired``); kubeflow/spark-operator issue 3090 (a webhook
    behind a proxy).
    """
    meshed = {n.name: mesh.injection(n.identity.labels) for n in namespaces}
    for controller in controllers:
        label = meshed.get(controller.namespace, "")
        runs = controller.replicas and controller.image.name and controller.mpi_enabled is not False
        if label and runs and not mesh.spared(controller.template):
            yield Hit(
                controller.at("spec", "template"),
                f"namespace {controller.namespace} has {label}, and the pods of "
                f'{controller.title} do not have {mesh.INJECT}: "false"',
                fix=_spare(controller),
            )


def _spare(controller: Controller) -> Fix:
    labels = {"metadata": {"labels": {mesh.INJECT: "false"}}}
    patch = json.dumps({"spec": {"template": labels}})
    return Fix(
        f"restarts {controller.ref} without a proxy; jobs go on",
        f"kubectl -n {fixes.namespace_of(controller)} patch {controller.ref.kind.lower()} "
        f"{controller.name} --type=merge -p '{patch}'",
    )
