"""MPA091."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from mpiaudit.checks import fixes
from mpiaudit.checks.network.operator_release import oldest_operator
from mpiaudit.checks.semantics import V2BETA1, held_to_v2beta1, placeholder, weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.view import words
from mpiaudit.model import dig
from mpiaudit.rule import Hit, Severity, rule

KNOWN = ("OpenMPI", "Intel", "MPICH")

MPICH_SINCE = Version("0.5")

FORMER = {"intelmpi": "Intel", "intel-mpi": "Intel", "impi": "Intel", "open-mpi": "OpenMPI"}
"""What v1alpha2 (``mpiDistribution``) and users call them.

kubeflow/mpi-operator v0.3.0 pkg/apis/kubeflow/v1alpha2/types.go.
"""


@rule(
    "MPA091",
    Severity.HIGH,
    remedy="Set mpiImplementation to OpenMPI, Intel or MPICH.",
    by_sort=True,
)
def mpi_implementation_refused(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """The mpiImplementation is one that this cluster does not know.

    ``kubectl apply`` answers ``spec.mpiImplementation: Unsupported value``. The CRD lists the
    values, with exactly these capitals: ``OpenMPI`` and ``Intel``, and since 0.5 ``MPICH``. An
    operator before 0.5 refuses ``MPICH`` even where a newer CRD lets it pass. Detected against
    the list in the given CRD, else against the newest one known.

    Wrong when: the value is a template, or the job is written in v1, which has no such field
    (neither is reported). Finished jobs are only noted.

    Source: kubeflow/mpi-operator v0.8.0 pkg/apis/kubeflow/v2beta1/types.go:199-203 and
    manifests/base/kubeflow.org_mpijobs.yaml; v0.4.0 the same files, without MPICH; seen with
    mpi-operator 0.8.0 on Kubernetes 1.34.
    """
    listed = _listed(crd)
    for job in held_to_v2beta1(jobs, crd, controllers):
        named = job.spec.get("mpiImplementation")
        if not isinstance(named, str) or placeholder(named):
            continue
        operator = oldest_operator(controllers, job.namespace)
        too_old = named == "MPICH" and operator is not None and operator < MPICH_SINCE
        if named in listed and not too_old:
            continue
        known = f"mpi-operator {operator} does not know it" if too_old else " ".join(listed)
        meant = _meant(named)
        yield Hit(
            job.at("spec", "mpiImplementation"),
            f'mpiImplementation is "{named}"; {known if too_old else f"known are {known}"}',
            effect="the job is refused",
            fix=fixes.set_field(
                job, ("spec", "mpiImplementation"), meant, "must be what the image holds", crd
            )
            if meant in listed and meant != named
            else None,
            severity=weight(job, Severity.HIGH),
        )


def _listed(crd: Crd | None) -> tuple[str, ...]:
    """Return the values that the CRD takes; what the newest one takes where it has no list."""
    version = crd.version(V2BETA1) if crd else None
    path = ("properties", "spec", "properties", "mpiImplementation", "enum")
    return (words(dig(version.schema, *path)) if version else ()) or KNOWN


def _meant(named: str) -> str:
    spelt = {k.lower(): k for k in KNOWN} | FORMER
    return spelt.get(named.strip().lower(), "OpenMPI")
