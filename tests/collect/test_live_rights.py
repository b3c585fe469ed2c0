"""What a live scan reads of roles and PodGroups, and no more."""

from pathlib import Path

from collect.server import Fault, kubeconfig, serve
from collect.small import ALL, cluster, thing
from mpiaudit.collect.live import Options, collect
from mpiaudit.inventory.build import build
from mpiaudit.inventory.inventory import Inventory


def scan(objects: dict[str, list[dict[str, object]]], folder: Path, *faults: Fault) -> Inventory:
    """Return the inventory of a cluster, read over HTTP."""
    with serve(objects, *faults) as server:
        return build(collect(ALL, Options(kubeconfig(folder / "config", server))))


def with_gang(*arguments: str) -> dict[str, list[dict[str, object]]]:
    """Return the small cluster, its mpi-operator with *arguments*, and volcano's CRD."""
    objects = cluster()
    container = objects["deployments"][0]["spec"]["template"]["spec"]["containers"][0]
    container["args"] = list(arguments)
    objects["customresourcedefinitions"].append(
        thing("podgroups.scheduling.volcano.sh", spec={"group": "scheduling.volcano.sh"})
    )
    return objects


def test_roles_are_read_where_a_controller_needs_rights(tmp_path: Path) -> None:
    """A Role in the lock namespace, or in the one that is watched, may be all it has."""
    objects = with_gang("--lock-namespace=elsewhere", "--namespace=team-a")
    for plural in ("clusterroles", "clusterrolebindings"):
        objects[plural].append(thing("cluster-admin"))
    objects["roles"].append(thing("watch", "team-a", rules=[]))
    objects["roles"].append(thing("stranger", "team-b", rules=[]))

    found = scan(objects, tmp_path)

    assert {r.key for r in found.roles if r.ref.kind == "Role"} == {
        "mpi-operator/lock",
        "elsewhere/lock",
        "team-a/watch",
    }
    assert {"roles", "bindings"}.isdisjoint(found.gaps)


def test_no_right_is_called_missing_where_rbac_does_not_rule(tmp_path: Path) -> None:
    """An API server that authorizes otherwise has no cluster-admin, and grants all the same."""
    found = scan(cluster(), tmp_path)

    assert found.gaps["bindings"].reason == "not all roles and bindings of a cluster"


def test_roles_that_may_not_be_read_are_a_gap(tmp_path: Path) -> None:
    """Rights that nobody could look up must not be called missing."""
    found = scan(cluster(), tmp_path, Fault("/rolebindings", status=403))

    assert found.gaps["bindings"].reason.startswith("may not list rolebindings")
    assert found.gaps["bindings"].unreadable


def test_pod_groups_are_looked_up_where_a_flag_needs_them(tmp_path: Path) -> None:
    """The CRD of volcano is there; without the flag nobody asks, and no right is needed."""
    found = scan(with_gang("--gang-scheduling=volcano"), tmp_path)

    assert [p.group for p in found.pod_groups] == ["scheduling.volcano.sh"]
    assert [c.name for c in found.crds] == ["mpijobs.kubeflow.org"]
    assert "pod_groups" not in found.gaps

    refused = Fault("podgroups.scheduling", status=403)
    assert "pod_groups" not in scan(with_gang(), tmp_path, refused).gaps
    assert "pod_groups" in scan(with_gang("--gang-scheduling=x"), tmp_path, refused).gaps
