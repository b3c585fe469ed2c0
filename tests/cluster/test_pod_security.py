"""The API server refuses the pods that `breaches` says it does, and for the same controls."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest

from cluster import bed
from cluster.client import Body, Client, RefusedError, eventually
from cluster.plane import RELEASE, Plane
from cluster.pods import variants
from mpiaudit.policy.pod_security import ENFORCE, ENFORCE_VERSION, breaches, enforced

STANDARDS = [
    (level, version)
    for level in ("baseline", "restricted")
    for version in ("latest", "v1.33", "v1.30", "v1.28", "v1.24", "v1.22", "v1.18", "v1.0")
]


class Permissive(Plane):
    """One whose API server leaves the word on privileged pods to Pod Security."""

    def _server_flags(self) -> Iterator[str]:
        yield from super()._server_flags()
        yield "--allow-privileged"


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Return the administrator of a control plane for this module."""
    for name in ("etcd", f"kube-apiserver-{RELEASE}", f"kube-controller-manager-{RELEASE}"):
        bed.program(name)
    plane = Permissive(tmp_path_factory.mktemp("permissive"))
    try:
        plane.start()
        with closing(plane.client()) as client:
            yield client
    finally:
        plane.stop()


@pytest.mark.parametrize(("level", "version"), STANDARDS)
def test_pods_refused(admin: Client, level: str, version: str) -> None:
    """Of some hundred pods the same ones are refused, in a namespace of any standard."""
    labels = {ENFORCE: level, ENFORCE_VERSION: version}
    space = f"{level}-{version}".replace(".", "-")
    admin.create("/api/v1/namespaces", {"metadata": {"name": space, "labels": labels}})
    account = f"/api/v1/namespaces/{space}/serviceaccounts/default"
    eventually(lambda: admin.find(account), "the namespace has its ServiceAccount")
    standard = enforced(labels)
    assert standard
    differ = []
    for change, pod in variants():
        said = {breach.control for breach in breaches(pod, standard)}
        answer = _controls(admin, space, pod, f"{level}:{version}")
        if said != answer:
            differ.append((change, said, answer))

    assert differ == []


def _controls(admin: Client, space: str, pod: Body, standard: str) -> set[str]:
    """Return the controls that the API server names when it refuses *pod*; none if it does not."""
    refusal = _refusal(admin, f"/api/v1/namespaces/{space}/pods?dryRun=All", pod)
    _, found, reasons = refusal.partition(f'violates PodSecurity "{standard}": ')
    assert bool(found) == bool(refusal), f"refused for another reason: {refusal}"
    named = re.sub(r" \([^()]*\)", "", reasons).split(", ") if found else ()
    return {name.replace("profiles", "profile") for name in named}


def _refusal(admin: Client, path: str, pod: Body) -> str:
    try:
        admin.create(path, pod)
    except RefusedError as error:
        return str(error)
    return ""
