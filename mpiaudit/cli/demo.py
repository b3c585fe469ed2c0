"""``mpiaudit demo``."""

from __future__ import annotations

from pathlib import Path

import click

SAMPLE = Path(__file__).parent / "sample" / "cluster.yaml"
"""A small cluster in which both operators were installed."""


@click.command("demo")
def command() -> None:
    """Audit a bundled sample cluster."""
    import os

    from mpiaudit import engine
    from mpiaudit.cli import _audit, _screen
    from mpiaudit.render import render

    path = os.path.relpath(SAMPLE)
    report = _audit.files([path], engine.load_rules())
    look = _screen.look("auto", pedantic=False)
    click.echo(f"$ mpiaudit scan {path}\n")
    click.echo(render(report, "text", look), nl=False, color=look.colour)
