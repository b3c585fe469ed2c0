"""MPA081."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.semantics import REFUSED, held_to_v2beta1, placeholder, weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.rule import Fix, Hit, Severity, rule

LONGEST = 63
"""Characters in a DNS label (RFC 1035), and so in a pod's host name."""

GENERATED = 5
"""Characters that the API server appends to ``generateName``; it cuts the rest to fit a label.

kubernetes/kubernetes v1.34.0 staging/src/k8s.io/apiserver/pkg/storage/names/generate.go.
"""


@rule("MPA081", Severity.HIGH, remedy="Shorten the name to 54 characters, 53 from 11 workers on.")
def name_too_long(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """MPIJob's name is too long for its workers.

    The job is accepted and never starts; the only trace is the event ``Found validation errors:
    ... must be no more than 63 characters``. Every worker is reached by the host name
    ``<name>-worker-<index>``, which must fit a DNS label of 63 characters. Detected by the
    length of the last worker's name. Of a ``generateName`` the API server keeps 58 characters
    and appends 5.

    Wrong when: the job runs as v1, where pod names may be longer (not reported), or kustomize or
    Helm changes the name. Finished jobs are only noted.

    Source: kubeflow/mpi-operator v0.8.0 pkg/apis/kubeflow/validation/validation.go:55-68; seen
    with mpi-operator 0.8.0 on Kubernetes 1.34: 55 letters and 2 workers are refused, 54 run.
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        suffix = f"-worker-{max(job.workers, 1) - 1}"
        generated = job.name.endswith("*")
        length = len(job.name)
        if generated:
            length = min(length - 1, LONGEST - GENERATED) + GENERATED
        allowed = LONGEST - len(suffix)
        if length <= allowed or placeholder(job.name):
            continue
        kept = job.name[: allowed - GENERATED if generated else allowed].rstrip("-")
        yield Hit(
            job.at("metadata", "generateName" if generated else "name"),
            f"{job.name} has {length} characters{' when complete' if generated else ''}; "
            f"with {suffix} at most {allowed} fit",
            effect=REFUSED,
            fix=Fix(
                "keeps what fits; a job that exists must be made again under the new name",
                f"metadata:\n  {'generateName' if generated else 'name'}: {kept}",
            ),
            severity=weight(job, Severity.HIGH),
        )
