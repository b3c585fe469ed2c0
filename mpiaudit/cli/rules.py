"""``mpiaudit rules``."""

from __future__ import annotations

import click


@click.command("rules")
@click.option("-o", "--output", type=click.Choice(("text", "json")), default="text")
def command(output: str) -> None:
    """List every rule and what it finds."""
    from mpiaudit import engine

    rules = engine.load_rules()
    if output == "text":
        from tabulate import tabulate

        rows = [(r.id, r.severity.word, r.topic, r.title) for r in rules]
        click.echo(tabulate(rows, ("rule", "severity", "topic", "finds"), disable_numparse=True))
        return
    import json

    keys = ("id", "slug", "topic", "title", "remedy", "doc")
    listed = [
        {key: getattr(r, key) for key in keys}
        | {
            "severity": r.severity.word,
            "confidence": r.confidence.word,
            "needs": list(r.needs),
            "uses": list(r.uses),
            "symptom_of": sorted(r.symptom_of),
        }
        for r in rules
    ]
    click.echo(json.dumps(listed, indent=2, ensure_ascii=False))
