"""Controllers are recognized, and what they were told to do is understood."""

from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from mpiaudit.collect import files
from mpiaudit.inventory.build import build
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.inventory import Inventory
from mpiaudit.inventory.workload import Pod
from mpiaudit.model import Resource

MPI_IMAGE = "mpioperator/mpi-operator:0.8.0"
TRAINING_IMAGE = "ghcr.io/kubeflow/training-v1/training-operator:v1-93c5489"


def deployment(
    image: str,
    *,
    name: str = "controller",
    container: str = "main",
    labels: dict[str, str] | None = None,
    spec: dict[str, Any] | None = None,
    **fields: Any,  # noqa: ANN401 - any field of a container
) -> Resource:
    """Return a Deployment in ``kubeflow`` with one container."""
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "kubeflow"},
        "spec": {
            **(spec or {}),
            "template": {
                "metadata": {"labels": labels or {}},
                "spec": {"containers": [{"name": container, "image": image, **fields}]},
            },
        },
    }
    return Resource(body, "operator.yaml")


def parsed(image: str = MPI_IMAGE, **fields: Any) -> Controller:  # noqa: ANN401 - see above
    """Return the controller of such a Deployment, which must be one."""
    controller = Controller.parse(deployment(image, **fields))
    assert controller is not None
    return controller


@pytest.mark.parametrize(
    ("image", "product", "release"),
    [
        ("mpioperator/mpi-operator:0.8.0", "mpi-operator", "0.8.0"),
        ("docker.io/mpioperator/mpi-operator:v0.3.0", "mpi-operator", "0.3.0"),
        ("index.docker.io/mpioperator/mpi-operator:0.6", "mpi-operator", "0.6.0"),
        ("mpioperator/mpi-operator:release-0.7", "mpi-operator", "0.7.0"),
        ("localhost:5000/mirror/mpioperator/mpi-operator:0.4.0", "mpi-operator", "0.4.0"),
        ("mpioperator/mpi-operator", "mpi-operator", None),
        ("mpioperator/mpi-operator@sha256:" + "0" * 64, "mpi-operator", None),
        (TRAINING_IMAGE, "training-operator", "1.9.4"),
        ("kubeflow/training-operator:v1-855e096", "training-operator", "1.7.0"),
        ("kubeflow/training-operator:v1-1234567", "training-operator", None),
        ("ghcr.io/kubeflow/trainer/trainer-controller-manager:v2.1.0", "trainer", "2.1.0"),
        ("kubeflow/training-operator-v2:latest", "trainer", None),
    ],
)
def test_an_image_of_its_own_name_proves_the_product(
    image: str, product: str, release: str | None
) -> None:
    """Names and labels are often changed, the image's last part seldom."""
    controller = parsed(image)

    assert controller.product == product
    assert controller.release == (Version(release) if release else None)


@pytest.mark.parametrize(
    ("image", "fields", "product"),
    [
        (
            "registry.redhat.io/rhoai/odh-training-operator-rhel9@sha256:" + "0" * 64,
            {
                "name": "kubeflow-training-operator",
                "container": "training-operator",
                "labels": {"control-plane": "kubeflow-training-operator"},
            },
            "training-operator",
        ),
        (
            "registry.example.com/platform/controller:17",
            {"container": "mpi-operator", "labels": {"app": "mpi-operator"}},
            "mpi-operator",
        ),
        ("registry.example.com/hpc:1", {"command": ["/opt/mpi-operator.v1"]}, "mpi-operator"),
        ("", {"name": "training-operator", "container": "training-operator"}, "training-operator"),
    ],
)
def test_weak_signs_add_up(image: str, fields: dict[str, Any], product: str) -> None:
    """A vendor renames the image, and a kustomize patch has none; it is the same controller."""
    assert parsed(image, **fields).product == product


@pytest.mark.parametrize(
    ("image", "fields"),
    [
        ("nginx:1.27", {"labels": {"app": "mpi-operator"}}),
        ("nginx:1.27", {"name": "mpi-operator"}),
        ("registry.example.com/mpi-operator-exporter:1", {"labels": {"app": "mpi-operator"}}),
        ("kubeflow/pytorch-operator:latest", {"name": "pytorch-operator"}),
        ("mpioperator/kubectl-delivery:latest", {}),
        ("gcr.io/kubebuilder/manager:v1", {"command": ["/manager"]}),
    ],
)
def test_one_weak_sign_is_not_enough(image: str, fields: dict[str, Any]) -> None:
    """A finding about a program that is no controller would be a false alarm."""
    assert Controller.parse(deployment(image, **fields)) is None


def test_a_sidecar_does_not_hide_it() -> None:
    """Meshes and charms put a container of their own first."""
    body = dict(deployment(MPI_IMAGE).body)
    own = body["spec"]["template"]["spec"]["containers"]
    own.insert(0, {"name": "istio-proxy", "image": "istio/proxyv2:1.24"})

    controller = Controller.parse(Resource(body, "operator.yaml"))

    assert controller is not None
    assert controller.container == 1
    assert controller.in_container("image").dotted == ".spec.template.spec.containers[1].image"


@pytest.mark.parametrize(
    ("image", "fields", "reads"),
    [
        ("mpioperator/mpi-operator:0.8.0", {}, "v2beta1"),
        ("mpioperator/mpi-operator:latest", {}, "v2beta1"),
        ("mpioperator/mpi-operator:0.3.0", {}, "v2beta1"),
        ("mpioperator/mpi-operator:0.3.0", {"command": ["/opt/mpi-operator.v1"]}, "v1"),
        ("mpioperator/mpi-operator:0.3.0", {"command": ["/opt/mpi-operator.v1alpha2"]}, "v1alpha2"),
        ("mpioperator/mpi-operator:0.1.0", {}, "v1alpha1"),
        ("mpioperator/mpi-operator:latest", {"command": ["/opt/mpi-operator.v1"]}, "v1"),
        ("mpioperator/mpi-operator:0.8.0", {"command": ["/opt/mpi-operator.v1"]}, ""),
        ("mpioperator/mpi-operator:latest", {"args": ["--gpus-per-node", "8"]}, "v1alpha1"),
        ("mpioperator/mpi-operator:latest", {"args": ["--kubectl-delivery-image=x"]}, None),
        (TRAINING_IMAGE, {}, "v1"),
        ("kubeflow/training-operator:760ac1171dd30039a7363ffa03c77454bd714da5", {}, ""),
        ("ghcr.io/kubeflow/trainer/trainer-controller-manager:v2.1.0", {}, ""),
    ],
)
def test_which_mpijobs_it_reads(image: str, fields: dict[str, Any], reads: str | None) -> None:
    """Every conflict between controllers turns on this; a wrong version is a false alarm."""
    assert parsed(image, **fields).reads == reads


def test_the_command_line_comes_from_command_args_and_environment() -> None:
    """Kubernetes expands variables before the program sees them."""
    controller = parsed(
        command=["/opt/mpi-operator", "-v=4"],
        args=["--lock-namespace", "$(LOCKS)"],
        env=[{"name": "LOCKS", "value": "kubeflow"}],
    )

    assert controller.argv == ("/opt/mpi-operator", "-v=4", "--lock-namespace", "kubeflow")
    assert controller.value("lock-namespace") == "kubeflow"
    assert controller.value("namespace") is None


def test_a_shell_around_the_program_is_looked_through_where_it_only_runs_it() -> None:
    """What a script makes of its variables is not known."""
    plain = parsed(command=["sh", "-c", "exec /opt/mpi-operator --namespace=team-a"])
    scripted = parsed(command=["sh", "-c", "exec /opt/mpi-operator --namespace=$SCOPE"])

    assert plain.watches == "team-a"
    assert scripted.flags is None
    assert scripted.watches is None


@pytest.mark.parametrize(
    "fields",
    [
        {"command": ["/charm/bin/pebble", "run", "--verbose"]},
        {"args": ["$(EXTRA_ARGUMENTS)", "--enable-scheme=tfjob"]},
        {"args": ["{{ .Values.arguments }}"]},
    ],
)
def test_flags_behind_a_wrapper_or_a_placeholder_are_unknown(fields: dict[str, Any]) -> None:
    """Its kinds are then unknown too, which is not the same as every kind."""
    controller = parsed(TRAINING_IMAGE, **fields)

    assert controller.flags is None
    assert controller.mpi_enabled is None


@pytest.mark.parametrize(
    ("args", "enabled"),
    [
        ([], True),
        (["--enable-scheme=MPIJob"], True),
        (["--enable-scheme=tfjob", "--enable-scheme", "pytorchjob"], False),
        (["-enable-scheme=tfjob", "-enable-scheme=mpijob"], True),
        (["--leader-elect", "true", "--enable-scheme=tfjob"], True),
        (["--enable-scheme=$(KIND)"], None),
        (["--enable-scheme=$(KIND)", "--enable-scheme=mpijob"], True),
    ],
)
def test_whether_mpijob_is_among_the_kinds(args: list[str], enabled: bool | None) -> None:  # noqa: FBT001
    """training-operator beside mpi-operator is healthy only where it is not."""
    assert parsed(TRAINING_IMAGE, args=args).mpi_enabled is enabled


def test_a_patch_without_arguments_says_nothing_about_kinds() -> None:
    """Its base may list them."""
    controller = parsed("", name="training-operator", container="training-operator")

    assert controller.mpi_enabled is None
    assert controller.watches is None


def variable(**entry: Any) -> dict[str, Any]:  # noqa: ANN401 - an entry of a container's env
    """Return the container field that sets the namespace to watch."""
    return {"env": [{"name": "KUBEFLOW_NAMESPACE", **entry}]}


@pytest.mark.parametrize(
    ("fields", "watches"),
    [
        ({}, ""),
        ({"args": ["--namespace=team-a"]}, "team-a"),
        ({"args": ["--namespace=team-a", "--namespace", "team-b"]}, "team-b"),
        (variable(value="team-a"), "team-a"),
        (variable(value="team-a") | {"args": ["--namespace="]}, ""),
        (variable(valueFrom={"fieldRef": {"fieldPath": "metadata.namespace"}}), "kubeflow"),
        (variable(valueFrom={"configMapKeyRef": {"name": "a", "key": "b"}}), None),
        ({"envFrom": [{"configMapRef": {"name": "settings"}}]}, None),
        ({"args": ["--namespace={{ .Release.Namespace }}"]}, None),
    ],
)
def test_which_namespaces_it_watches(fields: dict[str, Any], watches: str | None) -> None:
    """A job outside them is never looked at; an unknown scope must not be called a gap."""
    assert parsed(**fields).watches == watches


@pytest.mark.parametrize(
    ("image", "fields", "namespace"),
    [
        (MPI_IMAGE, {}, "mpi-operator"),
        (MPI_IMAGE, {"args": ["--lock-namespace=kubeflow"]}, "kubeflow"),
        (MPI_IMAGE, {"args": ["--lock-namespace", "$(lock-namespace)"]}, None),
        ("mpioperator/mpi-operator:0.3.0", {}, None),
        ("mpioperator/mpi-operator:latest", {"command": ["/opt/mpi-operator.v1"]}, None),
        (TRAINING_IMAGE, {}, None),
    ],
)
def test_where_the_lease_is(image: str, fields: dict[str, Any], namespace: str | None) -> None:
    """The default is not the operator's own namespace, which is how it comes to never lead."""
    assert parsed(image, **fields).lock_namespace == namespace


def test_places_point_at_the_words() -> None:
    """Whoever repairs a Deployment of forty arguments wants the line."""
    controller = parsed(
        TRAINING_IMAGE,
        command=["/manager", "--zap-devel"],
        args=["--enable-scheme=tfjob", "--leader-elect", "true", "--enable-scheme", "mxjob"],
    )

    assert controller.at_flag("zap-devel").path[-2:] == ("command", 1)
    assert controller.at_flag("enable-scheme").path[-2:] == ("args", 3)
    assert controller.at_flag("enable-scheme", 0).path[-2:] == ("args", 0)
    assert controller.at_flag("namespace") == controller.in_container()
    assert controller.at_word(4).path[-2:] == ("args", 2)
    assert parsed(args=["-v=4"]).at_word(1).path[-2:] == ("args", 0)


def test_a_scaled_down_controller_is_not_active() -> None:
    """It harms nobody until somebody scales it up."""
    assert parsed().active
    assert parsed().replicas == 1
    assert not parsed(spec={"replicas": 0}).active


def test_scopes_overlap_where_one_namespace_is_in_both() -> None:
    """Two controllers are a conflict only where both look at the same jobs."""
    everything, one = parsed(), parsed(args=["--namespace=team-a"])
    other, unknown = parsed(args=["--namespace=team-b"]), parsed(args=["--namespace=$(X)"])

    assert everything.overlaps(one)
    assert one.overlaps(one)
    assert not one.overlaps(other)
    assert not everything.overlaps(unknown)


def pod(labels: dict[str, str], restarts: int, code: int) -> Pod:
    """Return a pod of ``kubeflow`` that waits after its last exit."""
    ended = {"exitCode": code, "reason": "Error", "finishedAt": "2026-11-24T04:00:00Z"}
    status = {
        "ready": False,
        "restartCount": restarts,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": ended},
    }
    body = {
        "kind": "Pod",
        "metadata": {"name": f"pod-{restarts}", "namespace": "kubeflow", "labels": labels},
        "status": {"phase": "Running", "containerStatuses": [status]},
    }
    parsed_pod = Pod.parse(Resource(body, "pods.json"))
    assert parsed_pod is not None
    return parsed_pod


def test_restarts_come_from_its_own_pods() -> None:
    """The Deployment itself does not say that it crashes, nor how."""
    selector = {"selector": {"matchLabels": {"app": "mpi-operator"}}}
    own = pod({"app": "mpi-operator", "pod-template-hash": "5d7"}, 5, 1)
    foreign = pod({"app": "web"}, 90, 137)

    observed = parsed(spec=selector).observed([foreign, own])

    assert observed.restarts == 5
    assert observed.waiting == "CrashLoopBackOff"
    assert observed.last_exit is not None
    assert observed.last_exit.code == 1


def test_a_selector_that_was_not_given_matches_nothing() -> None:
    """An empty selector would claim every pod of the namespace."""
    assert parsed().observed([pod({"app": "web"}, 90, 137)]).restarts == 0


def recorded(reference: Path, cluster: str) -> Inventory:
    """Return what was recorded of a cluster."""
    return build(files.collect([str(reference / "clusters" / cluster)], None))


@pytest.mark.parametrize(
    ("cluster", "titles"),
    [
        ("both-operators-v2-crd", ["mpi-operator 0.8.0 v2beta1", "training-operator 1.9.4 v1"]),
        ("coexistence-done-right", ["mpi-operator 0.8.0 v2beta1", "training-operator 1.9.4 off"]),
        ("dual-v1-controllers", ["mpi-operator 0.3.0 v1", "training-operator 1.7.0 v1"]),
        ("healthy-v2beta1-only", ["mpi-operator 0.8.0 v2beta1"]),
    ],
)
def test_recorded_clusters(reference: Path, cluster: str, titles: list[str]) -> None:
    """What really ran is what is seen."""
    controllers = recorded(reference, cluster).controllers

    assert sorted(f"{c.title} {c.reads if c.active else 'off'}" for c in controllers) == titles


def test_a_crashing_controller_is_recorded_with_its_exit(reference: Path) -> None:
    """The loop is what users see; the exit code tells why."""
    inventory = recorded(reference, "both-operators-v2-crd")
    (crashing,) = [c for c in inventory.controllers if c.product == "training-operator"]

    assert crashing.restarts == 5
    assert crashing.last_exit is not None
    assert crashing.last_exit.code == 1


def test_every_labelled_controller_and_nothing_else(reference: Path) -> None:
    """In real manifests no controller is missed, and nothing else is taken for one."""
    corpus = reference / "corpus"
    rows = [line.split("\t") for line in (corpus / "LABELS.tsv").read_text().splitlines()]
    labelled = {(row[0], int(row[1])) for row in rows if row[7] == "operator"}
    reading = files.collect([str(corpus)], frozenset({"Deployment", "StatefulSet"}))

    found = {
        (Path(c.ref.source).relative_to(corpus).as_posix(), c.ref.document)
        for c in build(reading).controllers
    }

    assert found == labelled
    assert labelled
