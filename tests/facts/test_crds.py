"""Which release wrote a CRD."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from packaging.version import Version

from mpiaudit.facts import crds

V05 = frozenset(
    {
        "launcherCreationPolicy",
        "mpiImplementation",
        "mpiReplicaSpecs",
        "runLauncherAsWorker",
        "runPolicy.activeDeadlineSeconds",
        "runPolicy.backoffLimit",
        "runPolicy.cleanPodPolicy",
        "runPolicy.schedulingPolicy.minAvailable",
        "runPolicy.schedulingPolicy.minResources",
        "runPolicy.schedulingPolicy.priorityClass",
        "runPolicy.schedulingPolicy.queue",
        "runPolicy.schedulingPolicy.scheduleTimeoutSeconds",
        "runPolicy.suspend",
        "runPolicy.ttlSecondsAfterFinished",
        "slotsPerWorker",
        "sshAuthMountPath",
    }
)
V06 = V05 | {"runPolicy.managedBy"}


@pytest.mark.parametrize(
    ("annotation", "properties", "releases"),
    [
        ("v0.14.0", V05, "0.5"),
        ("v0.16.4", V06, "0.6"),
        ("v0.20.1", V06, "0.8"),
        ("", V06, "0.6 to 0.8"),
        ("v0.99.0", V06, "0.6 to 0.8"),
    ],
)
def test_schema_and_annotation_tell_the_release(
    annotation: str, properties: frozenset[str], releases: str
) -> None:
    """No label says it; without an annotation a range is still worth knowing."""
    origin = crds.origin(["v2beta1"], annotation, properties)

    assert origin is not None
    assert origin.product == "mpi-operator"
    assert origin.releases == releases


def test_properties_that_tell_nothing_do_not_matter() -> None:
    """A caller may pass all of the schema, pod template and all."""
    deep = V06 | {"mpiReplicaSpecs.Launcher.template", "runPolicy"}

    origin = crds.origin(["v2beta1"], "v0.20.1", deep)

    assert origin is not None
    assert origin.oldest == Version("0.8.0")


@pytest.mark.parametrize(
    ("served", "annotation", "properties"),
    [
        (["v1", "v2beta1"], "v0.20.1", V06),
        (["v2beta1"], "v0.11.1", V06),
        (["v2beta1"], "v0.16.5", V06),
        (["v2beta1"], "v0.20.1", V06 | {"mainContainer"}),
        (["v2beta1"], "v0.20.1", V06 - {"sshAuthMountPath"}),
        ([], "", frozenset()),
    ],
)
def test_a_merged_or_edited_crd_has_no_origin(
    served: list[str], annotation: str, properties: frozenset[str]
) -> None:
    """People rename v1 to v2beta1 by hand; to call that a release would hide what it prunes."""
    assert crds.origin(served, annotation, properties) is None


def test_a_release_is_known_by_its_properties() -> None:
    """A controller newer than its CRD loses fields in silence; this is what it expects."""
    old = crds.properties_of("mpi-operator", Version("0.5.0"))
    new = crds.properties_of("mpi-operator", Version("0.9.0"))

    assert old == V05
    assert new == V06
    assert "runPolicy.managedBy" not in crds.properties_of("training-operator", Version("1.8.1"))
    assert "runPolicy.managedBy" in crds.properties_of("training-operator", Version("1.9.2"))
    assert crds.properties_of("training-operator", Version("1.3.0")) == frozenset()


RECORDED = [
    ("healthy-v2beta1-only", "mpi-operator", "0.8"),
    ("healthy-v1-training-operator", "training-operator", "1.9"),
    ("dual-v1-controllers", "training-operator", "1.7"),
]


@pytest.mark.parametrize(("cluster", "product", "releases"), RECORDED)
def test_recorded_crds_are_recognized(
    reference: Path, cluster: str, product: str, releases: str
) -> None:
    """What an API server returns differs from the file that was applied: defaults, order."""
    listed = json.loads((reference / "clusters" / cluster / "crds.json").read_text("utf-8"))
    body = next(c for c in listed["items"] if c["metadata"]["name"] == "mpijobs.kubeflow.org")
    versions = [v for v in body["spec"]["versions"] if v["served"]]

    origin = crds.origin(
        [v["name"] for v in versions],
        body["metadata"]["annotations"]["controller-gen.kubebuilder.io/version"],
        frozenset[str]().union(*(_spec(v) for v in versions)),
    )

    assert origin is not None
    assert (origin.product, origin.releases) == (product, releases)


def _spec(version: dict[str, dict[str, dict[str, dict[str, dict[str, object]]]]]) -> set[str]:
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return set(_dotted(spec, ""))


def _dotted(schema: object, prefix: str) -> list[str]:
    properties = schema.get("properties", {}) if isinstance(schema, dict) else {}
    return [
        dotted
        for name, inner in properties.items()
        for dotted in (f"{prefix}{name}", *_dotted(inner, f"{prefix}{name}."))
    ]
