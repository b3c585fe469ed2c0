"""MPA064."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import fixes
from mpiaudit.checks.conflict import children
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.workload import OPERATOR_NAME, LauncherJob, Pod
from mpiaudit.rule import Hit, Severity, rule

_LABEL = ("metadata", "labels", OPERATOR_NAME)


@rule(
    "MPA064",
    Severity.CRITICAL,
    remedy="Leave MPIJob to one controller, suspend the job, delete what the other one made, "
    "and resume it.",
    symptom_of=("MPA062", "MPA063"),
)
def mixed_operator_labels(
    jobs: tuple[Job, ...],
    pods: tuple[Pod, ...],
    launcher_jobs: tuple[LauncherJob, ...] = (),
    controllers: tuple[Controller, ...] | None = None,
) -> Iterator[Hit]:
    """The pods of one MPIJob bear the labels of two controllers.

    ``training.kubeflow.org/operator-name`` is ``mpijob-controller`` on pods that
    training-operator made and ``mpi-operator`` on those of mpi-operator v2beta1. Its Service
    selects by the label: workers of the other one get no name in DNS, and the launcher Job
    cannot reach them.

    Found on pods that the MPIJob owns by uid, directly or by its launcher Job.

    Wrong when: one controller replaced the other while the job existed; where one alone is
    active today, or the job has ended, this costs less. A user cannot set the label: both
    controllers overwrite it.

    Source: kubeflow/mpi-operator v0.8.0 pkg/apis/kubeflow/v2beta1/constants.go:32-45,
    kubeflow/trainer v1.9.4 pkg/controller.v1/mpi/mpijob_controller.go:68; seen with
    training-operator 1.9.0 and mpi-operator 0.8.0 on Kubernetes 1.34.
    """
    direct, by_batch = children.by_owner(pods), children.by_owner(pods, "Job")
    batches = children.by_owner(launcher_jobs)
    for job in children.owning(jobs, direct.keys() | batches.keys()):
        own = [*direct.get(job.uid, ())]
        own += (p for b in batches.get(job.uid, ()) for p in by_batch.get(b.uid, ()))
        training = [p for p in own if p.operator == children.TRAINING_LABEL]
        operator = [p for p in own if p.operator == children.MPI_LABEL]
        if not training or not operator:
            continue
        yield Hit(
            job.at("metadata", "name"),
            f"of the pods of {job.key} {len(training)} are labelled {children.TRAINING_LABEL}, "
            f"for example {training[0].name}, and {len(operator)} {children.MPI_LABEL}, "
            f"for example {operator[0].name}",
            also=tuple(
                p.at("metadata", "labels", OPERATOR_NAME) for p in (training[0], operator[0])
            ),
            effect=children.TWICE,
            fix=None if job.finished else fixes.rebuild_for_mpi_operator(job),
            severity=children.severity(job, controllers),
        )
