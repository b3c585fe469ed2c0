"""Which cluster manifests are held against though none is read: ``--target``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from mpiaudit.collect.shipped import Target

option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--target",
    multiple=True,
    metavar="RELEASE",
    help='Judge PATHS as if applied where "mpi-operator 0.8.0" runs, say; more than once for '
    "several releases. Flags of the controller may follow. Or a snapshot, as --against.",
)


def split(
    parameters: dict[str, Any], paths: tuple[str, ...], snapshots: list[str], flags: list[str]
) -> tuple[str | None, tuple[Target, ...]]:
    """Return the snapshot, or the releases, that PATHS are held against; neither without a target.

    A target of the settings is for manifests: where a cluster is read it is passed over.

    Raises:
        UsageError: One was typed, and a cluster is read.
        AuditError: It is neither a snapshot nor a known release.
    """
    from mpiaudit.cli import _audit

    texts: tuple[str, ...] = parameters.get("target") or ()
    snapshot = next(filter(_audit.is_snapshot, texts), None)
    allowed = {"--namespace"} if snapshot else set()
    wrong = ["--against"] if parameters["against"] else [f for f in flags if f not in allowed]
    if not texts:
        return None, ()
    if not paths or snapshots or wrong:
        if _typed():
            raise click.UsageError(_why(snapshots, wrong))
        return None, ()
    if snapshot and len(texts) > 1:
        raise click.UsageError(f"--target {snapshot}: a snapshot is a whole cluster; give it alone")
    if snapshot:
        return snapshot, ()
    from mpiaudit.collect import target

    return None, target.together(texts)


def _typed() -> bool:
    source = click.get_current_context().get_parameter_source("target")
    return source is click.core.ParameterSource.COMMANDLINE


def _why(snapshots: list[str], wrong: list[str]) -> str:
    if wrong:
        return f"--target stands for a cluster, and {wrong[0]} reads one; leave one of them out"
    if snapshots:
        return f"--target is for manifests; {snapshots[0]} is a snapshot of a cluster"
    return "--target is for manifests: name them as PATHS"
