"""Which clusters a command reads: kubectl's options, under kubectl's names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from mpiaudit.collect.live import Options

Command = Callable[..., Any]

NAMES = (
    ("kubeconfig", "--kubeconfig"),
    ("context", "--context"),
    ("all_contexts", "--all-contexts"),
    ("as_user", "--as"),
    ("as_groups", "--as-group"),
    ("namespace", "--namespace"),
    ("all_namespaces", "--all-namespaces"),
    ("selector", "--selector"),
)
"""The parameters that say which cluster is read, and how much of it, with their flags."""

_OPTIONS = (
    click.option("--kubeconfig", type=click.Path(), metavar="FILE", help="The kubeconfig to use."),
    click.option("--context", multiple=True, metavar="NAME", help="The kubeconfig context to use."),
    click.option("--as", "as_user", metavar="USER", help="Impersonate this user."),
    click.option(
        "--as-group", "as_groups", multiple=True, metavar="GROUP", help="... in this group."
    ),
    click.option("-n", "--namespace", metavar="NAME", help="Audit the MPIJobs of one namespace."),
    click.option(
        "-A", "--all-namespaces", is_flag=True, help="Audit all namespaces (the default)."
    ),
    click.option("-l", "--selector", default="", help="Audit the MPIJobs with these labels."),
    click.option("--chunk-size", type=click.IntRange(1), default=500, help="Objects per request."),
    click.option(
        "--request-timeout",
        default="30s",
        metavar="TIME",
        help="For one request: 30, 30s, 1m; 0: none.",
    ),
)


def options(command: Command) -> Command:
    """Give *command* the options of a live cluster."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def given(parameters: dict[str, Any]) -> list[str]:
    """Return the flags among *parameters* that say which cluster is read."""
    return [flag for name, flag in NAMES if parameters.get(name)]


def targets(parameters: dict[str, Any]) -> list[Options]:
    """Return what to read of each context, in the order given; of the current one without any.

    Raises:
        UsageError: Options that exclude each other.
        AuditError: All contexts are asked for, and there is none.
    """
    from mpiaudit.collect.live import Options

    if parameters["namespace"] and parameters["all_namespaces"]:
        raise click.UsageError("--namespace and --all-namespaces exclude each other")
    timeout = _seconds(parameters["request_timeout"])
    return [
        Options(
            kubeconfig=parameters["kubeconfig"],
            context=context,
            as_user=parameters["as_user"],
            as_groups=parameters["as_groups"],
            request_timeout=timeout,
            namespace=parameters["namespace"],
            all_namespaces=not parameters["namespace"],
            selector=parameters["selector"],
            chunk_size=parameters["chunk_size"],
        )
        for context in _contexts(parameters)
    ]


def _contexts(parameters: dict[str, Any]) -> list[str | None]:
    named = [name for words in parameters["context"] for name in words.split(",") if name]
    if not parameters.get("all_contexts"):
        return [*dict.fromkeys(named)] or [None]
    if named:
        raise click.UsageError("--context and --all-contexts exclude each other")
    from mpiaudit.collect import kubeconfig

    return [*kubeconfig.every(parameters["kubeconfig"])]


def _seconds(text: str) -> float:
    """Return the seconds that *text* names as kubectl would read it: ``30``, ``30s``, ``1m``."""
    units = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
    number = text.rstrip("msh")
    try:
        seconds = float(number) * units[text[len(number) :] or "s"]
    except (ValueError, KeyError):
        seconds = -1.0
    if seconds < 0:
        raise click.BadParameter(f"{text}: give a time such as 30, 30s or 1m")
    return seconds
