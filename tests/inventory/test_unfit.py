"""Which numbers of an MPIJob no controller can decode."""

import pytest

from mpiaudit.inventory.unfit import unfit

TEMPLATE = ("mpiReplicaSpecs", "Worker", "template", "spec")


def pod(**fields: object) -> dict[str, object]:
    """Return the spec of a job whose workers have a pod with *fields*."""
    return {"mpiReplicaSpecs": {"Worker": {"template": {"spec": fields}}}}


def port(number: object) -> dict[str, object]:
    """Return the spec of a job whose workers have one port."""
    return pod(containers=[{"name": "worker", "ports": [{"containerPort": number}]}])


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"slotsPerWorker": 2147483648}, ("slotsPerWorker",)),
        ({"slotsPerWorker": -2147483649}, ("slotsPerWorker",)),
        ({"slotsPerWorker": 3e9}, ("slotsPerWorker",)),
        ({"runPolicy": {"backoffLimit": 3000000000}}, ("runPolicy", "backoffLimit")),
        (
            {"runPolicy": {"schedulingPolicy": {"minAvailable": 3000000000}}},
            ("runPolicy", "schedulingPolicy", "minAvailable"),
        ),
        (
            {"mpiReplicaSpecs": {"Worker": {"replicas": 3000000000}}},
            ("mpiReplicaSpecs", "Worker", "replicas"),
        ),
        (pod(priority=3000000000), (*TEMPLATE, "priority")),
        (port(22222222222), (*TEMPLATE, "containers", 0, "ports", 0, "containerPort")),
        (
            pod(initContainers=[{}, {"livenessProbe": {"httpGet": {"port": 22222222222}}}]),
            (*TEMPLATE, "initContainers", 1, "livenessProbe", "httpGet", "port"),
        ),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_a_number_beyond_32_bits_passes_the_crd(
    spec: dict[str, object], path: tuple[str | int, ...]
) -> None:
    """The API server says nothing, and mpi-operator stops for everybody."""
    found = [(wrong.path, wrong.wanted, wrong.accepted) for wrong in unfit(spec)]

    assert found == [(path, "32-bit integer", True)]


@pytest.mark.parametrize(
    ("spec", "path", "wanted"),
    [
        (
            {"runPolicy": {"activeDeadlineSeconds": 9223372036854775808}},
            ("runPolicy", "activeDeadlineSeconds"),
            "64-bit integer",
        ),
        (
            pod(securityContext={"supplementalGroups": [1, 1e30]}),
            (*TEMPLATE, "securityContext", "supplementalGroups", 1),
            "64-bit integer",
        ),
        ({"slotsPerWorker": 1.5}, ("slotsPerWorker",), "32-bit integer"),
        ({"slotsPerWorker": float("inf")}, ("slotsPerWorker",), "32-bit integer"),
        ({"slotsPerWorker": 10**400}, ("slotsPerWorker",), "32-bit integer"),
    ],
    ids=["deadline", "group", "fraction", "infinity", "googol"],
)
def test_what_is_no_integer_to_the_api_server_is_refused_there(
    spec: dict[str, object], path: tuple[str | int, ...], wanted: str
) -> None:
    """It gets in only where the CRD does not type the field."""
    found = [(wrong.path, wrong.wanted, wrong.accepted) for wrong in unfit(spec)]

    assert found == [(path, wanted, False)]


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"runPolicy": None, "mpiReplicaSpecs": ["Worker"], "slotsPerWorker": None},
        {"slotsPerWorker": 2147483647, "runPolicy": {"backoffLimit": -2147483648}},
        {"runPolicy": {"activeDeadlineSeconds": 9223372036854775807}},
        {"slotsPerWorker": "3000000000", "runPolicy": {"suspend": True}},
        pod(securityContext={"runAsUser": 3000000000}),
        pod(containers=[{"resources": {"limits": {"memory": 30000000000}}}]),
        port(2.0),
        port(True),  # noqa: FBT003 - it is another fault
    ],
)
def test_what_fits_is_not_accused(spec: dict[str, object]) -> None:
    """User ids have 64 bits, quantities have as many as they like, and a text is none of these."""
    assert list(unfit(spec)) == []
