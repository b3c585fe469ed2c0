"""Manifests to measure with: made up, and alike in every run."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

MEGABYTE = 1_000_000

_KINDS = ("Pod", "Service", "ReplicaSet", "Deployment", "Secret")
_NUMBER = "@NUMBER@"
_HEAD, _TAIL = "apiVersion: v1\nitems:\n", 'kind: List\nmetadata:\n  resourceVersion: ""\n'


class _Dumper(yaml.CSafeDumper):
    """Writes shared values out, as kubectl does."""

    def ignore_aliases(self, _data: object) -> bool:
        """Return that no anchor is wanted."""
        return True


def small_files(folder: Path, number: int) -> None:
    """Write a tree of *number* files with one small object each, one in fifty an MPIJob."""
    kinds = _shuffled(0.02)
    for index in range(number):
        where = folder / f"team-{index % 100:02d}"
        where.mkdir(parents=True, exist_ok=True)
        kind = next(kinds)
        version = "kubeflow.org/v2beta1" if kind == "MPIJob" else "v1"
        ports = "".join(f"  - name: port-{n}\n    port: {8000 + n}\n" for n in range(index % 30))
        (where / f"object-{index}.yaml").write_text(
            f"apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: object-{index}\n"
            f"  labels:\n    app: app-{index}\n    tier: 'back'\nspec:\n  replicas: 3\n"
            f'  selector:\n    app: "app-{index}"\n  ports:\n  - port: 80\n{ports}'
        )


def documents(path: Path, size: int) -> None:
    """Write a stream of at least *size* bytes, one document in five an MPIJob."""
    with path.open("w") as stream:
        for text in _texts(size, 0.2, yaml_text):
            stream.write(f"---\n{text}")


def yaml_list(path: Path, size: int) -> None:
    """Write a List of at least *size* bytes as kubectl does, one item in fifty an MPIJob."""
    with path.open("w") as stream:
        stream.write(_HEAD)
        for text in _texts(size, 0.02, yaml_text):
            stream.write("- " + text.rstrip("\n").replace("\n", "\n  ") + "\n")
        stream.write(_TAIL)


def json_list(path: Path, size: int) -> None:
    """Write a List of at least *size* bytes as kubectl does, one item in fifty an MPIJob."""
    with path.open("w") as stream:
        stream.write('{\n    "apiVersion": "v1",\n    "items": [\n')
        for index, text in enumerate(_texts(size, 0.02, json_text)):
            stream.write((",\n" if index else "") + text)
        stream.write('\n    ],\n    "kind": "List"\n}\n')


def yaml_text(body: dict[str, Any]) -> str:
    """Return *body* as kubectl prints it."""
    return yaml.dump(body, Dumper=_Dumper, width=10**9)


def json_text(body: dict[str, Any]) -> str:
    """Return *body* as kubectl prints it."""
    return json.dumps(body, indent=4)


def _texts(size: int, share: float, text_of: Any) -> Iterator[str]:  # noqa: ANN401
    """Yield numbered objects until *size* bytes are reached."""
    texts = {kind: text_of(_object(kind)) for kind in (*_KINDS, "MPIJob")}
    written = 0
    for number, kind in enumerate(_shuffled(share)):
        text = texts[kind].replace(_NUMBER, str(number))
        yield text
        written += len(text)
        if written >= size:
            return


def _shuffled(share: float) -> Iterator[str]:
    """Yield kinds without end, *share* of them MPIJob."""
    chance = random.Random(1)  # noqa: S311 - the same every time
    while True:
        yield "MPIJob" if chance.random() < share else chance.choice(_KINDS)


def _object(kind: str) -> dict[str, Any]:
    if kind != "MPIJob":
        return {"apiVersion": "v1", "kind": kind, **_stored(), "spec": _pod_spec()}
    replica = {"replicas": 2, "template": {"spec": _pod_spec()}}
    spec = {"slotsPerWorker": 1, "mpiReplicaSpecs": {"Launcher": replica, "Worker": replica}}
    return {"apiVersion": "kubeflow.org/v2beta1", "kind": kind, **_stored(), "spec": spec}


def _stored() -> dict[str, Any]:
    """Return what the API server adds to an object."""
    fields = {
        "f:metadata": {"f:labels": {".": {}, "f:app": {}, "f:tier": {}}, "f:ownerReferences": {}},
        "f:spec": {"f:containers": {'k:{"name":"main"}': {".": {}, "f:image": {}, "f:args": {}}}},
    }
    conditions = [
        {"type": name, "status": "True", "lastTransitionTime": "2026-01-02T03:04:05Z"}
        for name in ("Initialized", "Ready", "ContainersReady", "PodScheduled")
    ]
    return {
        "metadata": {
            "name": f"object-{_NUMBER}",
            "namespace": "team",
            "labels": {"app": f"app-{_NUMBER}", "tier": "back"},
            "annotations": {"note": 'a "quoted" word', "checked": "true"},
            "managedFields": [
                {"manager": name, "operation": "Update", "fieldsV1": fields}
                for name in ("kubectl", "kubelet", "controller")
            ],
            "resourceVersion": _NUMBER,
        },
        "status": {"conditions": conditions, "phase": "Running", "podIP": "10.0.0.1"},
    }


def _pod_spec() -> dict[str, Any]:
    env = [{"name": f"SETTING_{n}", "value": f"value {n} of {_NUMBER}"} for n in range(10)]
    return {
        "containers": [
            {
                "name": name,
                "image": f"registry.example.com/team/{name}:v1.2",
                "args": ["--port=8080", "--log-level", "info", f"--shard={_NUMBER}"],
                "env": env,
                "resources": {"limits": {"cpu": "2", "memory": "4Gi"}, "requests": {}},
                "volumeMounts": [{"mountPath": "/var/run/secrets", "name": "token"}],
            }
            for name in ("main", "sidecar")
        ],
        "nodeName": "node-7",
        "tolerations": [{"effect": "NoExecute", "operator": "Exists"}],
    }
