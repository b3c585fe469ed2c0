"""Every way in which a kubeconfig names an API server and a user, on a real API server."""

# ruff: noqa: S607 - openssl is where PATH says

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cluster.client import Body
from cluster.cluster import Cluster
from cluster.proxy import Proxy
from mpiaudit.cli import commands

PLUGIN = """\
#!/bin/sh
echo '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
"status": {"token": "'$(cat "$TOKEN_FILE")'"}}'
"""


def config(cluster: Cluster, path: Path, user: Body, **server: Any) -> Path:  # noqa: ANN401 - JSON
    """Write a kubeconfig to *path* with this *user*, and *server* instead of the usual fields."""
    body = json.loads(cluster.plane.kubeconfig("admin").read_text())
    body["users"][0]["user"] = user
    body["clusters"][0]["cluster"] |= server
    body["clusters"][0]["cluster"] = {k: v for k, v in body["clusters"][0]["cluster"].items() if v}
    path.write_text(json.dumps(body))
    return path


def scan(path: Path, *more: str) -> Result:
    """Scan by a kubeconfig."""
    arguments = ["scan", "--kubeconfig", str(path), "-o", "json", "--request-timeout", "5s", *more]
    return CliRunner().invoke(commands, arguments, standalone_mode=False)


def read(result: Result) -> bool:
    """Return whether a scan could read all that it wanted."""
    assert result.exception is None, result.exception
    return json.loads(result.stdout)["complete"] is True


def test_token_file(served: Cluster, tmp_path: Path) -> None:
    """Tokens that are rotated stand in files, named from where the kubeconfig is."""
    (tmp_path / "token").write_text(served.plane.token)

    assert read(scan(config(served, tmp_path / "config", {"tokenFile": "token"})))


def test_exec_plug_in(served: Cluster, tmp_path: Path) -> None:
    """Cloud providers hand out tokens by a program, found from where the kubeconfig is."""
    (tmp_path / "token").write_text(served.plane.token)
    (tmp_path / "plugin").write_text(PLUGIN)
    (tmp_path / "plugin").chmod(0o700)
    user = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": "./plugin",
            "env": [{"name": "TOKEN_FILE", "value": str(tmp_path / "token")}],
            "interactiveMode": "Never",
        }
    }

    assert read(scan(config(served, tmp_path / "config", user)))


@pytest.mark.parametrize("inline", [True, False])
def test_client_certificate(served: Cluster, tmp_path: Path, *, inline: bool) -> None:
    """Kubeadm and kind give certificates, in files or in the kubeconfig itself."""
    files = certificate(served, tmp_path)
    user = {
        f"{key}-data" if inline else key: encoded(path) if inline else path.name
        for key, path in files.items()
    }

    assert read(scan(config(served, tmp_path / "config", user)))


def test_authority_in_a_file(served: Cluster, tmp_path: Path) -> None:
    """The API server's authority may stand beside the kubeconfig."""
    (tmp_path / "ca.crt").write_bytes(served.plane.certificate.read_bytes())
    authority = {"certificate-authority": "ca.crt", "certificate-authority-data": None}

    assert read(scan(config(served, tmp_path / "config", token(served), **authority)))


def test_wrong_authority_is_one_line(served: Cluster, tmp_path: Path) -> None:
    """Nobody is trusted by mistake, and the reason is said."""
    certificate(served, tmp_path)
    wrong = {"certificate-authority-data": encoded(tmp_path / "client.crt")}

    result = scan(config(served, tmp_path / "config", token(served), **wrong))

    assert result.stdout == ""
    assert "certificate verify failed" in str(result.exception)
    assert "\n" not in str(result.exception)


@pytest.mark.parametrize(
    "trust",
    [
        {"insecure-skip-tls-verify": True, "certificate-authority-data": None},
        {"tls-server-name": "localhost"},
    ],
    ids=lambda trust: next(iter(trust)),
)
def test_other_trust(served: Cluster, tmp_path: Path, trust: Body) -> None:
    """Tunnels and port-forwards end at addresses that no certificate names."""
    assert read(scan(config(served, tmp_path / "config", token(served), **trust)))


def test_proxy(served: Cluster, tmp_path: Path, proxy: Proxy) -> None:
    """Clusters behind a bastion are reached through the proxy of the kubeconfig."""
    behind = {"proxy-url": f"http://127.0.0.1:{proxy.port}"}

    assert read(scan(config(served, tmp_path / "config", token(served), **behind)))
    assert set(proxy.asked) == {f"CONNECT 127.0.0.1:{served.plane.port}"}


def token(cluster: Cluster) -> Body:
    """Return the administrator's token, as a kubeconfig has it."""
    return {"token": cluster.plane.token}


def encoded(path: Path) -> str:
    """Return a file as a kubeconfig holds it."""
    return base64.b64encode(path.read_bytes()).decode()


def certificate(cluster: Cluster, folder: Path) -> dict[str, Path]:
    """Make an administrator's certificate, signed by the authority of the control plane."""
    plane = cluster.plane.folder
    for command in (
        ["req", "-newkey", "rsa:2048", "-nodes", "-keyout", "client.key", "-out", "client.csr",
         "-subj", "/O=system:masters/CN=certified"],
        ["x509", "-req", "-in", "client.csr", "-CA", str(plane / "tls.crt"), "-CAkey",
         str(plane / "tls.key"), "-CAcreateserial", "-CAserial", "serial", "-days", "2",
         "-out", "client.crt"],
    ):  # fmt: skip
        subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True)
    return {
        "client-certificate": folder / "client.crt",
        "client-key": folder / "client.key",
    }
