"""Rights are evaluated as the API server evaluates them."""

import pytest

from mpiaudit.inventory.build import build
from mpiaudit.inventory.rbac import Access, Binding, Grant, Role, Subject
from mpiaudit.model import Resource
from mpiaudit.reading import Reading

API = "rbac.authorization.k8s.io/v1"


def grant(
    *,
    verbs: tuple[str, ...] = ("update",),
    groups: tuple[str, ...] = ("batch",),
    resources: tuple[str, ...] = ("jobs/status",),
    names: tuple[str, ...] = (),
) -> Grant:
    """Return a rule that allows to update the status of Jobs, but for what is given."""
    return Grant(verbs, groups, resources, names)


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        pytest.param(grant(), True, id="named"),
        pytest.param(grant(verbs=("*",)), True, id="every verb"),
        pytest.param(grant(groups=("*",)), True, id="every group"),
        pytest.param(grant(resources=("*",)), True, id="everything"),
        pytest.param(grant(resources=("*/status",)), True, id="every status"),
        pytest.param(grant(resources=("jobs/*",)), False, id="no such pattern"),
        pytest.param(grant(resources=("jobs",)), False, id="the Job and not its status"),
        pytest.param(grant(groups=("",)), False, id="another group"),
        pytest.param(grant(verbs=("patch",)), False, id="another verb"),
        pytest.param(grant(names=("pi-launcher",)), False, id="of one Job"),
    ],
)
def test_a_rule_allows_what_kubernetes_says_it_allows(rule: Grant, *, allowed: bool) -> None:
    """A right that is wrongly believed in hides why an operator fails; one more is an alarm."""
    assert rule.allows(Access("update", "batch", "jobs/status")) is allowed


def test_a_rule_for_one_name_allows_that_name_and_never_to_create() -> None:
    """A request to create names no object, so a rule with names never fits it."""
    lock = Grant(("get", "create"), ("coordination.k8s.io",), ("leases",), ("mpi-operator",))

    assert lock.allows(Access("get", "coordination.k8s.io", "leases", "mpi-operator"))
    assert not lock.allows(Access("get", "coordination.k8s.io", "leases", "other"))
    assert not lock.allows(Access("create", "coordination.k8s.io", "leases"))


@pytest.mark.parametrize(
    ("subject", "meant"),
    [
        (Subject("ServiceAccount", "kubeflow", "mpi-operator"), True),
        (Subject("ServiceAccount", "team-b", "mpi-operator"), False),
        (Subject("User", "", "system:serviceaccount:kubeflow:mpi-operator"), True),
        (Subject("User", "", "mpi-operator"), False),
        (Subject("Group", "", "system:serviceaccounts"), True),
        (Subject("Group", "", "system:serviceaccounts:kubeflow"), True),
        (Subject("Group", "", "system:serviceaccounts:team-b"), False),
        (Subject("Group", "", "system:authenticated"), True),
        (Subject("Group", "", "system:masters"), False),
    ],
    ids=str,
)
def test_a_subject_means_an_account_or_its_groups(subject: Subject, *, meant: bool) -> None:
    """A binding for all ServiceAccounts of a namespace is as good as one by name."""
    assert subject.includes("kubeflow", "mpi-operator") is meant


def test_odd_roles_grant_nothing_and_break_nothing() -> None:
    """Manifests hold templates and half-written rules."""
    body = {"metadata": {"name": "odd"}, "rules": [None, "x", {"verbs": 5, "resources": [1, "a"]}]}
    bound = {"metadata": {"name": "odd"}, "roleRef": "x", "subjects": [None, {"name": 3}]}

    role = Role.parse(Resource({"apiVersion": API, "kind": "Role", **body}, "a.yaml"))
    binding = Binding.parse(Resource({"apiVersion": API, "kind": "RoleBinding", **bound}, "a.yaml"))

    assert role
    assert [(g.verbs, g.resources) for g in role.grants] == [((), ("a",))]
    assert binding
    assert (binding.role_name, binding.subjects) == ("", (Subject("", "", ""),))


def test_a_part_of_the_roles_proves_nothing_missing() -> None:
    """An export of two roles says what they grant, and not what others do not."""
    names = {"ClusterRole": "mpi-operator", "ClusterRoleBinding": "mpi-operator"}
    names |= {"Role": "lock", "RoleBinding": "lock"}
    part = [_exported(kind, name, index) for index, (kind, name) in enumerate(names.items())]
    whole = [*part, *(_exported(kind, "cluster-admin", 9) for kind in list(names)[:2])]

    assert "bindings" in build(Reading(iter(part))).gaps
    assert "bindings" not in build(Reading(iter(whole))).gaps


def _exported(kind: str, name: str, index: int) -> Resource:
    metadata = {"name": name, "uid": f"{kind}-{name}"}
    body = {"apiVersion": API, "kind": kind, "metadata": metadata}
    return Resource(body, "export.yaml", prefix=("items", index))
