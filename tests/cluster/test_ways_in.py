"""What kubectl does on its way to an API server, and what is said where there is none."""

import json
import os
import socket
from pathlib import Path

import pytest

from cluster.accounts import account
from cluster.cluster import Cluster
from cluster.proxy import Proxy
from cluster.test_credentials import config, read, scan, token
from mpiaudit.cli import run

DEAD = "http://127.0.0.1:9"
"""Nobody listens on the discard port."""


def test_proxy_of_the_environment(
    served: Cluster, tmp_path: Path, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind a company's proxy kubectl works, and so does a scan."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
    port = served.plane.port
    far = {"server": f"https://api.example.org:{port}", "tls-server-name": "localhost"}

    assert read(scan(config(served, tmp_path / "config", token(served), **far)))
    assert set(proxy.asked) == {f"CONNECT api.example.org:{port}"}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_no_proxy_leads_to_loopback(
    served: Cluster, tmp_path: Path, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster in kind, minikube or a tunnel is here, whatever the company's proxy."""
    monkeypatch.setenv("HTTPS_PROXY", DEAD)
    near = {"server": f"https://{host}:{served.plane.port}"}

    assert read(scan(config(served, tmp_path / "config", token(served), **near)))


def test_proxy_of_the_kubeconfig_comes_first(
    served: Cluster, tmp_path: Path, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was written for this very cluster; the environment knows nothing of it."""
    monkeypatch.setenv("HTTPS_PROXY", DEAD)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    behind = {"proxy-url": f"http://127.0.0.1:{proxy.port}"}

    assert read(scan(config(served, tmp_path / "config", token(served), **behind)))
    assert proxy.asked


def test_a_dead_proxy_is_not_taken_for_the_server(served: Cluster, tmp_path: Path) -> None:
    """Whoever is outside of the company's network learns that it is the proxy."""
    behind = {"proxy-url": DEAD}

    result = scan(config(served, tmp_path / "config", token(served), **behind))

    assert str(result.exception).startswith(
        f"no answer from the API server https://127.0.0.1:{served.plane.port}: through the proxy: "
        "Failed to establish a new connection: [Errno 111] Connection refused"
    )


def test_files_of_the_environment_are_merged(
    served: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cluster, user and context may stand in files apart, each with paths from where it is."""
    whole = json.loads(config(served, tmp_path / "config", {"tokenFile": "token"}).read_text())
    paths = []
    for key in ("contexts", "users", "clusters"):
        (tmp_path / key).mkdir()
        paths.append(tmp_path / key / "config")
        paths[-1].write_text(json.dumps({"apiVersion": "v1", "kind": "Config", key: whole[key]}))
    (tmp_path / "users" / "token").write_text(served.plane.token)
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, [tmp_path / "no-file", *paths])))

    assert run(["scan", "--context", "admin", "-o", "json"]) == 0


def test_extra_fields_of_an_impersonation_arrive(served: Cluster, tmp_path: Path) -> None:
    """A name such as example.org/reason does not fit into a header as it is."""
    served.kubectl("create", "clusterrolebinding", "acts", "--clusterrole=cluster-admin",
                   "--serviceaccount=default:acts")  # fmt: skip
    user = {
        "token": account(served, "acts"),
        "as": "jane",
        "as-uid": "7",
        "as-groups": ["system:masters"],
        "as-user-extra": {"example.org/reason": ["a", "b"]},
    }

    assert read(scan(config(served, tmp_path / "config", user)))
    served.kubectl("delete", "clusterrolebinding", "acts")

    asked = served.plane.requests("system:serviceaccount:default:acts")
    assert asked[-1]["impersonatedUser"] == {
        "username": "jane",
        "uid": "7",
        "groups": ["system:masters", "system:authenticated"],
        "extra": {"example.org/reason": ["a", "b"]},
    }


def test_a_dead_cluster_beside_a_good_one(served: Cluster, tmp_path: Path) -> None:
    """The good one is reported, the dead one is a line, and the exit code tells of it."""
    path = config(served, tmp_path / "config", token(served))
    body = json.loads(path.read_text())
    body["clusters"].append({"name": "dead", "cluster": {"server": DEAD}})
    body["contexts"].append({"name": "dead", "context": {"cluster": "dead", "user": "admin"}})
    path.write_text(json.dumps(body))

    for chosen in (["--context", "dead,admin"], ["--all-contexts"]):
        result = scan(path, *chosen)
        reports = {each["source"]: each for each in json.loads(result.stdout)["reports"]}

        assert result.return_value == 3
        assert reports["admin"]["error"] is None
        assert reports["admin"]["report"]["complete"] is True
        assert reports["dead"]["report"] is None
        assert reports["dead"]["error"].startswith(f"no answer from the API server {DEAD}: ")


def test_nobody_at_the_address(
    served: Cluster, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """One line names the address and what to look at."""
    path = config(served, tmp_path / "config", token(served), server=DEAD)

    assert run(["scan", "--kubeconfig", str(path)]) == 3
    assert capfd.readouterr().err == (
        f"mpiaudit: no answer from the API server {DEAD}: "
        "Failed to establish a new connection: [Errno 111] Connection refused; see --context\n"
    )


def test_an_address_that_never_answers(
    served: Cluster, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A hanging load balancer ends the scan, and the option that waits longer is named."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        server = f"http://127.0.0.1:{mute.getsockname()[1]}"
        path = config(served, tmp_path / "config", token(served), server=server)
        arguments = ["scan", "--kubeconfig", str(path), "--request-timeout", "500ms"]

        assert run(arguments) == 3

    assert capfd.readouterr().err == (
        f"mpiaudit: no answer from the API server {server}: "
        "no answer within 0.5 s (--request-timeout); see --context\n"
    )
