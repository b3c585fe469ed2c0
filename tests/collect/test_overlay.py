"""Manifests over a cluster are judged as if they had been applied to it."""

import json
from collections.abc import Iterable
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from collect.server import kubeconfig, serve
from collect.small import Body, cluster
from collect.test_recorded import recorded
from mpiaudit import engine
from mpiaudit.cli import _audit
from mpiaudit.collect import files
from mpiaudit.collect.live import Options
from mpiaudit.collect.overlay import lay
from mpiaudit.inventory.build import build
from mpiaudit.inventory.inventory import Inventory
from mpiaudit.model import Gap, Resource
from mpiaudit.reading import Reading
from mpiaudit.report import Coverage, Finding, Report
from mpiaudit.rule import Severity

RULES = engine.load_rules()

FIXED = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: training-operator
  namespace: kubeflow
spec:
  replicas: 1
  selector:
    matchLabels:
      control-plane: kubeflow-training-operator
  template:
    metadata:
      labels:
        control-plane: kubeflow-training-operator
    spec:
      serviceAccountName: training-operator
      containers:
        - name: training-operator
          image: docker.io/kubeflow/training-operator:v1.9.4
          command: [/manager]
          args:
            - --enable-scheme=tfjob
            - --enable-scheme=pytorchjob
            - --enable-scheme=xgboostjob
            - --enable-scheme=paddlejob
            - --enable-scheme=jaxjob
"""
"""The Deployment of training-operator 1.9.4 with the fix of MPA003 in it."""

PATCH = "a container has no image, as in a patch"
"""Why a note says that a controller is left as it is."""

OLD_JOB = """\
apiVersion: kubeflow.org/v1
kind: MPIJob
metadata:
  name: bert
spec:
  mpiReplicaSpecs:
    Launcher:
      replicas: 1
      template:
        spec:
          containers:
            - name: launcher
              image: bert:1
              command: [mpirun, hostname]
"""


def over(folder: Path, manifest: str, tmp_path: Path) -> Report:
    """Return the report on *manifest* over a recorded cluster, read at its own time."""
    path = tmp_path / "manifest.yaml"
    path.write_text(manifest)
    now = build(files.collect([str(folder)], None)).now
    assert now is not None
    with serve(recorded(folder)) as server:
        server.clock = format_datetime(now, usegmt=False)
        options = Options(kubeconfig(tmp_path / "config", server), request_timeout=5)
        return _audit.cluster(options, RULES, None, _audit.manifests([str(path)], RULES))


def rules_of(report: Report) -> set[str]:
    """Return the rules that found something, symptoms included."""
    found = (*report.findings, *(e for f in report.findings for e in f.explains))
    return {f.rule.id for f in found}


def by_rule(report: Report, rule: str) -> Finding:
    """Return the only finding of a rule."""
    (finding,) = [f for f in report.findings if f.rule.id == rule]
    return finding


def laid(manifests: Iterable[Body], objects: Iterable[Body]) -> tuple[Inventory, Reading]:
    """Return the inventory of *manifests* over the *objects* of a cluster, and its reading."""
    given = Reading(Resource(b, "a.yaml", i) for i, b in enumerate(manifests))
    there = Reading((Resource(b, "cluster:lab") for b in objects), taken="2026-11-24T05:00:00Z")
    reading = lay(given, there, "ml")
    return build(reading), reading


def crd(*names: str, stored: tuple[str, ...] = (), uid: str = "") -> Body:
    """Return the MPIJob CRD; the first version is served and the storage version."""
    body: Body = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "mpijobs.kubeflow.org"} | ({"uid": uid} if uid else {}),
        "spec": {
            "group": "kubeflow.org",
            "versions": [
                {"name": n, "served": n == names[0], "storage": n == names[0]} for n in names
            ],
        },
    }
    return body | ({"status": {"storedVersions": list(stored)}} if stored else {})


def operator(image: str | None = "mpioperator/mpi-operator:0.8.0", **metadata: str) -> Body:
    """Return a Deployment of mpi-operator."""
    container: dict[str, Any] = {"name": "mpi-operator", "image": image}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "mpi-operator", "namespace": "mpi-operator"} | metadata,
        "spec": {
            "selector": {"matchLabels": {"app": "mpi-operator"}},
            "template": {
                "metadata": {"labels": {"app": "mpi-operator"}},
                "spec": {"containers": [container]},
            },
        },
    }


def pod(restarts: int) -> Body:
    """Return a pod of mpi-operator that crashed *restarts* times."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "mpi-operator-1",
            "namespace": "mpi-operator",
            "uid": "uid-pod",
            "labels": {"app": "mpi-operator"},
        },
        "status": {"containerStatuses": [{"restartCount": restarts}]},
    }


def job(version: str, **metadata: object) -> Body:
    """Return an MPIJob."""
    return {
        "apiVersion": f"kubeflow.org/{version}",
        "kind": "MPIJob",
        "metadata": {"name": "pi"} | metadata,
        "spec": {"slotsPerWorker": 2},
    }


def test_the_fix_of_a_finding_silences_it(reference: Path, tmp_path: Path) -> None:
    """Before a fix is applied it can be seen that it works."""
    report = over(reference / "clusters" / "both-operators-v2-crd", FIXED, tmp_path)

    assert "MPA003" not in rules_of(report)
    assert report.grade is not None
    assert report.grade.letter in "AB"
    assert report.verdict.answer == (
        "mpi-operator 0.8.0 owns MPIJob here.",
        "training-operator 1.9.4 leaves MPIJob alone.",
    )
    assert report.coverage.source == f"{tmp_path}/manifest.yaml over lab"


def test_a_fault_of_a_manifest_is_shown_in_its_file(reference: Path, tmp_path: Path) -> None:
    """The cluster proves the fault, the file's line is where to mend it."""
    broken = FIXED.partition("          args:")[0]

    report = over(reference / "clusters" / "both-operators-v2-crd", broken, tmp_path)

    place = by_rule(report, "MPA003").hit.at
    assert (place.object.source, place.line) == (f"{tmp_path}/manifest.yaml", 18)
    assert by_rule(report, "MPA003").hit.also[0].object.source == "cluster:lab"


def test_a_job_of_a_version_that_is_not_served_is_high(reference: Path, tmp_path: Path) -> None:
    """A pipeline stops what ``kubectl apply`` would refuse on that very cluster."""
    report = over(reference / "clusters" / "healthy-v2beta1-only", OLD_JOB, tmp_path)

    finding = by_rule(report, "MPA080")
    assert finding.severity is Severity.HIGH
    assert finding.confidence.word == "certain"
    assert finding.hit.message == "written in kubeflow.org/v1; the CRD serves v2beta1"
    assert str(finding.hit.at.object) == "MPIJob default/bert"


def test_an_applied_object_stays_the_same_object() -> None:
    """What the API server alone knows survives: it is not taken for a manifest never applied."""
    old = job("v2beta1", namespace="ml", uid="uid-1", creationTimestamp="2026-11-24T04:00:00Z")
    status = {"conditions": [{"type": "Running", "status": "True"}]}

    inventory, _ = laid(
        [job("v2beta1") | {"spec": {"slotsPerWorker": 4}}], [old | {"status": status}]
    )

    (found,) = inventory.jobs
    assert found.uid == "uid-1"
    assert found.spec == {"slotsPerWorker": 4}
    assert list(found.conditions) == ["Running"]
    assert (found.ref.source, found.key) == ("a.yaml", "ml/pi")


def test_the_version_of_an_applied_job_is_the_manifests() -> None:
    """Who moves a job from v1 to v2beta1 no longer reads that it is written in v1."""
    writer = {"manager": "kubectl", "operation": "Update", "apiVersion": "kubeflow.org/v1"}
    old = job("v2beta1", namespace="ml", uid="uid-1", managedFields=[writer])

    inventory, _ = laid([job("v2beta1")], [crd("v2beta1", uid="uid-2"), old])

    assert [j.author_version for j in inventory.jobs] == ["v2beta1"]


def test_a_job_that_would_be_refused_leaves_the_one_in_force() -> None:
    """Both are judged: the manifest as one to apply, the job as it runs."""
    old = job("v2beta1", namespace="ml", uid="uid-1")

    inventory, _ = laid([job("v1")], [old, crd("v2beta1", uid="uid-2")])

    assert [(j.version, j.uid) for j in inventory.jobs] == [("v1", ""), ("v2beta1", "uid-1")]


def test_a_definition_that_drops_a_stored_version_is_not_in_force() -> None:
    """The API server refuses it, and the controllers meet the old one (MPA006)."""
    inventory, _ = laid([crd("v1")], [crd("v2beta1", stored=("v2beta1",), uid="uid-1")])

    assert inventory.crd is not None
    assert inventory.crd.served == ("v2beta1",)
    assert [(c.served, c.uid) for c in inventory.crds] == [(("v1",), ""), (("v2beta1",), "uid-1")]


def test_a_definition_that_keeps_every_stored_version_takes_over() -> None:
    """Its storage version joins those that objects may be stored in."""
    old = crd("v1", stored=("v1",), uid="uid-1")

    inventory, _ = laid([crd("v2beta1", "v1")], [old])

    assert inventory.crds == (inventory.crd,)
    assert inventory.crd is not None
    assert inventory.crd.served == ("v2beta1",)
    assert inventory.crd.stored == ("v1", "v2beta1")
    assert inventory.crd.installed


def test_pods_of_changed_settings_say_nothing_of_the_new_ones() -> None:
    """The crashes of the old flags are not held against the new."""
    there = [operator(uid="uid-1") | {"status": {"readyReplicas": 0}}, pod(restarts=9)]

    same, _ = laid([operator()], there)
    changed, _ = laid([operator("mpioperator/mpi-operator:0.7.0")], there)

    assert [(c.restarts, c.ready) for c in same.controllers] == [(9, 0)]
    assert [(c.restarts, c.ready) for c in changed.controllers] == [(0, None)]
    assert changed.controllers[0].uid == "uid-1"


def test_a_controller_without_an_image_is_no_manifest() -> None:
    """The cluster's stays in force, and a note says why."""
    inventory, reading = laid([operator(image=None)], [operator(uid="uid-1")])

    assert [c.ref.source for c in inventory.controllers] == ["cluster:lab"]
    assert reading.notes == [
        f"a.yaml: Deployment mpi-operator/mpi-operator is not applied: {PATCH}"
    ]


def test_a_controller_that_would_be_refused_stays_as_it_is() -> None:
    """What is judged is what the cluster would then hold, and the refusal is a finding."""
    labels = ('{"matchLabels": {"app": "mpi-operator"}}', '{"matchLabels": {"a": "b"}}')
    other = operator() | {"spec": operator()["spec"] | {"selector": {"matchLabels": {"a": "b"}}}}

    inventory, reading = laid([other], [operator(uid="uid-1")])

    assert [c.ref.source for c in inventory.controllers] == ["cluster:lab"]
    assert [(r.field, r.reason) for r in inventory.refusals] == [
        ("spec.selector", f"field is immutable; it is {labels[0]} and would be {labels[1]}")
    ]
    assert reading.notes == []


def test_the_last_of_two_manifests_counts() -> None:
    """As with ``kubectl apply -f folder/``, and it is said."""
    inventory, reading = laid(
        [operator("mpioperator/mpi-operator:0.6.0"), operator("mpioperator/mpi-operator:0.7.0")], []
    )

    assert [str(c.release) for c in inventory.controllers] == ["0.7.0"]
    assert reading.notes == [
        "a.yaml: Deployment mpi-operator/mpi-operator is given again; the last one counts"
    ]


def test_an_export_over_a_cluster_is_what_its_author_wrote() -> None:
    """Status and uid of another time, or of another cluster, are not believed."""
    exported = job("v2beta1", uid="uid-of-staging") | {"status": {"conditions": []}}

    inventory, reading = laid([exported], [])

    assert [(j.uid, j.has_status) for j in inventory.jobs] == [("", False)]
    (note,) = reading.notes
    assert note.startswith("MPIJobs that the cluster does not have yet: 1;")


def test_an_aggregated_role_keeps_what_was_gathered() -> None:
    """Its manifest has no rules of its own: the control plane fills them in."""
    role: Body = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "jobs"},
    }
    gathered = [{"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["get"]}]
    manifest = role | {"aggregationRule": {"clusterRoleSelectors": [{}]}, "rules": []}

    inventory, _ = laid([manifest], [role | {"rules": gathered}])

    assert [len(r.grants) for r in inventory.roles] == [1]


def test_gaps_of_the_cluster_stay() -> None:
    """Files do not prove what the cluster would not show."""
    there = Reading(iter(()), taken="2026-11-24T05:00:00Z", gaps={"Pod": Gap("may not list pods")})

    reading = lay(Reading(iter([Resource(pod(0), "a.yaml")])), there, "ml")

    assert build(reading).gaps["pods"] == Gap("may not list pods")


@pytest.mark.parametrize(("asked", "namespace"), [(None, "team-b"), ("team-a", "team-a")])
def test_what_names_no_namespace_goes_where_kubectl_puts_it(
    asked: str | None, namespace: str, tmp_path: Path
) -> None:
    """-n comes before the context's namespace."""
    (tmp_path / "job.yaml").write_text(OLD_JOB)
    with serve(cluster()) as server:
        config = Path(kubeconfig(tmp_path / "config", server))
        content = json.loads(config.read_text())
        content["contexts"][0]["context"]["namespace"] = "team-b"
        config.write_text(json.dumps(content))
        above = _audit.manifests([str(tmp_path / "job.yaml")], RULES)
        live = _audit.cluster(Options(str(config), namespace=asked), RULES, None, above)
        _audit.record(Options(str(config)), RULES, str(tmp_path / "lab"))

    later = _audit.recorded(str(tmp_path / "lab"), RULES, above, asked)

    for report in (live, later):
        assert str(by_rule(report, "MPA080").hit.at.object) == f"MPIJob {namespace}/bert"


def test_fields_that_would_get_lost_are_told_of_a_job_that_is_there() -> None:
    """A change to a running job is judged as its author wrote it, not as it was."""
    manifest = job("v2beta1")
    manifest["spec"] |= {"cleanPodPolicy": "Running", "slotsPerWorker": "2"}

    inventory, _ = laid([manifest], [job("v2beta1", uid="there")])
    report = engine.audit(inventory, RULES, Coverage("cluster:lab", live=True))

    assert {"MPA016", "MPA213"} <= {f.rule.id for f in report.findings}
