"""MPIJobs inside other objects are found where they are written."""

from pathlib import Path

import pytest

from mpiaudit.collect import files
from mpiaudit.model import Location, Resource
from mpiaudit.reading import Reading

ARGO = """\
apiVersion: argoproj.io/v1alpha1
kind: {kind}
metadata: {{name: nightly, namespace: ml}}
spec:
  {spec}templates:
  {pad}- name: train
  {pad}  resource:
  {pad}    action: create
  {pad}    manifest: |
  {pad}      apiVersion: kubeflow.org/v1
  {pad}      kind: MPIJob
  {pad}      metadata: {{generateName: nightly-}}
  {pad}      spec:
  {pad}        slotsPerWorker: {{{{inputs.parameters.slots}}}}
"""

KATIB = """\
apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: tune, namespace: ml}
spec:
  trialTemplate:
    trialSpec:
      apiVersion: kubeflow.org/v1
      kind: MPIJob
      spec:
        slotsPerWorker: 1
"""

CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: jobs, namespace: ml}
data:
  notes.txt: run the MPIJob by hand
  job.yaml: |
    apiVersion: kubeflow.org/v2beta1
    kind: MPIJob
    metadata: {name: check, namespace: lab}
    spec: {mpiReplicaSpecs: {}}
"""


def collect(tmp_path: Path, text: str) -> tuple[list[Resource], Reading]:
    """Return the MPIJobs that are read from *text*, and the reading."""
    path = tmp_path / "carrier.yaml"
    path.write_text(text)
    reading = files.collect([str(path)], frozenset({"MPIJob"}))
    return [r for r in reading.resources if r.kind == "MPIJob"], reading


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("Workflow", ""),
        ("WorkflowTemplate", ""),
        ("ClusterWorkflowTemplate", ""),
        ("CronWorkflow", "workflowSpec:\n    "),
    ],
)
def test_argo_manifest_is_found(tmp_path: Path, kind: str, spec: str) -> None:
    """A workflow that creates a v1 job fails after the cut-over, so it is found before."""
    (job,), _ = collect(tmp_path, ARGO.format(kind=kind, spec=spec, pad="  " if spec else ""))

    assert job.reference.key == "ml/nightly-*"
    assert job.api_version == "kubeflow.org/v1"
    assert job.get("spec", "slotsPerWorker") == "$(parameter)"


def test_katib_trial_is_found_where_it_is_written(tmp_path: Path) -> None:
    """The finding leads to the line inside the Experiment; the trial is named after it."""
    (job,), _ = collect(tmp_path, KATIB)

    place = Location(job.reference, ("spec", "slotsPerWorker"))

    assert job.reference.key == "ml/tune-*"
    assert files.place([place])[place].line == 10


def test_config_map_is_searched(tmp_path: Path) -> None:
    """A job kept in a ConfigMap is a job; the finding leads to the line inside the text."""
    (job,), reading = collect(tmp_path, CONFIG_MAP)

    place = Location(job.reference, ("metadata", "name"))

    assert job.reference.key == "lab/check"
    assert files.place([place])[place].line == 9
    assert reading.notes == []


def test_text_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """A job that is there and cannot be read is not passed over in silence."""
    broken = CONFIG_MAP.replace("metadata: {name: check", "metadata: [name: check")

    jobs, reading = collect(tmp_path, broken)

    assert jobs == []
    assert len(reading.notes) == 1
    assert (
        "ConfigMap ml/jobs .data.job.yaml holds an MPIJob that cannot be read" in reading.notes[0]
    )
