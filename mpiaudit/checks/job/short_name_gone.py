"""MPA015."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.job.kubectl_calls import calls
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule

SHORT = frozenset({"mj", "mpij"})
"""The short names of MPIJob up to mpi-operator 0.3.

kubeflow/mpi-operator v0.3.0 manifests/base/crd.yaml:12-14; v0.4.0
manifests/base/kubeflow.org_mpijobs.yaml and kubeflow/training-operator v1.4.0
manifests/base/crds/kubeflow.org_mpijobs.yaml have none.
"""


@rule(
    "MPA015",
    Severity.LOW,
    confidence=Confidence.LIKELY,
    remedy="Write mpijobs.",
    by_sort=True,
)
def short_name_gone(jobs: tuple[Job, ...], crd: Crd | None = None) -> Iterator[Hit]:
    """A script in the job calls MPIJob by a short name that its CRD has lost.

    kubectl ends with ``the server doesn't have a resource type "mpij"``. The short names ``mj``
    and ``mpij`` were in the CRDs up to mpi-operator 0.3, and are in none since, those of
    training-operator neither.

    Detected by calls of kubectl on the command lines of the job's own containers.

    Wrong when: the CRD serves a version before v1, as those with short names do (not reported);
    somebody has put the short names back, or another CRD has them (so likely, not certain).
    Scripts in images, ConfigMaps and repositories are not read.

    Source: kubeflow/mpi-operator v0.3.0 manifests/base/crd.yaml and v0.4.0
    manifests/base/kubeflow.org_mpijobs.yaml.
    """
    if crd is not None and any(version.startswith("v1alpha") for version in crd.served):
        return
    for job in jobs:
        for call in () if job.finished or job.multikueue else calls(job):
            short, slash, name = (*call.targets, "")[0].partition("/")
            if short in SHORT:
                yield Hit(
                    call.at,
                    f"kubectl {call.verb} {short} in {job.name}; no CRD of mpi-operator since 0.4, "
                    f"and none of training-operator, has the short name {short}",
                    effect="kubectl fails: it knows no such resource",
                    fix=Fix("the name that every CRD has", f"mpijobs{slash}{name}"),
                )
