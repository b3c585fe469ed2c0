"""``mpiaudit explain``."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mpiaudit.rule import Rule


@click.command("explain")
@click.argument("words", nargs=-1, required=True, metavar="RULE|'ERROR TEXT'")
def command(words: tuple[str, ...]) -> None:
    """Explain a rule or an error message.

    A message of a controller, of kubectl or of the API server leads to its cause and rule.

    \b
      mpiaudit explain MPA003
      mpiaudit explain "CRD doesn't exist. Exiting"
    """  # noqa: D301 - \b is how click keeps lines
    from mpiaudit import engine
    from mpiaudit.facts import messages
    from mpiaudit.model import AuditError

    text = " ".join(words)
    rules = {r.id: r for r in engine.load_rules()}
    named = next((r for r in rules.values() if text.lower() in {r.id.lower(), r.slug}), None)
    if named:
        click.echo(_page(named))
        return
    known = messages.rules_for(text)
    if not known:
        raise AuditError(f"no rule and no known message matches {text!r}; see `mpiaudit rules`")
    message = known[0]
    click.echo(f"{_wrapped(message.meaning)}\n\n{_wrapped(f'Source: {message.source}')}\n")
    if message.rule in rules:
        click.echo(_page(rules[message.rule]))


def _wrapped(text: str) -> str:
    """Return *text* in lines of 80 columns; names with hyphens stay whole."""
    return textwrap.fill(" ".join(text.split()), 80, break_on_hyphens=False)


def _page(rule: Rule) -> str:
    head = f"{rule.id} {rule.title}\n\n{rule.severity.word}, {rule.confidence.word}; {rule.topic}"
    return f"{head}\n\n{rule.doc}\n\nRemedy: {rule.remedy}".replace("``", "`")
