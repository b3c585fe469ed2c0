"""The least role that a live scan needs."""

from __future__ import annotations

from typing import Any

import yaml

from mpiaudit.collect import kinds
from mpiaudit.collect.kinds import Kind
from mpiaudit.inventory.crd import CRD_NAME
from mpiaudit.inventory.podgroup import DEFINITIONS

NAME = "mpiaudit"

GET: tuple[Kind, ...] = (kinds.CONFIG_MAP,)
"""Kinds of which single objects are asked for by name, beside lists."""

LISTED: tuple[Kind, ...] = (
    kinds.DEPLOYMENT,
    kinds.STATEFUL_SET,
    kinds.mpijob("v2beta1"),
    kinds.POD,
    kinds.JOB,
    kinds.SERVICE,
    kinds.RESOURCE_QUOTA,
    kinds.LIMIT_RANGE,
    kinds.NETWORK_POLICY,
    kinds.CONFIG_MAP,
    kinds.SECRET,
    kinds.SERVICE_ACCOUNT,
    kinds.NAMESPACE,
    kinds.EVENT,
    kinds.LEASE,
    kinds.CLUSTER_ROLE,
    kinds.CLUSTER_ROLE_BINDING,
    kinds.ROLE,
    kinds.ROLE_BINDING,
)
"""Kinds that are listed; of Secrets only the metadata is ever asked for."""


def manifest() -> str:
    """Return the ClusterRole and a binding, as YAML to apply."""
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": NAME},
        "rules": rules(),
    }
    return f"{_HEAD}{yaml.safe_dump(role, sort_keys=False)}{_BINDING}"


def rules() -> list[dict[str, Any]]:
    """Return the rules of the role: one for each kind that is read, and no verb but these."""
    definition = _rule(kinds.CRD, ["get"]) | {"resourceNames": [CRD_NAME, *DEFINITIONS]}
    return [
        definition,
        *(_rule(kind, ["get", "list"] if kind in GET else ["list"]) for kind in LISTED),
    ]


def _rule(kind: Kind, verbs: list[str]) -> dict[str, Any]:
    group = kind.api_version.rpartition("/")[0]
    return {"apiGroups": [group], "resources": [kind.plural], "verbs": verbs}


_HEAD = """\
# What `mpiaudit scan` reads of a cluster: lists, and never a Secret's values, though Kubernetes
# cannot grant their names alone; without a rule, what needs it is said to be not judged.
"""

_BINDING = """\
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: mpiaudit
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: mpiaudit
subjects:
# Put your own here: the user, group or ServiceAccount that scans.
- kind: ServiceAccount
  namespace: default
  name: mpiaudit
"""
