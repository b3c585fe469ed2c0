"""Which scalars of a pod template no controller can decode."""

import pytest

from mpiaudit.inventory.mistyped import mistyped


def pod(**container: object) -> dict[str, object]:
    """Return a template with one container."""
    return {"spec": {"containers": [{"name": "main", **container}]}}


@pytest.mark.parametrize(
    ("template", "path", "wanted"),
    [
        (
            pod(env=[{"name": "N", "value": 5}]),
            ("spec", "containers", 0, "env", 0, "value"),
            "string",
        ),
        (pod(args=["-np", 2]), ("spec", "containers", 0, "args", 1), "string"),
        (pod(image=1.5), ("spec", "containers", 0, "image"), "string"),
        ({"metadata": {"labels": {"v": 1}}}, ("metadata", "labels", "v"), "string"),
        ({"metadata": {"annotations": {"a": True}}}, ("metadata", "annotations", "a"), "string"),
        ({"spec": {"nodeSelector": {"gpu": True}}}, ("spec", "nodeSelector", "gpu"), "string"),
        ({"spec": {"hostNetwork": 1}}, ("spec", "hostNetwork"), "boolean"),
        (
            {"spec": {"initContainers": [{"command": [1]}]}},
            ("spec", "initContainers", 0, "command", 0),
            "string",
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_a_number_where_a_string_belongs_is_found(
    template: dict[str, object], path: tuple[str | int, ...], wanted: str
) -> None:
    """One such job stops mpi-operator for everybody, so its place must be exact."""
    assert [(m.path, m.wanted) for m in mistyped(template)] == [(path, wanted)]


@pytest.mark.parametrize(
    "template",
    [
        {},
        {"metadata": None, "spec": None},
        {"metadata": {"labels": ["a"]}, "spec": {"containers": {"main": 1}}},
        pod(env=[{"name": "N", "value": None}, {"name": "M"}, 7, None]),
        pod(env=[{"name": "N", "value": "${N}"}], resources={"limits": {"cpu": 2}}),
        pod(ports=[{"containerPort": 22}], tty=True),
        {"spec": {"hostNetwork": True, "priority": 5, "terminationGracePeriodSeconds": 3}},
    ],
)
def test_what_kubernetes_accepts_is_not_accused(template: dict[str, object]) -> None:
    """Quantities and ports are numbers, and a template's text is filled in later."""
    assert list(mistyped(template)) == []
