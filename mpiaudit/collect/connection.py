"""A client of one API server, as one user: the rules that kubectl follows."""

# ruff: noqa: PLC0415 - kubernetes costs 0.4 s to import

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

from mpiaudit.collect import kubeconfig as kubeconfigs
from mpiaudit.collect.complaints import complaints, last_line
from mpiaudit.collect.kubeconfig import DEFAULT, part
from mpiaudit.model import AuditError, UnreachableError

IN_CLUSTER = "in-cluster"

LEGAL = "!#$&'*+^`|"
"""What may stand in a header's name beside letters, digits and ``_.-~``.

kubernetes/client-go v0.34.1 transport/round_trippers.go (legalHeaderKeyBytes), which escapes
all else as in a URL.
"""

SUCCESSORS = {"gcp": "gke-gcloud-auth-plugin", "azure": "kubelogin"}
"""Which exec plug-in takes the place of an auth provider that kubectl has no more.

kubernetes/client-go v0.34.1 plugin/pkg/client/auth/plugins_providers.go.
"""


@dataclass(frozen=True, slots=True)
class Connection:
    """A client with the credentials of one context."""

    name: str
    """The context, or ``in-cluster``."""

    client: Any
    """A ``kubernetes.client.ApiClient``."""

    user: Mapping[str, Any]
    """The user entry of the kubeconfig; empty in a cluster."""


def connect(kubeconfig: str | None, context: str | None) -> Connection:
    """Return a client for *context* of *kubeconfig*; None for either means kubectl's default.

    Raises:
        AuditError: There is no kubeconfig, or no such context.
        UnreachableError: The exec plug-in gives no credentials.
    """
    paths = kubeconfigs.files(kubeconfig)
    if not paths:
        return _in_cluster()
    entries = [kubeconfigs.content(path) for path in paths]
    name = context or kubeconfigs.first(entries, "current-context")
    contexts = kubeconfigs.named(entries, "contexts")
    if not name:
        raise AuditError(f"{paths[0]}: no current context; choose one with --context")
    if name not in contexts:
        known = ", ".join(sorted(map(str, contexts))) or "none"
        raise AuditError(f"kubeconfig: no context {name!r}; choose one with --context: {known}")
    chosen = part(contexts[name], "context")
    user = part(kubeconfigs.named(entries, "users").get(chosen.get("user")), "user")
    server = part(kubeconfigs.named(entries, "clusters").get(chosen.get("cluster")), "cluster")
    return Connection(name, _client(paths, name, user, str(server.get("proxy-url") or "")), user)


def impersonation(
    user: Mapping[str, Any], as_user: str | None, as_groups: tuple[str, ...]
) -> list[tuple[str, str]]:
    """Return the headers of ``--as`` and ``--as-group``, else those the kubeconfig asks for.

    Raises:
        AuditError: A group without a user, which the API server refuses.
    """
    if as_groups and not as_user:
        raise AuditError("--as-group needs --as: whose groups they are")
    if as_user:
        return [
            ("Impersonate-User", as_user),
            *(("Impersonate-Group", group) for group in as_groups),
        ]
    if not user.get("as"):
        return []
    return [
        ("Impersonate-User", str(user["as"])),
        *(("Impersonate-Uid", str(user["as-uid"])) for _ in [0] if user.get("as-uid")),
        *(("Impersonate-Group", str(group)) for group in user.get("as-groups") or ()),
        *(
            (f"Impersonate-Extra-{quote(str(key), safe=LEGAL)}", str(value))
            for key, values in (user.get("as-user-extra") or {}).items()
            for value in values
        ),
    ]


def _client(files: list[str], context: str, user: Mapping[str, Any], proxy: str) -> Any:  # noqa: ANN401
    from kubernetes import client, config

    provider = part(user, "auth-provider").get("name")
    if provider in SUCCESSORS:
        raise AuditError(
            f"kubeconfig, context {context!r}: kubectl has no auth provider {provider} since 1.26; "
            f"use the exec plug-in {SUCCESSORS[provider]}"
        )
    configuration = client.Configuration()
    with complaints() as logged:
        try:
            config.load_kube_config(  # type: ignore[no-untyped-call]
                os.pathsep.join(files), context, configuration
            )
        except Exception as error:  # whatever a malformed entry sets off in there
            raise AuditError(f"kubeconfig, context {context!r}: {last_line(error)}") from error
    if user.get("exec") and not configuration.api_key and not configuration.cert_file:
        command = part(user, "exec").get("command")
        why = last_line(*logged) or "it gave no credentials"
        if "NoneType" in why:  # on a terminal the client leaves its words there, and then trips
            why = "see above"
        raise UnreachableError(f"context {context!r}: the exec plug-in {command} failed: {why}")
    if not configuration.verify_ssl:
        _silence_warnings()
    try:
        _route(configuration, proxy)
        return client.ApiClient(configuration)
    except ImportError as error:
        raise AuditError(
            f"kubeconfig, context {context!r}: a SOCKS proxy needs the Python package pysocks"
        ) from error
    except Exception as error:  # an address or a proxy that is none
        raise AuditError(f"kubeconfig, context {context!r}: {last_line(error)}") from error


def _route(configuration: Any, proxy: str) -> None:  # noqa: ANN401 - kubernetes has no types
    """Have the kubeconfig's *proxy* used always, and one of the environment not for loopback.

    Raises:
        ValueError: The server's address is none.

    Source: golang/net v0.47.0 http/httpproxy/proxy.go (useProxy) and kubernetes/client-go v0.34.1
    tools/clientcmd/client_config.go (ClientConfig).
    """
    if "://" not in configuration.host:
        raise ValueError(f"the server {configuration.host!r} is no URL; write https://HOST:PORT")
    if proxy:
        configuration.no_proxy = None
    elif _is_loopback(urlsplit(configuration.host).hostname or ""):
        configuration.proxy = None


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _in_cluster() -> Connection:
    from kubernetes import client, config

    configuration = client.Configuration()
    try:
        config.load_incluster_config(  # type: ignore[no-untyped-call]
            client_configuration=configuration
        )
    except config.ConfigException as error:
        raise AuditError(
            f"no kubeconfig at {DEFAULT} and not in a cluster; use --kubeconfig, or give files"
        ) from error
    return Connection(IN_CLUSTER, client.ApiClient(configuration), {})


def _silence_warnings() -> None:
    """Keep quiet about ``insecure-skip-tls-verify``, which the user chose, as kubectl does."""
    import urllib3

    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
