"""MPIJobs in what other programs create them from, and what only looks like one."""

from pathlib import Path

import pytest

from mpiaudit import engine
from mpiaudit.collect import embedded, files
from mpiaudit.inventory.build import build
from mpiaudit.model import Location, Resource
from mpiaudit.reading import Reading
from mpiaudit.report import Coverage

MARK = "slotsPerWorker"
"""The field whose line is looked up; it stands once in each text."""

JOB = """\
apiVersion: kubeflow.org/v1
kind: MPIJob
metadata: {name: train}
spec:
  slotsPerWorker: 1
  mpiReplicaSpecs:
    Launcher:
      template: {spec: {containers: [{name: a, image: mpi, command: [mpirun, app]}]}}
"""

REFERENCE = "apiVersion: kubeflow.org/v1\nkind: MPIJob\nname: train\nslotsPerWorker: 1\n"
"""What names a job without being one."""


def indented(text: str, columns: int) -> str:
    """Return *text* with each line moved to the right."""
    return "".join(f"{' ' * columns}{line}\n" for line in text.splitlines())


def read(tmp_path: Path, text: str) -> tuple[list[Resource], Reading]:
    """Return the MPIJobs that are read from *text*, and the reading."""
    path = tmp_path / "carrier.yaml"
    path.write_text(text)
    reading = files.collect([str(path)], frozenset({"MPIJob"}))
    return [r for r in reading.resources if r.kind == "MPIJob"], reading


def line(job: Resource) -> int:
    """Return the line of the marked field."""
    place = Location(job.reference, ("spec", MARK))
    return files.place([place])[place].line


def line_of_mark(text: str) -> int:
    """Return the line on which the marked field stands in *text*."""
    return next(n for n, one in enumerate(text.splitlines(), 1) if one.strip().startswith(MARK))


def carrier(kind: str, version: str, spec: str) -> str:
    """Return an object with this spec, in the namespace ml."""
    head = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: outer, namespace: ml}}\n"
    return f"{head}spec:\n{spec}"


def wrapped(columns: int) -> str:
    """Return the job as a literal block of that indentation."""
    return indented(JOB, columns)


RESOURCE = "resource:\n{0}  action: create\n{0}  manifest: |\n"
WORKFLOW = "argoproj.io/v1alpha1"

CREATED = {
    "AppWrapper of Kueue": carrier(
        "AppWrapper",
        "workload.codeflare.dev/v1beta2",
        f"  components:\n  - template:\n{indented(JOB, 6)}",
    ),
    "AppWrapper of mcad": carrier(
        "AppWrapper",
        "workload.codeflare.dev/v1beta1",
        "  resources:\n    GenericItems:\n    - replicas: 1\n      generictemplate:\n"
        + indented(JOB, 8),
    ),
    "Workflow, inline": carrier(
        "Workflow",
        WORKFLOW,
        "  templates:\n  - name: main\n    dag:\n      tasks:\n      - name: a\n        inline:\n"
        + indented(RESOURCE.format(" " * 0), 10)
        + indented(JOB, 14),
    ),
    "Workflow, templateDefaults": carrier(
        "Workflow",
        WORKFLOW,
        "  templateDefaults:\n" + indented(RESOURCE.format(""), 4) + indented(JOB, 8),
    ),
    "Workflow, raw artifact": carrier(
        "Workflow",
        WORKFLOW,
        "  templates:\n  - resource:\n      action: create\n      manifestFrom:\n"
        f"        artifact:\n          name: m\n          raw:\n            data: |\n{wrapped(14)}",
    ),
    "Sensor with a job": carrier(
        "Sensor",
        WORKFLOW,
        "  triggers:\n  - template:\n      k8s:\n        operation: create\n        source:\n"
        f"          resource:\n{indented(JOB, 12)}",
    ),
    "Sensor with a Workflow": carrier(
        "Sensor",
        WORKFLOW,
        "  triggers:\n  - template:\n      argoWorkflow:\n        operation: submit\n"
        "        source:\n          resource:\n            apiVersion: argoproj.io/v1alpha1\n"
        "            kind: Workflow\n            metadata: {generateName: w-}\n            spec:\n"
        "              templates:\n              - resource:\n                  action: create\n"
        f"                  manifest: |\n{wrapped(20)}",
    ),
    "ConfigMap with a List": "apiVersion: v1\nkind: ConfigMap\n"
    "metadata: {name: outer, namespace: ml}\ndata:\n  all.yaml: |\n    apiVersion: v1\n"
    f"    kind: List\n    items:\n    -\n{wrapped(6)}",
    "ConfigMap with documents": "apiVersion: v1\nkind: ConfigMap\n"
    "metadata: {name: outer, namespace: ml}\ndata:\n  all.yaml: |2\n\n    # first\n"
    f"    kind: Other\n    ---\n{wrapped(4)}",
    "ConfigMap with an AppWrapper": "apiVersion: v1\nkind: ConfigMap\n"
    "metadata: {name: outer, namespace: ml}\ndata:\n  all.yaml: |-\n"
    "    apiVersion: workload.codeflare.dev/v1beta2\n    kind: AppWrapper\n"
    f"    metadata: {{name: inner}}\n    spec:\n      components:\n      - template:\n"
    f"{wrapped(10)}",
    "nobody's kind": carrier(
        "ManifestWork",
        "work.open-cluster-management.io/v1",
        f"  workload:\n    manifests:\n    -\n{indented(JOB, 6)}",
    ),
}


@pytest.mark.parametrize("text", CREATED.values(), ids=CREATED)
def test_job_is_found_where_it_is_written(tmp_path: Path, text: str) -> None:
    """What will be created is judged before, and the finding leads to the line to edit."""
    (job,), reading = read(tmp_path, text)

    assert job.reference.key == "ml/train"
    assert line(job) == line_of_mark(text)
    assert reading.notes == []
    assert reading.faults == []


def test_list_of_carriers_has_lines(tmp_path: Path) -> None:
    """An export holds many objects in one document."""
    listed = CREATED["ConfigMap with documents"].replace("ConfigMap", "ConfigMap", 1)
    item = "- " + indented(listed, 2)[2:]
    text = f"apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Pod\n{item}kind: List\n"

    (job,), _ = read(tmp_path, text)

    assert line(job) == line_of_mark(text)


def test_columns_count_parameters(tmp_path: Path) -> None:
    """A parameter before a field on its line does not move the place of the field."""
    text = carrier(
        "Workflow",
        WORKFLOW,
        "  templates:\n  - resource:\n      action: create\n      manifest: |\n"
        "        apiVersion: kubeflow.org/v1\n        kind: MPIJob\n"
        '        metadata: {namespace: "{{=workflow.namespace}}", name: {{workflow.name}}-mpi}\n',
    )

    (job,), _ = read(tmp_path, text)
    place = Location(job.reference, ("metadata", "name"))

    assert job.reference.key == "$(parameter)-mpi"
    assert files.place([place])[place].column == text.splitlines()[10].index(" name:") + 2


def test_json_text_leads_to_its_key(tmp_path: Path) -> None:
    """A quoted text has no lines of its own; parameters may stand for numbers in it."""
    text = carrier(
        "Workflow",
        WORKFLOW,
        "  templates:\n  - resource:\n      action: create\n      manifest: >-\n"
        '        {"apiVersion": "kubeflow.org/v1", "kind": "MPIJob",\n'
        '         "spec": {"slotsPerWorker": {{inputs.parameters.slots}}}}\n',
    )

    (job,), _ = read(tmp_path, text)

    assert job.get("spec", MARK) == "$(parameter)"
    assert line(job) == 8


PIPELINES = {
    "compiled pipeline": (
        (
            "components: {{}}\ndeploymentSpec:\n  executors:\n    exec-train:\n      container:\n"
            "        args:\n        - --manifest\n        - |\n{job}pipelineInfo: {{name: outer}}\n"
        ),
        10,
    ),
    "component": (
        (
            "name: outer\nimplementation:\n  container:\n    image: kubectl\n    args:\n"
            "    - --manifest\n    - |\n{job}"
        ),
        6,
    ),
}


@pytest.mark.parametrize(("text", "columns"), PIPELINES.values(), ids=PIPELINES)
def test_argument_of_a_pipeline_is_found(tmp_path: Path, text: str, columns: int) -> None:
    """Kubeflow Pipelines hand manifests to a container as text; their files have no kind."""
    text = text.format(job=wrapped(columns))

    (job,), _ = read(tmp_path, text)

    assert job.reference.name == "train"
    assert line(job) == line_of_mark(text)


@pytest.mark.parametrize(("text", "columns"), PIPELINES.values(), ids=PIPELINES)
def test_program_in_a_pipeline_is_no_job(tmp_path: Path, text: str, columns: int) -> None:
    """Python that builds a job, and a text that names one, are not judged."""
    program = 'job = {"apiVersion": "kubeflow.org/v1", "kind": "MPIJob"}\nprint(job)\n'

    for argument in (program, REFERENCE):
        jobs, reading = read(tmp_path, text.format(job=indented(argument, columns)))

        assert jobs == []
        assert reading.faults == []


OPENSHIFT = (
    "apiVersion: template.openshift.io/v1\nkind: Template\n"
    f"metadata: {{name: outer, namespace: ml}}\nobjects:\n-\n{indented(JOB, 2)}"
)


def test_template_of_openshift_does_not_tell_the_namespace(tmp_path: Path) -> None:
    """Its objects go where it is processed for; a namespace in it is taken away."""
    text = OPENSHIFT.replace("{name: train}", "{name: train, namespace: lab}")

    (job,), _ = read(tmp_path, text)

    assert job.reference.key == "train"
    assert line(job) == line_of_mark(text)


def test_template_of_openshift_holds_controllers(tmp_path: Path) -> None:
    """`oc process` makes all objects of a template, and they lie where they are written."""
    path = tmp_path / "template.yaml"
    path.write_text(
        "apiVersion: template.openshift.io/v1\nkind: Template\nmetadata: {name: t}\nobjects:\n"
        "- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: mpi-operator}\n"
    )

    (found,) = (
        r
        for r in files.collect([str(path)], frozenset({"MPIJob", "Deployment"})).resources
        if r.kind == "Deployment"
    )
    place = Location(found.reference, ("metadata", "name"))

    assert files.place([place])[place].line == 7


NO_JOBS = {
    "patched by Argo": CREATED["Workflow, templateDefaults"].replace("create", "patch"),
    "deleted by Argo": CREATED["Workflow, templateDefaults"].replace("create", "delete"),
    "looked up by a Sensor": CREATED["Sensor with a job"].replace(
        "operation: create", "liveObject: true"
    ),
    "base of a composition": carrier(
        "Composition",
        "apiextensions.crossplane.io/v1",
        f"  resources:\n  - base:\n{indented(JOB, 6)}",
    ),
    "patched by a Sensor": CREATED["Sensor with a job"].replace("create", "patch"),
    "expected by a test": carrier(
        "Test",
        "chainsaw.kyverno.io/v1alpha1",
        f"  steps:\n  - try:\n    - assert:\n        resource:\n{indented(JOB, 10)}",
    ),
    "named by nobody's kind": carrier(
        "BenchmarkOperator", "cpe.cogadvisor.io/v1", indented(REFERENCE, 2)
    ),
    "example of a catalogue": "apiVersion: operators.coreos.com/v1alpha1\n"
    "kind: ClusterServiceVersion\nmetadata:\n  name: o\n  annotations:\n    alm-examples: |\n"
    f"{indented(JOB, 6)}spec:\n  examples:\n  -\n{indented(JOB, 4)}",
    "last applied": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  annotations:\n"
    f"    kubectl.kubernetes.io/last-applied-configuration: |\n{indented(JOB, 6)}",
    "annotation of a template": carrier(
        "Workflow",
        WORKFLOW,
        f"  templates:\n  - metadata:\n      annotations:\n        a: |\n{indented(JOB, 10)}",
    ),
    "status of a Workflow": f"apiVersion: {WORKFLOW}\nkind: Workflow\nmetadata: {{name: w}}\n"
    f"status:\n  storedTemplates:\n    a:\n      resource:\n        manifest: |\n"
    f"{indented(JOB, 10)}",
    "example in a CRD": "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
    f"metadata: {{name: a}}\nspec:\n  example:\n{indented(JOB, 4)}",
    "copy that exists": carrier("Snapshot", "a.example/v1", f"  job:\n{indented(JOB, 4)}").replace(
        "{name: train}", "{name: train, uid: 1-2-3}"
    ),
    "runtime of Trainer 2": carrier(
        "ClusterTrainingRuntime",
        "trainer.kubeflow.org/v1alpha1",
        "  mlPolicy: {mpi: {mpiImplementation: OpenMPI}}\n  slotsPerWorker: 1 # no MPIJob\n",
    ),
    "patch of a kustomization": "apiVersion: kustomize.config.k8s.io/v1beta1\n"
    f"kind: Kustomization\npatches:\n- patch: |\n{indented(JOB, 4)}",
}


@pytest.mark.parametrize("text", NO_JOBS.values(), ids=NO_JOBS)
def test_what_creates_no_job_holds_none(tmp_path: Path, text: str) -> None:
    """Patterns, copies, examples and expectations are not judged as jobs."""
    jobs, reading = read(tmp_path, text)

    assert jobs == []
    assert reading.faults == []
    assert reading.notes == []


POLICIES = {
    "Kyverno": (
        "ClusterPolicy",
        "kyverno.io/v1",
        (
            "  rules:\n  - match: {any: [{resources: {kinds: [MPIJob]}}]}\n    validate:\n"
            f"      pattern:\n{indented(JOB, 8)}"
        ),
    ),
    "Gatekeeper": (
        "K8sRequiredLabels",
        "constraints.gatekeeper.sh/v1beta1",
        "  match:\n    kinds:\n    - {apiGroups: [kubeflow.org], kinds: [MPIJob]}\n",
    ),
    "Kubernetes": (
        "ValidatingAdmissionPolicy",
        "admissionregistration.k8s.io/v1",
        "  validations:\n  - expression: object.kind != 'MPIJob'\n",
    ),
}


@pytest.mark.parametrize("parts", POLICIES.values(), ids=POLICIES)
def test_policy_is_no_job_and_is_said(tmp_path: Path, parts: tuple[str, str, str]) -> None:
    """A policy may refuse or change every job; that is not judged, and not kept quiet."""
    jobs, reading = read(tmp_path, carrier(*parts))

    assert jobs == []
    assert reading.notes == [
        (
            f"{tmp_path}/carrier.yaml: {parts[0]} ml/outer names MPIJob;"
            " what a policy changes or refuses is not judged"
        )
    ]


def test_text_in_an_unknown_kind_is_said(tmp_path: Path) -> None:
    """Nobody knows what becomes of it: it is neither judged nor passed over."""
    text = carrier("Recipe", "a.example/v1", f"  text: |\n{indented(JOB, 4)}")

    jobs, reading = read(tmp_path, text)

    assert jobs == []
    assert reading.notes == [
        (
            f"{tmp_path}/carrier.yaml: Recipe ml/outer .spec.text spells an MPIJob"
            " that is not judged: it is not known what becomes of a text in a Recipe"
        )
    ]


def test_unknown_kind_without_a_job_is_not_read(tmp_path: Path) -> None:
    """What cannot matter is not parsed, so a fault in it is not ours."""
    broken = "---\napiVersion: a.example/v1\nkind: Recipe\nspec: [\n"

    jobs, reading = read(tmp_path, f"{JOB}{broken}")

    assert len(jobs) == 1
    assert reading.faults == []


TRIAL = """\
apiVersion: kubeflow.org/v2beta1
kind: MPIJob
metadata: {namespace: elsewhere}
spec:
  slotsPerWorker: ${trialParameters.slots}
  runPolicy: {backoffLimit: "${trialParameters.retries}", cleanPodPolicy: Running}
  mpiReplicaSpecs:
    Launcher:
      template:
        spec:
          containers:
          - {name: a, image: "mpi:1", command: [mpirun, -np, "${trialParameters.np}", app]}
    Worker:
      replicas: ${trialParameters.workers}
      template:
        spec:
          hostNetwork: ${trialParameters.host}
          containers:
          - name: a
            image: mpi:1
            ports: [{containerPort: "${trialParameters.port}"}]
            resources: {limits: {cpu: "${trialParameters.cpu}"}}
"""


@pytest.mark.parametrize("written", ["trialSpec", "ConfigMap"])
def test_parameters_of_a_trial_have_every_type(tmp_path: Path, written: str) -> None:
    """Katib puts numbers in before it creates the job: no rule may call the text a wrong type."""
    path = tmp_path / "trial.yaml"
    if written == "trialSpec":
        spec = f"  trialTemplate:\n    trialSpec:\n{indented(TRIAL, 6)}"
        path.write_text(carrier("Experiment", "kubeflow.org/v1beta1", spec))
    else:
        head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: outer, namespace: kubeflow}\n"
        path.write_text(f"{head}data:\n  mpi.yaml: |\n{indented(TRIAL, 4)}")

    inventory = build(files.collect([str(path)], None))
    report = engine.audit(inventory, engine.load_rules(), Coverage("trial", live=False))

    (job,) = inventory.jobs
    assert line_of_mark(path.read_text()) == files.place([at := job.at("spec", MARK)])[at].line
    assert [(f.rule.id, f.hit.message) for f in report.findings] == []


def test_trial_of_a_config_map_is_made_elsewhere(tmp_path: Path) -> None:
    """Katib makes trials in the Experiment's namespace, which the template does not tell."""
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: outer, namespace: kubeflow}\n"

    (job,), _ = read(tmp_path, f"{head}data:\n  mpi.yaml: |\n{indented(TRIAL, 4)}")

    assert job.reference.key == "outer-*"


PATCH = "apiVersion: kubeflow.org/v2beta1\nkind: MPIJob\nspec: {runPolicy: {}}"


@pytest.mark.parametrize("text", ["kind: MPIJob\nimage: a:1", PATCH])
def test_what_is_no_whole_job_in_a_config_map_is_only_noted(text: str) -> None:
    """A line of somebody's settings, or a patch, is not a job without a launcher."""
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"b": text}}

    found = list(embedded.held(Resource(body, "a.yaml")))

    assert found == ["ConfigMap a .data.b holds no whole MPIJob; it is not judged"]
