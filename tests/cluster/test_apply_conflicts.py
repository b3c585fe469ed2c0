"""The conflicts of a server-side apply are those that a scan foretells, field by field."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cluster.client import Body, RefusedError
from cluster.cluster import Cluster, emptied, every
from cluster.jobs import mpijob, with_field, without_field
from cluster.releases import definition, shipped
from mpiaudit import engine
from mpiaudit.cli import _audit
from mpiaudit.collect.live import Options
from mpiaudit.collect.ownership import claims
from mpiaudit.model import FieldPath, Resource, dig

Conflicts = set[tuple[str, str]]
"""Who owns a field, and which, as kubectl prints both."""

PATHS = {
    "CustomResourceDefinition": "apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "ClusterRole": "apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "Deployment": "apis/apps/v1/namespaces/{}/deployments",
    "Service": "api/v1/namespaces/{}/services",
    "MPIJob": "apis/kubeflow.org/v2beta1/namespaces/{}/mpijobs",
}
APPLY = "application/apply-patch+yaml"
ODD: tuple[Any, ...] = ("x", {"a": "b"}, {}, [])


@pytest.fixture(scope="module", params=["helm", "kubectl-client-side-apply"])
def owner(request: pytest.FixtureRequest, running: Cluster) -> Iterator[str]:
    """Return who made the objects of the cluster: another manager, or a client-side apply."""
    name = str(request.param)
    cluster = emptied(running)
    for space in ("kubeflow", "team-a"):
        cluster.namespace(space)
    bodies = list(objects())
    for body in bodies:
        if name == "helm":
            cluster.admin.create(f"{path(body, named=False)}?fieldManager=helm", body)
        else:
            cluster.kubectl("apply", "-f", "-", stdin=json.dumps(body))
        if body["kind"] == "CustomResourceDefinition":
            cluster.served(body["metadata"]["name"])
    cluster.kubectl("-n", "kubeflow", "scale", "deployment", "training-operator", "--replicas=3")
    cluster.kubectl("-n", "kubeflow", "set", "env", "deployment/training-operator", "BY_HAND=1")
    yield name
    emptied(running)


def objects() -> Iterator[Body]:
    """Yield a small definition, what releases ship, its roles cut short, and an MPIJob."""
    yield small(definition("mpi-operator-0.4.0"))
    yield definition("mpi-operator-0.4.0")
    kinds = ("Deployment", "Service", "ClusterRole", "ClusterRoleBinding")
    for kind in kinds:
        body = next(d for d in shipped("training-operator-1.9.0") if d["kind"] == kind)
        yield {**body, "rules": body["rules"][:4]} if kind == "ClusterRole" else body
    yield mpijob("pi", "team-a")


def small(crd: Body) -> Body:
    """Return *crd* under other names, with next to no schema: it is sent a thousand times."""
    spec = crd["spec"]
    versions = [{**v, "schema": {"openAPIV3Schema": {"type": "object"}}} for v in spec["versions"]]
    names = {"plural": "toys", "singular": "toy", "kind": "Toy", "listKind": "ToyList"}
    metadata = {**crd["metadata"], "name": "toys.kubeflow.org"}
    return {**crd, "metadata": metadata, "spec": {**spec, "names": names, "versions": versions}}


def path(body: Body, *, named: bool = True) -> str:
    """Return where the API server has *body*, or its list."""
    metadata = body["metadata"]
    root = PATHS[body["kind"]].format(metadata.get("namespace"))
    return f"/{root}/{metadata['name']}" if named else f"/{root}"


def answered(cluster: Cluster, body: Body) -> Conflicts | None:
    """Return the conflicts of a server-side apply by kubectl; None where it is refused."""
    query = "?fieldManager=kubectl&dryRun=All&fieldValidation=Ignore"
    try:
        cluster.admin.send("PATCH", path(body) + query, body, APPLY)
    except RefusedError as error:
        return listed(str(error)) if error.status == 409 else None
    return set()


def listed(answer: str) -> Conflicts:
    """Return the conflicts that the API server's answer lists."""
    found: Conflicts = set()
    owner = ""
    for line in answer.splitlines():
        if match := re.search(r"conflicts? with (.+?):( \.\S.*)?$", line):
            owner = match[1]
            found |= {(owner, match[2].strip())} if match[2] else set()
        elif line.startswith("- "):
            found.add((owner, line[2:].strip()))
    return found


def foretold(body: Body, live: Body) -> Conflicts:
    """Return the conflicts that are foretold."""
    found = claims(Resource(body, "a.yaml"), Resource(live, "cluster:lab"))
    return {(claim.manager, field) for claim in found for field in claim.fields}


@pytest.mark.parametrize("kind", PATHS)
def test_any_field_changed(running: Cluster, owner: str, kind: str) -> None:
    """Of some thousand manifests with one change each, the same conflict in the same field."""
    manifest = next(o for o in objects() if o["kind"] == kind)
    live = running.admin.get(path(manifest))
    differ = []
    conflicting: Conflicts = set()
    for edited in edits(manifest):
        answer = answered(running, edited)
        if answer is not None:
            conflicting |= answer
            if answer != foretold(edited, live):
                differ.append((answer, foretold(edited, live)))

    assert differ == []
    assert conflicting or owner != "helm"


def test_owner_named(running: Cluster, owner: str, tmp_path: Path) -> None:
    """The report names the owner and the fields as kubectl will."""
    manifest = next(o for o in objects() if o["kind"] == "Deployment")
    container = manifest["spec"]["template"]["spec"]["containers"][0]
    container["image"] = "docker.io/kubeflow/training-operator:v1.9.4"
    manifest["spec"]["replicas"] = 2
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps(manifest))
    rules = engine.load_rules()
    options = Options(kubeconfig=str(running.plane.kubeconfig("admin")))

    report = _audit.cluster(options, rules, None, _audit.manifests([str(file)], rules))
    answer = running.kubectl("apply", "--server-side", "-f", str(file), check=False)

    said = {f.hit.message for f in every(report.findings) if f.rule.id == "MPA211"}
    inside = '.spec.template.spec.containers[name="training-operator"]'
    fields = (
        f'{inside}.env[name="MY_POD_NAME"].valueFrom.fieldRef',
        f'{inside}.env[name="MY_POD_NAMESPACE"].valueFrom.fieldRef',
    )
    owned = f"{', '.join(fields)} and {inside}.image" if owner == "helm" else " and ".join(fields)
    by_scale = 'conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas'
    assert said == {f'conflict with "{owner}" using apps/v1: {owned}', by_scale}
    assert {named for _, named in listed(answer)} == {
        ".spec.replicas",
        *fields,
        *([f"{inside}.image"] if owner == "helm" else []),
    }
    assert {who for who, _ in listed(answer)} == {
        f'"{owner}" using apps/v1',
        '"kubectl" with subresource "scale" using apps/v1',
    }


def test_snapshot(running: Cluster, owner: str, tmp_path: Path) -> None:
    """A snapshot keeps who owns the CRD's fields, and says that it does not know the others."""
    recording, file = tmp_path / "lab", tmp_path / "manifest.json"
    rules = engine.load_rules()
    options = Options(kubeconfig=str(running.plane.kubeconfig("admin")))
    _audit.record(options, rules, str(recording))
    deployment = next(o for o in objects() if o["kind"] == "Deployment")
    items = [definition("mpi-operator-0.6.0"), deployment]
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))

    report = _audit.recorded(str(recording), rules, _audit.manifests([str(file)], rules))

    said = {f.hit.message for f in every(report.findings) if f.rule.id == "MPA211"}
    prefix = 'conflict with "helm" using apiextensions.k8s.io/v1: '
    assert {m.removeprefix(prefix) for m in said} == (
        {".metadata.annotations.controller-gen.kubebuilder.io/version and .spec.versions"}
        if owner == "helm"
        else set()
    )
    assert any(
        note.startswith("objects in force whose fields' owners") for note in report.coverage.notes
    )


def edits(manifest: Body) -> Iterator[Body]:
    """Yield *manifest* with one field changed, or without it."""
    yield manifest
    for step in places(manifest):
        yield without_field(manifest, *step)
        for value in (*ODD, *varied(dig(manifest, *step))):
            yield with_field(manifest, value, *step)


def varied(value: Any) -> Iterator[Any]:  # noqa: ANN401 - any JSON
    """Yield values of the same type."""
    match value:
        case str():
            yield from (f"{value}x", value[:-1], value.swapcase())
        case bool():
            yield not value
        case int():
            yield value + 1
        case list():
            yield from (value[::-1], value[1:], [*value, *value[:1]])
        case dict():
            yield from ({**value, "zz": "1"}, {**value, "name": "other"})


def places(body: Any, at: FieldPath = ()) -> Iterator[FieldPath]:  # noqa: ANN401 - any JSON
    """Yield every path but those that make an object what it is, and the inside of schemas."""
    count = len(body) if isinstance(body, list) else 0
    for key in body if isinstance(body, dict) else range(count):
        inner = (*at, key)
        if inner in {("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")}:
            continue
        if len(inner) > 1 or key not in {"metadata", "spec"}:
            yield inner
        if key != "schema":
            yield from places(body[key], inner)
