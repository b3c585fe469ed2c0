"""MPA082."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mpiaudit.checks.semantics import REFUSED, V2BETA1, held_to, placeholder, weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.rule import Fix, Hit, Severity, rule

LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
"""RFC 1035 as kubernetes/kubernetes v1.34.0 staging/src/k8s.io/apimachinery/pkg/util/validation/
validation.go (``IsDNS1035Label``) has it; the length is another rule's."""

SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
"""RFC 1123 as the same file has it (``IsDNS1123Subdomain``): the name of any custom resource."""


@rule(
    "MPA082",
    Severity.HIGH,
    remedy="Begin the name with a letter; use lower-case letters, digits and dashes only.",
)
def name_no_dns_label(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """MPIJob's name cannot name its Service and its workers.

    The job is accepted and never starts; the only trace is the event ``a DNS-1035 label must
    consist of lower case alphanumeric characters or '-'``. A Service and host names are made
    from the name, so a dot or a leading digit, which other kinds may have, is refused by
    mpi-operator. Capitals and underscores are already refused by the API server, for any
    version.

    Wrong when: the job runs as v1, where dots and leading digits are fine (not reported), or the
    name is a template or gets a prefix by kustomize. mpi-operator 0.3 checked less and then
    failed to create its Service. Finished jobs are only noted.

    Source: kubeflow/mpi-operator v0.8.0 pkg/apis/kubeflow/validation/validation.go:63-66; seen
    with mpi-operator 0.8.0 on Kubernetes 1.34.
    """
    for job in jobs:
        generated = job.name.endswith("*")
        full = f"{job.name[:-1]}x" if generated else job.name
        if not full or LABEL.fullmatch(full) or placeholder(full):
            continue
        if not SUBDOMAIN.fullmatch(full):
            effect = "the API server refuses it"
        elif held_to(job, crd, controllers) == V2BETA1:
            effect = REFUSED
        else:
            continue
        field = "generateName" if generated else "name"
        yield Hit(
            job.at("metadata", field),
            f"{job.name} {_why(full)}",
            effect=effect,
            fix=Fix(
                "takes a name that both accept; a job that exists must be made again under it",
                f"metadata:\n  {field}: {_label(job.name[:-1] if generated else job.name)}",
            ),
            severity=weight(job, Severity.HIGH),
        )


def _why(name: str) -> str:
    """Return what keeps *name* from being a DNS label."""
    odd = sorted(set(re.sub(r"[-a-z0-9]", "", name)))
    if odd:
        return f"contains {' '.join(odd)}"
    return f"begins with {name[0]}" if not name[0].isalpha() else f"ends with {name[-1]}"


def _label(name: str) -> str:
    """Return the nearest name that is a DNS label."""
    plain = re.sub(r"[^-a-z0-9]", "-", name.lower()).lstrip("-")
    plain = plain if name.endswith("-") else plain.rstrip("-")
    return plain if plain[:1].isalpha() else f"job-{plain}".rstrip("-")
