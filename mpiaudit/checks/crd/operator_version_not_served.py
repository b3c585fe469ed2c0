"""MPA002."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import evidence, fixes
from mpiaudit.facts.releases import MPI_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.rule import Fix, Hit, Severity, rule

CHECKED = ("v1", "v2beta1")
"""The versions whose program looks for the CRD when it starts, since v0.2.3."""


@rule(
    "MPA002",
    Severity.CRITICAL,
    remedy="Choose one owner of MPIJob. For mpi-operator: migrate the v1 jobs and the storage "
    "version, then apply its CRD server-side. Otherwise remove mpi-operator.",
    symptom_of=("MPA022",),
)
def operator_version_not_served(
    crd: Crd | None, controllers: tuple[Controller, ...]
) -> Iterator[Hit]:
    """mpi-operator works on an MPIJob version that the CRD does not serve.

    Usually training-operator's CRD was there first: the API server refuses mpi-operator's over
    it, while the Deployment of the same ``kubectl apply`` goes in. The operator exits with
    "CRD doesn't exist. Exiting", although ``kubectl get crd`` shows it, and no v2beta1 job runs.
    It looks only when it starts: one that was running when the CRD was swapped stays Ready and
    blind, with a fresh Lease, until its next restart.

    Found from the versions that the CRD serves and from mpi-operator's program and release.

    Wrong when: its ``command`` is ``/opt/mpi-operator.v1``, which wants v1 and is content with
    a CRD that serves it (not reported), or the Deployment is scaled to 0 (not reported). A CRD
    and a Deployment in manifests may belong to different clusters: likely, not certain.

    Source: kubeflow/mpi-operator v0.8.0 cmd/mpi-operator/app/server.go:121-124,302-314 (v0.2.3
    cmd/mpi-operator.v1/app/server.go:119-122); seen with mpi-operator 0.8.0 over a CRD with v1
    alone on Kubernetes 1.34: exit code 1 after 0.1 s, and no Lease is ever written.
    """
    if crd is None:
        return
    for controller in controllers:
        unserved = controller.reads in CHECKED and controller.reads not in crd.served
        if controller.product != MPI_OPERATOR or not controller.active or not unserved:
            continue
        yield Hit(
            controller.in_container(),
            f"{controller.title} reconciles {controller.reads}; "
            f"the CRD serves {evidence.listing(crd.served)}",
            also=(crd.at("spec", "versions"),),
            effect='exits with "CRD doesn\'t exist. Exiting" whenever it starts; '
            "one that still runs is blind",
            fix=_fix(crd, controller, controllers),
            confidence=evidence.surety(crd, controller),
        )


def _fix(crd: Crd, controller: Controller, controllers: tuple[Controller, ...]) -> Fix:
    owners = [c for c in controllers if c.active and c.reads in crd.served]
    if owners:
        return fixes.stop(controller, f"MPIJob stays with {owners[0].title}")
    if controller.reads == "v1":
        return fixes.stop(controller, "it cannot work beside this CRD")
    if crd.installed:
        return fixes.replace_crd(controller)
    if all(v.name == controller.reads for v in crd.versions):
        return fixes.install_crd(controller)
    return _another_file(crd, controller)


def _another_file(crd: Crd, controller: Controller) -> Fix:
    """Return what fetches mpi-operator's CRD: applied over the one given it would be refused."""
    url = fixes.install_crd(controller).text.rpartition(" ")[2]
    return Fix(
        f"fetches the CRD that {controller.title} ships, to replace the one in {crd.ref.source}; a "
        f"cluster where that was applied refuses it while {crd.storage or 'its version'} is stored",
        f"curl -fsSLO {url}",
    )
