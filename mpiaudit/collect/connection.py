"""A client of one API server, as one user: the rules that kubectl follows."""

# ruff: noqa: PLC0415 - kubernetes costs 0.4 s to import

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from mpiaudit.collect import kubeconfig as kubeconfigs
from mpiaudit.collect.kubeconfig import DEFAULT, part
from mpiaudit.model import AuditError

IN_CLUSTER = "in-cluster"


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
        AuditError: There is no kubeconfig, no such context, or no credentials.
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
    account = part(contexts[name], "context").get("user")
    user = part(kubeconfigs.named(entries, "users").get(account), "user")
    return Connection(name, _client(paths, name, user), user)


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
            (f"Impersonate-Extra-{key}", str(value))
            for key, values in (user.get("as-user-extra") or {}).items()
            for value in values
        ),
    ]


def _client(files: list[str], context: str, user: Mapping[str, Any]) -> Any:  # noqa: ANN401
    from kubernetes import config

    with _complaints() as complaints:
        try:
            client = config.new_client_from_config(  # type: ignore[no-untyped-call]
                config_file=os.pathsep.join(files), context=context
            )
        except Exception as error:  # whatever a malformed entry sets off in there
            raise AuditError(f"kubeconfig, context {context!r}: {error}") from error
    configuration = client.configuration
    if user.get("exec") and not configuration.api_key and not configuration.cert_file:
        command = part(user, "exec").get("command")
        why = " ".join(" ".join(complaints).split()) or "it gave no credentials"
        raise AuditError(f"context {context!r}: the exec plug-in {command} failed: {why}")
    if not configuration.verify_ssl:
        _silence_warnings()
    return client


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


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collect what is logged meanwhile: the client logs an exec plug-in's failure and goes on."""
    lines: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    collector = Collector(logging.WARNING)
    logging.getLogger().addHandler(collector)
    try:
        yield lines
    finally:
        logging.getLogger().removeHandler(collector)


def _silence_warnings() -> None:
    """Keep quiet about ``insecure-skip-tls-verify``, which the user chose, as kubectl does."""
    import urllib3

    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
