"""``mpiaudit rbac``."""

from __future__ import annotations

import click


@click.command("rbac")
def command() -> None:
    """Print the least role that a scan needs."""
    from mpiaudit.collect import rights

    click.echo(rights.manifest(), nl=False)
