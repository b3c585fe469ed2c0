"""A live scan reads what the namespaces of MPIJobs allow their pods, and no other's."""

from fractions import Fraction
from pathlib import Path

from collect.server import Fault, kubeconfig, serve
from collect.small import ALL, cluster, thing
from mpiaudit.collect.live import Options, collect
from mpiaudit.inventory.build import build


def objects() -> dict[str, list[dict[str, object]]]:
    """Return the small cluster with a quota and a limit range in two namespaces."""
    hard = {"pods": "2"}
    limits = {"limits": [{"type": "Container", "max": {"cpu": "1"}}]}
    spaces = ("team-a", "elsewhere")
    return cluster() | {
        "resourcequotas": [
            thing("quota", space, spec={"hard": hard}, status={"hard": hard, "used": {"pods": "1"}})
            for space in spaces
        ],
        "limitranges": [thing("limits", space, spec=limits) for space in spaces],
    }


def test_quotas_are_read_where_there_are_jobs(tmp_path: Path) -> None:
    """What others may use is nobody's business here."""
    with serve(objects()) as server:
        found = build(collect(ALL, Options(kubeconfig(tmp_path / "config", server))))

    (quota,), (limits,) = found.resource_quotas, found.limit_ranges
    assert (quota.key, limits.key) == ("team-a/quota", "team-a/limits")
    assert quota.quota.hard == {"pods": Fraction(2)}
    assert quota.quota.used == {"pods": Fraction(1)}
    assert limits.limits[0].bounds["max"] == {"cpu": Fraction(1)}
    assert {"ResourceQuota", "LimitRange"} <= found.listed


def test_quotas_that_may_not_be_read_are_a_gap(tmp_path: Path) -> None:
    """Without the right to see them nothing is said to fit."""
    refused = Fault("/resourcequotas", status=403)
    with serve(objects(), refused) as server:
        found = build(collect(ALL, Options(kubeconfig(tmp_path / "config", server))))

    assert found.gaps["resource_quotas"].reason.startswith("may not list resourcequotas")
    assert found.gaps["resource_quotas"].unreadable
