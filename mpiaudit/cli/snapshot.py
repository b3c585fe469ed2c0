"""``mpiaudit snapshot``."""

from __future__ import annotations

from typing import Any

import click

from mpiaudit.cli import _target

INCOMPLETE = 3
"""The exit code where not all could be read; the snapshot says so, and so does its scan."""


@click.command("snapshot")
@click.option("-o", "--output", required=True, metavar="FILE", help="Where to write it.")
@click.option("--allow-partial", is_flag=True, help="Exit 0 though not all could be read.")
@_target.options
def command(output: str, *, allow_partial: bool, **parameters: Any) -> int:  # noqa: ANN401 - click's
    """Write all that a scan reads of a cluster to one file.

    `mpiaudit scan FILE` then says what a scan of the cluster would have said. The file holds no
    value of a Secret or a ConfigMap, and environment values of the MPIJob controllers only.

    Exit codes: 0 written; 2 usage; 3 written, and not all could be read, or no answer at all.
    """
    from mpiaudit import engine
    from mpiaudit.cli import _audit, _screen

    targets = _target.targets(parameters)
    if len(targets) > 1:
        raise click.UsageError("a snapshot is of one context; take one for each")
    with _screen.progress() as progress:
        reading = _audit.record(targets[0], engine.load_rules(), output, progress)
    click.echo(f"{output}: {reading.documents} objects of {reading.context}, {reading.taken}")
    for kind, gap in sorted(reading.gaps.items()):
        click.echo(f"mpiaudit: not read: {kind}, {gap.reason}", err=True)
    return INCOMPLETE if reading.gaps and not allow_partial else 0
