"""What the API server would say to a manifest is found by what it already has."""

from collections.abc import Callable
from typing import Any

from mpiaudit import engine
from mpiaudit.collect import answer
from mpiaudit.collect.annotation import annotated
from mpiaudit.collect.immutable import breaches
from mpiaudit.collect.overlay import lay
from mpiaudit.collect.ownership import claims
from mpiaudit.inventory.build import build
from mpiaudit.inventory.inventory import Inventory
from mpiaudit.model import Resource
from mpiaudit.reading import Reading
from mpiaudit.report import Coverage

Body = dict[str, Any]
Closer = Callable[[Resource], Resource | None]

IMAGE: Body = {
    "f:spec": {
        "f:template": {
            "f:spec": {"f:containers": {'k:{"name":"mpi-operator"}': {".": {}, "f:image": {}}}}
        }
    }
}
"""The fieldsV1 of who owns the controller's image."""


def operator(image: str, label: str = "mpi-operator", **metadata: object) -> Body:
    """Return a Deployment of mpi-operator."""
    labels = {"app": label}
    container = {"name": "mpi-operator", "image": f"mpioperator/mpi-operator:{image}"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "mpi-operator", "namespace": "mpi-operator"} | metadata,
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def launcher(image: str | None) -> Body:
    """Return the launcher's Job; without a template, as lists are read, where *image* is None."""
    containers = [{"name": "launcher", "image": image}]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "pi-launcher", "namespace": "ml"},
        "spec": {"template": {"spec": {"containers": containers}}} if image else {},
    }


def definition(version: str) -> Body:
    """Return the MPIJob CRD with one version."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "mpijobs.kubeflow.org"},
        "spec": {
            "group": "kubeflow.org",
            "versions": [{"name": version, "served": True, "storage": True}],
        },
    }


def owner(manager: str, operation: str = "Update") -> Body:
    """Return the managedFields of who owns the controller's image."""
    entry = {"manager": manager, "operation": operation, "apiVersion": "apps/v1"}
    return {"managedFields": [entry | {"fieldsV1": IMAGE}]}


def laid(
    manifest: Body, there: list[Body], closer: Closer | None = None
) -> tuple[Inventory, list[str]]:
    """Return the inventory of a manifest over the objects of a cluster, and what is noted."""
    given = Reading(iter([Resource(manifest, "a.yaml")]))
    cluster = Reading((Resource(b, "cluster:lab") for b in there), taken="2026-11-24T05:00:00Z")
    cluster.closer = closer
    reading = lay(given, cluster, "ml")
    return build(reading), reading.notes


def test_what_a_list_leaves_out_is_read_once_more() -> None:
    """A Job's template is not worth reading for a whole cluster, and is for one manifest."""
    whole = Resource(launcher("pi:1"), "cluster:lab")

    blind, _ = laid(launcher("pi:2"), [launcher(None)])
    seen, _ = laid(launcher("pi:2"), [launcher(None)], lambda _: whole)

    assert blind.refusals == ()
    assert [(r.field, r.at.dotted) for r in seen.refusals] == [
        ("spec.template", ".spec.template.spec.containers[0].image")
    ]


def test_an_object_that_cannot_be_read_once_more_is_judged_by_its_list() -> None:
    """Who may list and not get still learns what the list tells."""
    inventory, _ = laid(operator("0.8.0", "other"), [operator("0.8.0")], lambda _: None)

    assert [r.field for r in inventory.refusals] == ["spec.selector"]


def test_the_owner_of_a_field_is_named() -> None:
    """A pipeline learns whom to ask, in kubectl's own words."""
    inventory, notes = laid(operator("0.8.0"), [operator("0.7.0", **owner("helm"))])

    (conflict,) = inventory.conflicts
    assert conflict.manager == '"helm" using apps/v1'
    assert conflict.fields == ('.spec.template.spec.containers[name="mpi-operator"].image',)
    assert conflict.at.dotted == ".spec.template.spec.containers[0].image"
    assert notes == []


def test_kubectl_is_in_no_conflict_with_itself() -> None:
    """Who applies server-side each time is warned of nothing."""
    there = operator("0.7.0", **owner("kubectl", "Apply"))

    assert list(claims(Resource(operator("0.8.0"), "a.yaml"), Resource(there, "cluster:lab"))) == []


def test_without_owners_conflicts_are_not_judged() -> None:
    """An export without managedFields proves nothing."""
    inventory, _ = laid(operator("0.8.0"), [operator("0.7.0")])

    assert "conflicts" in inventory.gaps
    assert "refusals" not in inventory.gaps


def test_without_manifests_nothing_is_judged() -> None:
    """A rule about manifests does not pass where there are none."""
    inventory = build(Reading(iter(()), taken="2026-11-24T05:00:00Z"))

    assert {"refusals", "conflicts", "outsized"} <= inventory.gaps.keys()


def test_a_manifest_beside_an_export_is_judged() -> None:
    """The export of a cluster and a release's manifests in one folder are enough."""
    reading = Reading(iter(()))
    bodies = [operator("0.8.0", uid="1"), operator("0.8.0", "other", namespace="")]
    given = [Resource(body, "a.yaml", i) for i, body in enumerate(bodies)]

    assert list(answer.beside(iter(given), reading)) == given

    assert reading.answers is not None
    (refusal,) = reading.answers.refusals
    assert (refusal.at.object.document, refusal.standing.object.document) == (1, 0)


def test_the_environment_is_not_shown() -> None:
    """A report goes to people who may not see what a variable holds."""
    old, new = launcher("pi:1"), launcher("pi:1")
    for body, value in ((old, "secret-1"), (new, "secret-2")):
        (container,) = body["spec"]["template"]["spec"]["containers"]
        container["env"] = [{"name": "TOKEN", "value": value}]

    inventory, _ = laid(new, [old])

    assert [r.reason for r in inventory.refusals] == ["field is immutable"]


def test_a_conflict_of_a_definition_that_is_refused_anyway_is_part_of_that() -> None:
    """Who forces the conflict meets the refusal next, so nobody is told to force it (MPA006)."""
    there = definition("v2beta1") | {"status": {"storedVersions": ["v2beta1"]}}
    entry = {"manager": "helm", "operation": "Update", "apiVersion": "apiextensions.k8s.io/v1"}
    there["metadata"] |= {
        "uid": "1",
        "managedFields": [entry | {"fieldsV1": {"f:spec": {"f:versions": {}}}}],
    }
    inventory, _ = laid(definition("v1"), [there])
    rules = [r for r in engine.load_rules() if r.id in {"MPA006", "MPA211"}]

    (finding,) = engine.audit(inventory, rules, Coverage("lab", live=True)).findings

    assert finding.rule.id == "MPA006"
    assert [f.hit.message for f in finding.explains] == [
        'conflict with "helm" using apiextensions.k8s.io/v1: .spec.versions'
    ]


def test_two_exports_of_one_name_stand_for_none() -> None:
    """A manifest without a namespace is not judged over an object that it may not be meant for."""
    reading = Reading(iter(()))
    bodies = [
        operator("0.8.0", uid="1"),
        operator("0.8.0", uid="2", namespace="other"),
        operator("0.8.0", "other", namespace=""),
    ]

    list(answer.beside((Resource(body, "a.yaml", i) for i, body in enumerate(bodies)), reading))

    assert reading.answers is None


def test_only_the_scheduling_of_a_job_that_waits_may_change() -> None:
    """Kueue moves a suspended launcher to another flavour, and nothing else of it."""
    there = launcher("pi:1")
    there["spec"]["suspend"] = True
    moved, other = launcher("pi:1"), launcher("pi:2")
    moved["spec"]["template"]["spec"]["nodeSelector"] = {"flavor": "spot"}

    fields = [
        [b.field for b in breaches(Resource(m, "a.yaml"), Resource(there, "cluster:lab"))]
        for m in (moved, other)
    ]

    assert fields == [[], ["spec.template"]]


def test_the_annotation_is_measured_as_kubectl_writes_it() -> None:
    """A byte more or less decides whether a CRD goes in."""
    body = {"apiVersion": "v1", "kind": "X", "metadata": {"name": "x"}, "spec": {"a": "<ä>"}}
    copy = (
        '{"apiVersion":"v1","kind":"X","metadata":{"name":"x","annotations":{}},'
        '"spec":{"a":"\\u003cä\\u003e"}}\n'
    )
    theirs = {"annotations": {"kept": "1"}}

    size = annotated(Resource(body, "a.yaml"), Resource({"metadata": theirs}, "cluster:lab"))

    key = "kubectl.kubernetes.io/last-applied-configuration"
    assert size == len(key) + len(copy.encode()) + len("kept") + len("1")
