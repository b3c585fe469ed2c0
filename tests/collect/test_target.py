"""A target stands for what its releases ship, and what the files hold counts more."""

from collections.abc import Iterable
from typing import Any

import pytest

from mpiaudit.collect import shipped, target
from mpiaudit.collect.applied import controller_in
from mpiaudit.inventory.build import build
from mpiaudit.inventory.crd import CRD_NAME
from mpiaudit.inventory.inventory import Inventory
from mpiaudit.model import AuditError, Resource
from mpiaudit.reading import Reading

Body = dict[str, Any]


def laid(texts: Iterable[str], *bodies: Body, prefix: bool = False) -> tuple[Inventory, Reading]:
    """Return the inventory of *bodies* for the targets *texts*, and its reading."""
    place = ("items", 0) if prefix else ()
    reading = Reading(Resource(b, "a.yaml", i, place) for i, b in enumerate(bodies))
    target.lay(reading, target.together(texts))
    return build(reading), reading


def controllers(inventory: Inventory) -> list[str]:
    """Return the controllers there are, with their versions."""
    return [c.title for c in inventory.controllers]


def definition(*served: str, uid: str = "") -> Body:
    """Return an MPIJob CRD without schemas."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": CRD_NAME} | ({"uid": uid} if uid else {}),
        "spec": {"versions": [{"name": n, "served": True, "storage": True} for n in served]},
    }


def deployment(image: str, *args: str) -> Body:
    """Return a Deployment of one container."""
    container = {"name": "main", "image": image, "args": [*args]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "here", "namespace": "mpi"},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("mpi-operator 0.8.0", "mpi-operator 0.8.0"),
        ("mpi-operator v0.8", "mpi-operator 0.8.2"),
        ("mpi-operator 0.8.0-rc.1", "mpi-operator 0.8.0rc1"),
        ("training-operator v1-855e096", "training-operator 1.7.0"),
        ("  training-operator   1.9  -v  2 ", "training-operator 1.9.4 -v 2"),
        ("mpi-operator 3.1", "mpi-operator 3.1.0"),
    ],
)
def test_what_a_target_is(text: str, named: str) -> None:
    """Versions are written as image tags are, a minor is its newest patch, newer is believed."""
    assert str(target.parse(text)) == named
    controller = controller_in(shipped.deployment(target.parse(text)))
    assert controller is not None
    assert controller.release == target.parse(text).version


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no snapshot, and no release of what rules look at: mpi-operator, training-operator"),
        ("slurm 0.17", "no snapshot, and no release of what rules look at: mpi-operator, "),
        ("mpi-operator", "it has no version; the newest known is mpi-operator 0.8.2"),
        ("mpi-operator latest", "latest is no version; the newest known is mpi-operator 0.8.2"),
        ("mpi-operator 0.8.1", "no such release is known; next to it are 0.8.0 and 0.8.2"),
        ("mpi-operator 0.2.3", "the oldest that is possible is mpi-operator 0.3.0"),
        ("training-operator 1.9 tfjob", "behind the version come flags of the controller"),
    ],
)
def test_what_a_target_is_not(text: str, said: str) -> None:
    """A release that never was would be judged as another one."""
    with pytest.raises(AuditError, match=f"^target {text!r}: {said}"):
        target.parse(text)


def test_one_release_of_each_product() -> None:
    """Two of one product would be one Deployment."""
    with pytest.raises(AuditError, match=r"mpi-operator 0.8.0 and mpi-operator 0.7.0; name one"):
        target.together(["mpi-operator 0.8.0", "trainer 2.0.0", "mpi-operator 0.7"])


def test_the_cluster_is_known_and_nothing_else() -> None:
    """The controllers and the CRD are all there are; of pods and Secrets nothing is known."""
    inventory, reading = laid(["mpi-operator 0.8.0"])

    assert controllers(inventory) == ["mpi-operator 0.8.0"]
    assert inventory.crd is not None
    assert inventory.crd.served == ("v2beta1",)
    assert inventory.listed == {"Deployment"}
    assert not {"crd", "crds", "controllers"} & inventory.gaps.keys()
    assert {"pods", "secrets", "roles", "bindings", "pod_groups"} <= inventory.gaps.keys()
    assert not any(gap.unreadable for gap in inventory.gaps.values())
    assert {c.ref.source for c in inventory.controllers} == {"cluster:target mpi-operator 0.8.0"}
    assert reading.notes == []


def test_fields_that_came_later_are_not_there() -> None:
    """The CRD of 0.5 drops managedBy, and has launcherCreationPolicy already."""
    inventory, reading = laid(["mpi-operator 0.5.0"])

    assert inventory.crd is not None
    (version,) = inventory.crd.versions
    assert "runPolicy.managedBy" not in version.properties
    assert {"launcherCreationPolicy", "runPolicy.suspend"} <= version.properties
    (note,) = reading.notes
    assert note == (
        "mpi-operator 0.5.0: fields of pod templates are held against those of "
        "mpi-operator 0.8.2, and its CRD may know fewer"
    )


def test_the_last_release_with_three_versions() -> None:
    """Its CRD leaves fields open, so that none is called unknown."""
    inventory, reading = laid(["mpi-operator 0.3.0"])

    assert inventory.crd is not None
    assert inventory.crd.served == ("v1", "v1alpha2", "v2beta1")
    assert inventory.crd.storage == "v2beta1"
    assert not any(version.schema for version in inventory.crd.versions)
    assert reading.notes == [
        "mpi-operator 0.3.0: its CRD leaves much open; no field of a job is held against it"
    ]


@pytest.mark.parametrize("text", ["trainer 2.1.0", "training-operator 1.3.0"])
def test_a_release_without_the_definition(text: str) -> None:
    """Where Trainer 2 alone runs there is no MPIJob, and that is known."""
    inventory, _ = laid([text])

    assert inventory.crd is None
    assert not {"crd", "crds"} & inventory.gaps.keys()
    assert "pod_groups" in inventory.gaps


def test_two_that_want_the_one_definition() -> None:
    """Whichever was installed first has its CRD in force, and the target does not say."""
    texts = ["training-operator 1.9.4", "mpi-operator 0.8.0"]
    inventory, reading = laid(texts)

    assert controllers(inventory) == ["training-operator 1.9.4", "mpi-operator 0.8.0"]
    assert inventory.crd is None
    assert not inventory.gaps["crd"].unreadable
    (note,) = reading.notes
    assert note == (
        "mpi-operator 0.8.0 and training-operator 1.9.4 ship a CRD of MPIJob each;"
        " add the one in force to PATHS"
    )
    settled, quiet = laid(texts, definition("v2beta1"))
    assert settled.crd is not None
    assert quiet.notes == []


@pytest.mark.parametrize(
    ("flags", "bodies"),
    [
        (" --enable-scheme=tfjob", []),
        ("", [deployment("kubeflow/training-operator:v1.9.4", "--enable-scheme=tfjob")]),
    ],
)
def test_the_definition_is_that_of_the_one_that_wants_it(flags: str, bodies: list[Body]) -> None:
    """A training-operator that leaves MPIJob alone, by flag or by file, leaves its CRD out."""
    inventory, _ = laid([f"training-operator 1.9.4{flags}", "mpi-operator 0.8.0"], *bodies)

    assert inventory.crd is not None
    assert inventory.crd.served == ("v2beta1",)
    assert sorted(c.mpi_enabled is True for c in inventory.controllers) == [False, True]


def test_what_the_files_hold_counts_more() -> None:
    """Whoever ships the operator with the jobs means that one."""
    image = "mpioperator/mpi-operator:0.7.0"
    inventory, reading = laid(
        ["mpi-operator 0.8.0"], deployment(image), definition("v1", "v2beta1")
    )

    assert controllers(inventory) == ["mpi-operator 0.7.0"]
    assert inventory.crd is not None
    assert inventory.crd.served == ("v1", "v2beta1")
    (note,) = reading.notes
    assert note.endswith(
        "nothing of it is added, for PATHS hold controllers and a CRD of their own"
    )


def test_a_patch_of_the_definition_is_none() -> None:
    """A kustomize patch adds an annotation and says nothing of versions."""
    inventory, _ = laid(["mpi-operator 0.8.0"], definition())

    assert inventory.crd is not None
    assert inventory.crd.served == ("v2beta1",)


def test_exports_of_a_cluster_have_no_target() -> None:
    """Their lists are whole: what is not in them is not there."""
    inventory, reading = laid(["mpi-operator 0.8.0"], definition("v1", uid="1"), prefix=True)

    assert controllers(inventory) == []
    assert inventory.crd is not None
    assert inventory.crd.served == ("v1",)
    assert reading.notes == [
        "mpi-operator 0.8.0: nothing of it is added, for PATHS hold exports of a cluster"
    ]
