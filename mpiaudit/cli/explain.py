"""``mpiaudit explain``."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mpiaudit.rule import Rule

RULE_BOOK = Path(__file__).parents[1] / "rulebook"
"""For each topic and rule the manifests that it must and must not flag."""

_ID = re.compile(r"mpa0*(\d+)")


@click.command("explain")
@click.argument("words", nargs=-1, required=True, metavar="RULE|'ERROR TEXT'")
def command(words: tuple[str, ...]) -> None:
    """Explain a rule, with a manifest on both sides, or an error message.

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
    named = _named(text.lower(), rules)
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


def _named(word: str, rules: Mapping[str, Rule]) -> Rule | None:
    """Return the rule of that id, zeros left out or not, or of that slug."""
    if number := _ID.fullmatch(word):
        return rules.get(f"MPA{number[1].zfill(3)}")
    return next((r for r in rules.values() if word == r.slug), None)


def _wrapped(text: str) -> str:
    """Return *text* in lines of 80 columns; names with hyphens stay whole."""
    return textwrap.fill(" ".join(text.split()), 80, break_on_hyphens=False)


def _page(rule: Rule) -> str:
    head = f"{rule.id} {rule.title}\n\n{rule.severity.word}, {rule.confidence.word}; {rule.topic}"
    text = f"{head}\n\n{rule.doc}\n\nRemedy: {rule.remedy}".replace("``", "`")
    return "\n\n".join((text, _example(rule, "bad"), _example(rule, "good")))


def _example(rule: Rule, side: str) -> str:
    """Return the simplest page of the rule book on one side."""
    pages = (RULE_BOOK / rule.topic / f"{rule.id}-{rule.slug}").glob(f"{side}*.yaml")
    page = min(pages, key=lambda path: (len(path.stem), path.stem))
    heading = {"bad": "Flagged, at the marked lines:", "good": "Not flagged:"}[side]
    return f"{heading}\n\n{textwrap.indent(page.read_text(encoding='utf-8').rstrip(), '    ')}"
