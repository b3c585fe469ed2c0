"""What kubeconfig files say: kubectl's rules for several of them, contexts and namespaces."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from mpiaudit.model import AuditError

DEFAULT = "~/.kube/config"

FALLBACK = "default"
"""Where kubectl puts what names no namespace, if nothing else says where."""

POD_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
"""The namespace of the pod that this runs in, if it runs in one.

kubernetes/client-go v0.34.1 tools/clientcmd/client_config.go (inClusterClientConfig.Namespace).
"""


def contexts(kubeconfig: str | None) -> dict[str, str]:
    """Return the namespace of each context, by the context's name, sorted.

    Without *kubeconfig* it is the one that kubectl would use.

    Raises:
        AuditError: There is no kubeconfig, or one that cannot be read.
    """
    found = named([content(path) for path in files(kubeconfig)], "contexts")
    spaces = {str(n): part(c, "context").get("namespace") for n, c in found.items() if n}
    return {name: str(spaces[name] or FALLBACK) for name in sorted(spaces)}


def every(kubeconfig: str | None) -> list[str]:
    """Return the name of every context.

    Raises:
        AuditError: There is none.
    """
    names = list(contexts(kubeconfig))
    if not names:
        raise AuditError(f"no context in {kubeconfig or DEFAULT}; see --kubeconfig and KUBECONFIG")
    return names


def namespace(kubeconfig: str | None, context: str) -> str:
    """Return where *context* puts what names no namespace; a pod's own for ``in-cluster``.

    Raises:
        AuditError: A kubeconfig cannot be read.
    """
    known = contexts(kubeconfig)
    if not known and POD_NAMESPACE.is_file():
        return POD_NAMESPACE.read_text(encoding="utf-8").strip() or FALLBACK
    return known.get(context, FALLBACK)


def files(kubeconfig: str | None) -> list[str]:
    """Return the kubeconfig files there are: ``--kubeconfig``, else KUBECONFIG, else the default.

    Raises:
        AuditError: Files were named and none of them exists.
    """
    paths = [kubeconfig] if kubeconfig else os.environ.get("KUBECONFIG", "").split(os.pathsep)
    given = [str(Path(path).expanduser()) for path in paths if path]
    found = [path for path in given or [str(Path(DEFAULT).expanduser())] if Path(path).exists()]
    if given and not found:
        raise AuditError(f"{given[0]}: no such kubeconfig; see --kubeconfig and KUBECONFIG")
    return found


def content(path: str) -> dict[str, Any]:
    """Return the mapping that one kubeconfig file holds.

    Raises:
        AuditError: It cannot be read, or is none.
    """
    try:
        entries = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else path
        raise AuditError(f"{place}: not a kubeconfig: {error.problem}") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise AuditError(f"{path}: not a kubeconfig: {' '.join(str(error).split())}") from error
    if not isinstance(entries, dict):
        raise AuditError(f"{path}: not a kubeconfig: no mapping in it")
    return entries


def first(entries: list[dict[str, Any]], key: str) -> str:
    """Return the value of the first file that sets it, as kubectl does; the client takes the last.

    Source: kubernetes/client-go v0.34.1 tools/clientcmd/loader.go (ClientConfigLoadingRules.Load).
    """
    return next((str(entry[key]) for entry in entries if entry.get(key)), "")


def named(entries: list[dict[str, Any]], key: str) -> dict[object, Mapping[str, Any]]:
    """Return the named items of all files; the first of a name wins."""
    found: dict[object, Mapping[str, Any]] = {}
    for entry in entries:
        for item in entry.get(key) or ():
            if isinstance(item, dict):
                found.setdefault(item.get("name"), item)
    return found


def part(item: Mapping[str, Any] | None, key: str) -> Mapping[str, Any]:
    """Return the mapping at *key* of *item*, or an empty one."""
    value = (item or {}).get(key)
    return value if isinstance(value, dict) else {}
