"""Users to scan as: ServiceAccounts with exactly the rights that a test gives them."""

from contextlib import closing
from typing import Any

import yaml

from cluster.client import Body, Client, RefusedError, eventually
from cluster.cluster import Cluster
from mpiaudit.collect import rights


def role(name: str, rules: list[dict[str, Any]]) -> list[Body]:
    """Return a role with *rules*, bound to the ServiceAccount of the same name."""
    text = rights.manifest().replace("name: mpiaudit", f"name: {name}")
    role, binding = yaml.safe_load_all(text)
    return [{**role, "rules": rules}, binding]


def account(cluster: Cluster, name: str) -> str:
    """Make a ServiceAccount in ``default`` and return a token of it."""
    path = "/api/v1/namespaces/default/serviceaccounts"
    cluster.admin.delete(f"{path}/{name}")
    cluster.admin.create(path, {"metadata": {"name": name}})
    return _token(cluster.admin, name)


def _token(admin: Client, name: str) -> str:
    path = f"/api/v1/namespaces/default/serviceaccounts/{name}/token"
    return str(admin.create(path, {"spec": {"expirationSeconds": 3600}})["status"]["token"])


def effective(cluster: Cluster, token: str, path: str = "/api/v1/pods") -> None:
    """Wait until the authorizer knows that the holder of *token* may read what is at *path*."""
    with closing(cluster.plane.client(token)) as client:
        eventually(lambda: _may(client, path), "the rights are known")


def _may(client: Client, path: str) -> bool:
    try:
        client.get(path)
    except RefusedError:
        return False
    return True
