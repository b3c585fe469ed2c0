"""What is said of a manifest that the API server will not take, and what to paste then."""

import pytest

from mpiaudit.checks.apply.apply_conflict import apply_conflict
from mpiaudit.checks.apply.apply_refused import apply_refused
from mpiaudit.model import Location, Reference
from mpiaudit.reading import Conflict, Refusal
from mpiaudit.rule import Confidence, Hit, Severity


def place(kind: str, source: str, namespace: str = "", *, field: str = "spec") -> Location:
    """Return a field of an object called mpi-operator, read from *source*."""
    return Location(Reference(kind, namespace, "mpi-operator", "v1", source), (field,))


def refused(kind: str, source: str, standing: str, namespace: str = "") -> Hit:
    """Return what is said of a manifest in *source* over an object that *standing* holds."""
    new, old = place(kind, source, namespace), place(kind, standing, namespace)
    (hit,) = apply_refused.check(refusals=(Refusal(new, old, "spec.selector", "is immutable"),))
    return hit


def conflicting(manager: str, *fields: str) -> Hit:
    """Return what is said of a conflict with *manager* over *fields*."""
    new, old = place("Deployment", "new.yaml"), place("Deployment", "export.yaml")
    (hit,) = apply_conflict.check(conflicts=(Conflict(new, old, manager, fields),))
    return hit


@pytest.mark.parametrize(
    ("kind", "namespace", "command"),
    [
        ("Deployment", "kubeflow", "kubectl -n kubeflow delete deployment mpi-operator"),
        ("RoleBinding", "kubeflow", "kubectl -n kubeflow delete rolebinding mpi-operator"),
        ("ClusterRoleBinding", "", "kubectl delete clusterrolebinding mpi-operator"),
    ],
)
def test_a_refused_object_is_made_anew(kind: str, namespace: str, command: str) -> None:
    """Little is lost with it: the commands delete it and apply the manifest."""
    hit = refused(kind, "new.yaml", "export.yaml", namespace)

    assert hit.fix is not None
    assert hit.fix.text == f"{command}\nkubectl apply --server-side -f new.yaml"
    gone = "deletes the controller" if kind == "Deployment" else "deletes the binding"
    assert hit.fix.summary.startswith(gone)


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("Deployment", "bundle.tgz:new.yaml"),
        ("Deployment", "-"),
        ("Deployment", "export.yaml"),
        ("StatefulSet", "new.yaml"),
    ],
)
def test_what_cannot_be_made_anew_has_no_command(kind: str, source: str) -> None:
    """The manifest is in no file of its own, or more than the object would be lost."""
    assert refused(kind, source, "export.yaml").fix is None


@pytest.mark.parametrize(
    ("kind", "severity"),
    [("Service", Severity.MEDIUM), ("Job", Severity.MEDIUM), ("Deployment", None)],
)
def test_a_refusal_costs_what_the_object_is_worth(kind: str, severity: Severity | None) -> None:
    """Controllers and jobs mostly go on without the lesser kinds."""
    assert refused(kind, "new.yaml", "export.yaml").severity is severity


def test_a_refusal_over_an_export_is_likely() -> None:
    """An export may be of another cluster; the place that proves it is named."""
    hit = refused("Deployment", "new.yaml", "export.yaml")

    assert hit.confidence is Confidence.LIKELY
    assert hit.also == (place("Deployment", "export.yaml"),)


def test_fields_beyond_the_fourth_are_counted() -> None:
    """A conflict may have dozens; one that is not shown is not hidden."""
    hit = conflicting('"helm" using apps/v1', "a", "b", "c", "d", "e", "f")

    assert hit.message == 'conflict with "helm" using apps/v1: a, b, c, d and 2 more'


def test_four_fields_are_all_named() -> None:
    """None is left to count."""
    hit = conflicting('"helm" using apps/v1', "a", "b", "c", "d")

    assert hit.message == 'conflict with "helm" using apps/v1: a, b, c and d'


@pytest.mark.parametrize(
    ("manager", "confidence"),
    [("kubectl-client-side-apply", Confidence.POSSIBLE), ("helm", None)],
)
def test_a_client_side_owner_meets_no_conflict(manager: str, confidence: Confidence | None) -> None:
    """Whoever goes on to apply client-side is not stopped."""
    hit = conflicting(f'"{manager}" using apps/v1', "a")

    assert hit.confidence is confidence


def test_an_unknown_owner_promises_nothing() -> None:
    """Only what is known of an owner is said."""
    hit = conflicting('"somebody" using apps/v1', "a")

    assert hit.effect == "a server-side apply changes nothing of the object"
    assert hit.also == (place("Deployment", "export.yaml"),)
