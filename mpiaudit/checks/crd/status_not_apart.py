"""MPA226."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from mpiaudit.checks import fixes
from mpiaudit.checks.evidence import listing
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import CRD_NAME, Crd, CrdVersion
from mpiaudit.rule import Fix, Hit, Severity, rule

WRITTEN = frozenset({"v1alpha2", "v1", "v2beta1"})
"""Versions whose controllers write the status as a subresource; that of v1alpha1 does not.

kubeflow/mpi-operator v0.3.0 pkg/controllers/v1alpha1/mpi_job_controller.go:801,
pkg/controllers/v1alpha2/mpi_job_controller.go:953.
"""


@rule(
    "MPA226",
    Severity.HIGH,
    remedy="Add subresources: {status: {}} to each version, as mpi-operator's own CRD has it.",
    symptom_of=("MPA228",),
)
def status_not_apart(
    crds: tuple[Crd, ...], controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """The CRD does not serve the status of MPIJobs, so no controller can write it.

    The pods of a job are made and its program runs, and the MPIJob never has a status: it is
    neither Running nor Succeeded, whoever waits for it waits for ever, and its workers are never
    cleaned up. The controller's log repeats ``mpijobs.kubeflow.org "..." not found``, although
    the job is there: what is not found is its ``/status``.

    Detected by the ``subresources`` of each served version.

    Wrong when: the version is v1alpha1, whose controller writes the whole object, is not served,
    or has no schema, as a patch has none (not reported).

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go:1302
    (``UpdateStatus``), pull request 117 and issue 297; kubeflow/manifests v1.1.0
    mpi-job/mpi-operator/base/crd.yaml (lacks it); seen with mpi-operator 0.8.0 and
    training-operator 1.9.4 on Kubernetes 1.34.
    """
    for crd in crds:
        faulty = [v for v in crd.versions if _unwritable(crd, v)]
        if not faulty:
            continue
        places = [crd.at("spec", "versions", version.index) for version in faulty]
        served = "is served" if len(faulty) == 1 else "are served"
        yield Hit(
            places[0],
            f"{listing([v.name for v in faulty])} {served} without the subresource status",
            also=tuple(places[1:]),
            effect="jobs run, and are never seen to run or to end",
            fix=_add(crd, faulty, controllers),
        )


def _unwritable(crd: Crd, version: CrdVersion) -> bool:
    whole = version.schema or crd.ref.api_version.endswith("/v1beta1")
    apart = version.status_apart or version.name not in WRITTEN
    return version.served and bool(whole) and not apart


def _add(crd: Crd, versions: Sequence[CrdVersion], controllers: Iterable[Controller]) -> Fix | None:
    """Return what mends an installed CRD, as ``apiextensions.k8s.io/v1`` shows it.

    The controllers are restarted: they try again ever less often, in the end every 17 minutes.
    """
    if not crd.installed or not crd.ref.api_version.endswith("/v1"):
        return None
    value: dict[str, dict[str, str]] = {"status": {}}
    patch = json.dumps(
        [
            {"op": "add", "path": f"/spec/versions/{v.index}/subresources", "value": value}
            for v in versions
        ]
    )
    names = {v.name for v in versions}
    restarts = [fixes.restart(c) for c in controllers if c.active and c.reads in names]
    return Fix(
        "restarts the controllers, which then write the status of all jobs; jobs go on",
        "\n".join([f"kubectl patch crd {CRD_NAME} --type=json -p '{patch}'", *restarts]),
    )
