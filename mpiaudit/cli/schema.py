"""``mpiaudit schema``."""

from __future__ import annotations

import json

import click


@click.command("schema")
@click.argument("of", type=click.Choice(("report", "settings")))
def command(of: str) -> None:
    """Print the JSON Schema of a report (-o json), or of the settings in mpiaudit.toml."""
    from importlib.resources import files

    from mpiaudit.cli import _settings, scan

    if of == "report":
        click.echo(files("mpiaudit.render").joinpath("report.schema.json").read_text(), nl=False)
    else:
        click.echo(json.dumps(_settings.schema(scan.command), indent=2))
