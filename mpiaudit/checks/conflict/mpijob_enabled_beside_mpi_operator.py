"""MPA028."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import evidence, fixes
from mpiaudit.checks.conflict import rivals
from mpiaudit.inventory import definitions
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.turned_off import turned_off
from mpiaudit.rule import Confidence, Hit, Severity, rule


@rule(
    "MPA028",
    Severity.HIGH,
    remedy="List every kind but MPIJob with --enable-scheme in training-operator's arguments, "
    "and leave its MPIJob CRD out.",
    symptom_of=("MPA002", "MPA003", "MPA060"),
)
def mpijob_enabled_beside_mpi_operator(
    controllers: tuple[Controller, ...], crds: tuple[Crd, ...] = ()
) -> Iterator[Hit]:
    """training-operator has MPIJob enabled beside mpi-operator.

    There is one CRD of that name for the two of them. Whichever version it serves, the other
    controller cannot start properly; where it serves both versions, every job is run twice.

    Found from the two Deployments alone, so that manifests without a CRD are judged as well.
    Where the CRD is known, the finding about it says which of the two things happens, and this
    one is part of it.

    Wrong when: training-operator lists its kinds without MPIJob (not reported), the two watch
    different namespaces (not reported; a CRD has none, so one of them still waits in vain), or
    one is scaled to 0 (not reported). Manifests may not be applied together: likely, then, and
    only possible where several CRDs of one product beside them show that they are meant for
    several clusters, or a patch of training-operator's Deployment lists its kinds, or may do so
    in a kustomization beside one of several CRDs.

    Source: kubernetes-sigs/kueue site/content/en/docs/tasks/run/multikueue/kubeflow.md:46-49,
    kubeflow/trainer issue 1777; seen with training-operator 1.9.0 and 1.9.4 beside mpi-operator
    0.8.0 on Kubernetes 1.34.
    """
    for controller, others in rivals.pairs(controllers):
        operators = tuple(o for o in others if o.reads == "v2beta1")
        if not operators:
            continue
        names = evidence.listing(sorted({o.title for o in operators}))
        yield Hit(
            controller.in_container("args") if controller.has_args else controller.in_container(),
            f"{controller.title} reconciles MPIJob v1 ({fixes.why_enabled(controller)}); "
            f"{names} reconciles v2beta1 in {rivals.scope(controller, *operators)}",
            also=tuple(o.in_container() for o in operators),
            effect="one of them fails at its next start, or every job is run twice: as the CRD is",
            fix=fixes.disable_mpijob(controller),
            confidence=Confidence.POSSIBLE
            if turned_off(controller, controllers)
            else _surety(crds, controller, *operators),
        )


def _surety(crds: tuple[Crd, ...], *controllers: Controller) -> Confidence | None:
    given = [c for c in crds if not c.installed]
    scattered = (
        len({c.ref.source for c in given}) > 1 and len({c.ref.source for c in controllers}) > 1
    )
    alternatives = not definitions.one_each(given, controllers)
    if scattered and (alternatives or any(c.kustomized for c in given)):
        return Confidence.POSSIBLE
    return evidence.surety(*controllers)
