"""Write ``mpiaudit/facts/schemas.json``: the structure and the types of upstream's MPIJob CRDs.

    python tools/schemas/reduce.py kubeflow/mpi-operator@v0.8.0=FILE kubeflow/trainer@v1.9.4=FILE

Each FILE is ``manifests/base/kubeflow.org_mpijobs.yaml``, or ``manifests/base/crds/`` for
trainer, at that tag, or a stream of manifests that holds it. The pod template of the first one
serves all versions: an older one only knows fewer fields.
"""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

TARGET = Path(__file__).parents[2] / "mpiaudit" / "facts" / "schemas.json"
KEPT = ("type", "required", "nullable", "x-kubernetes-int-or-string")
OPEN = "x-kubernetes-preserve-unknown-fields"
NAME = "mpijobs.kubeflow.org"


def reduced(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what *schema* says of fields and types; not the texts, values and defaults."""
    kept = {k: schema[k] for k in (*KEPT, OPEN) if k in schema}
    if "properties" in schema:
        kept["properties"] = {n: reduced(s) for n, s in schema["properties"].items()}
        required = [n for n in kept.pop("required", ()) if "default" not in schema["properties"][n]]
        kept |= {"required": required} if required else {}
    for inner in ("items", "additionalProperties"):
        if isinstance(schema.get(inner), dict):
            kept[inner] = reduced(schema[inner])
    return kept


def definition(path: Path) -> dict[str, Any]:
    """Return the MPIJob CRD in the manifests at *path*."""
    documents = yaml.load_all(path.read_bytes(), yaml.CSafeLoader)
    return next(d for d in documents if d and d["metadata"]["name"] == NAME)


def main() -> None:
    """Write the schemas of the CRDs that the command line names."""
    versions: dict[str, Any] = {}
    template: dict[str, Any] = {}
    for argument in sys.argv[1:]:
        source, _, file = argument.partition("=")
        (version,) = definition(Path(file))["spec"]["versions"]
        spec = reduced(version["schema"]["openAPIV3Schema"]["properties"]["spec"])
        replica = spec["properties"]["mpiReplicaSpecs"]["additionalProperties"]["properties"]
        template = template or replica["template"]
        replica["template"] = {}
        versions[version["name"]] = {"source": source, "spec": spec}
    body = {"template": template, "versions": versions}
    TARGET.write_text(json.dumps(body, separators=(",", ":"), sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
