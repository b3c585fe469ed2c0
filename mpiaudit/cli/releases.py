"""``mpiaudit releases``."""

from __future__ import annotations

import click


@click.command("releases")
def command() -> None:
    """List the controller releases that are known."""
    from tabulate import tabulate

    from mpiaudit.facts import releases

    rows = [
        (r.product, r.version, r.date, r.reads or "no MPIJob", ", ".join(r.tags))
        for r in releases.releases()
    ]
    heads = ("controller", "release", "date", "reconciles", "image tags")
    click.echo(tabulate(rows, heads, disable_numparse=True))
    click.echo(f"\nKnown until {releases.known_until()}.")
