"""What the views of pods, batch Jobs and smaller objects tell, whatever stands in a manifest."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from mpiaudit.inventory.neighbour import ConfigMap, Event, Lease, Namespace, Secret, Service
from mpiaudit.inventory.view import View, identity
from mpiaudit.inventory.workload import Exit, LauncherJob, Pod
from mpiaudit.model import Resource

OWNER = {
    "apiVersion": "kubeflow.org/v2beta1",
    "kind": "MPIJob",
    "name": "train",
    "uid": "4a1c",
    "controller": True,
}

POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {
        "name": "train-worker-0",
        "namespace": "team-a",
        "uid": "77f0",
        "creationTimestamp": "2026-03-01T10:00:00Z",
        "labels": {
            "training.kubeflow.org/operator-name": "mpi-operator",
            "training.kubeflow.org/job-name": "train",
            "training.kubeflow.org/job-role": "worker",
        },
        "ownerReferences": [OWNER],
        "managedFields": [{"manager": "mpi-operator", "apiVersion": "v1", "subresource": "status"}],
    },
    "spec": {
        "subdomain": "train",
        "containers": [
            {"name": "worker", "resources": {"limits": {"nvidia.com/gpu": "2"}}},
            {"name": "side", "resources": {"limits": {"amd.com/gpu": 1, "cpu": "4"}}},
        ],
    },
    "status": {
        "phase": "Running",
        "containerStatuses": [
            {"ready": True, "restartCount": 1, "state": {"running": {}}},
            {
                "ready": False,
                "restartCount": 4,
                "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                "lastState": {
                    "terminated": {
                        "exitCode": 1,
                        "reason": "Error",
                        "message": "gone",
                        "finishedAt": "2026-03-01T10:05:00Z",
                    }
                },
            },
        ],
    },
}

EVENT: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Event",
    "metadata": {"name": "train.1", "namespace": "team-a", "uid": "1"},
    "involvedObject": {
        "apiVersion": "kubeflow.org/v2beta1",
        "kind": "MPIJob",
        "namespace": "team-a",
        "name": "train",
        "uid": "4a1c",
    },
    "source": {"component": "mpi-job-controller"},
    "type": "Warning",
    "reason": "ValidationError",
    "message": "Found validation errors",
    "count": 3,
    "lastTimestamp": "2026-03-01T10:00:00Z",
}

LAUNCHER_JOB: dict[str, Any] = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "metadata": {"name": "train-launcher", "ownerReferences": [OWNER]},
    "spec": {"suspend": True},
    "status": {
        "startTime": "2026-03-01T10:00:00Z",
        "conditions": [
            {"type": "Complete", "status": "True"},
            {"type": "Failed", "status": "False"},
        ],
    },
}

SMALL: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Small",
    "metadata": {"name": "small", "namespace": "team-a"},
    "spec": {
        "clusterIP": "None",
        "selector": {"app": "train"},
        "publishNotReadyAddresses": True,
        "holderIdentity": "pod-1",
        "renewTime": "2026-03-01T10:00:00.5Z",
    },
    "data": {"hostfile": "secret text"},
}


def pod(**labels: str) -> Pod:
    """Return a pod with these labels, their dots and dashes written as they are."""
    view = Pod.parse(Resource({"kind": "Pod", "metadata": {"name": "p", "labels": labels}}, "f"))
    assert view is not None
    return view


def parsed(kind: type[View], body: dict[str, Any]) -> Any:  # noqa: ANN401 - any view
    """Return what *kind* makes of *body*."""
    return kind.parse(Resource(body, "f"))  # type: ignore[attr-defined]


def test_a_pod_counts_the_accelerators_of_all_its_containers() -> None:
    """What a finished job still holds is summed from pods, since its status shows none."""
    assert parsed(Pod, POD).accelerators == 3


def test_a_pod_tells_its_worst_container() -> None:
    """A controller that crashes beside a healthy sidecar is still crashing."""
    view = parsed(Pod, POD)

    assert view.restarts == 4
    assert view.waiting == "CrashLoopBackOff"
    assert view.ready is False
    assert view.last_exit == Exit(1, "Error", "gone", datetime(2026, 3, 1, 10, 5, tzinfo=UTC))


def test_a_pod_that_no_kubelet_has_seen_is_not_ready() -> None:
    """No container statuses is not the same as all containers ready."""
    assert pod().ready is False


@pytest.mark.parametrize(
    ("labels", "job", "role"),
    [
        ({"mpi_job_name": "j", "mpi_role_type": "launcher"}, "j", "launcher"),
        ({"mpi-job-name": "j", "mpi-job-role": "worker"}, "j", "worker"),
        (
            {
                "training.kubeflow.org/job-name": "j",
                "training.kubeflow.org/replica-type": "launcher",
                "training.kubeflow.org/job-role": "master",
            },
            "j",
            "launcher",
        ),
        (
            {"training.kubeflow.org/job-name": "j", "training.kubeflow.org/job-role": "worker"},
            "j",
            "worker",
        ),
        ({"app": "web"}, "", ""),
    ],
    ids=["v1alpha2", "mpi-operator v1", "training-operator", "v2beta1", "something else"],
)
def test_a_pod_is_known_by_the_labels_of_every_generation(
    labels: dict[str, str], job: str, role: str
) -> None:
    """Pods of old controllers outlive an upgrade, and must be recognized."""
    view = pod(**labels)

    assert (view.job_name, view.role) == (job, role)


def test_only_a_controlling_owner_owns() -> None:
    """An owner reference without ``controller: true`` keeps an object, and does not run it."""
    body = {"kind": "Pod", "metadata": {"ownerReferences": [{**OWNER, "controller": False}]}}

    assert parsed(Pod, POD).owner.uid == "4a1c"
    assert parsed(Pod, body).owner is None


def test_a_condition_that_is_false_does_not_count() -> None:
    """Kubernetes keeps conditions that are over, with status False."""
    view = parsed(LauncherJob, LAUNCHER_JOB)

    assert (view.suspended, view.started, view.complete, view.failed) == (True, True, True, False)


def test_an_event_is_read_in_both_of_its_spellings() -> None:
    """events.k8s.io calls the object ``regarding`` and the text ``note``."""
    newer = {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": "train.1"},
        "regarding": EVENT["involvedObject"],
        "reportingComponent": "mpi-job-controller",
        "note": "Found validation errors",
        "series": {"lastObservedTime": "2026-03-01T10:00:00.000000Z"},
    }

    for view in (parsed(Event, EVENT), parsed(Event, newer)):
        assert view.subject == "team-a/train"
        assert view.subject_uid == "4a1c"
        assert view.subject_version == "v2beta1"
        assert view.component == "mpi-job-controller"
        assert view.message == "Found validation errors"
        assert view.last == datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
    assert parsed(Event, EVENT).count == 3
    assert parsed(Event, newer).count == 1


def test_events_about_other_kinds_are_dropped() -> None:
    """A cluster has tens of thousands of Events; only those about MPIJobs are kept."""
    assert parsed(Event, {**EVENT, "involvedObject": {"kind": "Pod", "name": "p"}}) is None


def test_a_headless_service_is_told_from_one_without_an_address_yet() -> None:
    """``clusterIP: None`` is a word of Kubernetes; a manifest may also leave it out."""
    assert parsed(Service, SMALL).cluster_ip == "None"
    assert parsed(Service, {"kind": "Service", "spec": {}}).cluster_ip == ""


@pytest.mark.parametrize("kind", [ConfigMap, Secret])
def test_values_of_config_maps_and_secrets_are_never_kept(kind: type[View]) -> None:
    """A report, a log or a crash can only leak what was kept."""
    assert "secret text" not in repr(parsed(kind, SMALL))


def test_a_config_map_keeps_its_keys() -> None:
    """kubexec.sh among them proves that training-operator wrote it."""
    assert parsed(ConfigMap, SMALL).keys == {"hostfile"}


def test_a_lease_tells_who_holds_it_and_since_when() -> None:
    """A stale lock looks like a healthy one but for its time."""
    view = parsed(Lease, SMALL)

    assert view.holder == "pod-1"
    assert view.renewed == datetime(2026, 3, 1, 10, 0, 0, 500000, UTC)


def test_only_what_an_api_server_has_seen_is_exported() -> None:
    """Facts about a cluster follow from exports, intentions from manifests."""
    assert parsed(Pod, POD).identity.exported
    assert not parsed(Namespace, SMALL).identity.exported


def broken(body: Any, junk: object) -> Iterator[Any]:  # noqa: ANN401 - any part of a manifest
    """Yield *body* once for each of its parts, with *junk* in its place."""
    yield junk
    if isinstance(body, dict):
        for key in body:
            yield from ({**body, key: part} for part in broken(body[key], junk))
    if isinstance(body, list):
        for index, item in enumerate(body):
            yield from ([*body[:index], p, *body[index + 1 :]] for p in broken(item, junk))


@pytest.mark.parametrize("junk", [None, "", "${N}", 5, 1.5, True, [], [None], {}, {"a": None}])
@pytest.mark.parametrize(
    ("kind", "body"),
    [(Pod, POD), (Event, EVENT), (LauncherJob, LAUNCHER_JOB)]
    + [(kind, SMALL) for kind in (Service, ConfigMap, Secret, Namespace, Lease)],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_no_view_breaks_on_a_value_of_another_type(
    kind: type[View], body: dict[str, Any], junk: object
) -> None:
    """One odd manifest in a repository must not end the audit of all the others."""
    for odd in broken(body, junk):
        if isinstance(odd, dict):
            resource = Resource(odd, "f")

            view = parsed(kind, odd)

            assert view is None or view.identity == identity(resource)
