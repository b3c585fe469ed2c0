"""``mpiaudit diff``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mpiaudit.compare import Difference, Entry

SCHEMA = 1
"""Raised by one when a field goes or changes its meaning; not when one is added."""

FOUND, INCOMPARABLE = 1, 3
"""Exit codes: new findings, and findings of rules that OLD did not judge."""


@click.command("diff")
@click.argument("old")
@click.argument("new")
@click.option("-o", "--output", type=click.Choice(("text", "json")), default="text")
def command(old: str, new: str, output: str) -> int:
    """Compare two audits of one input: what is new, resolved, or cannot be told.

    OLD and NEW are JSON reports (`mpiaudit scan -o json`) or baselines (`mpiaudit baseline
    write`). A finding is the same where its rule, object and field are, wherever its lines went.
    Of a rule that one side did not judge nothing is claimed to be new or resolved.

    Exit codes: 0 nothing new; 1 new findings; 2 usage, or no such files; 3 nothing surely new, but
    findings of rules that OLD did not judge.
    """
    from mpiaudit import compare
    from mpiaudit.cli import _sides

    difference = compare.difference(_sides.read(old), _sides.read(new))
    if output == "json":
        click.echo(_json(difference))
    else:
        click.echo("\n".join(_text(difference, _plain(old), _plain(new))))
    if difference.new:
        return FOUND
    return INCOMPARABLE if difference.perhaps_new else 0


def _json(difference: Difference) -> str:
    import json
    from dataclasses import asdict

    return json.dumps({"schema": SCHEMA, **asdict(difference)}, indent=2, ensure_ascii=False)


def _text(it: Difference, old: str, new: str) -> Iterator[str]:
    unclear = len(it.perhaps_new) + len(it.perhaps_resolved)
    counts = f"{len(it.new)} new, {len(it.resolved)} resolved, {it.unchanged} unchanged"
    yield f"{counts}, {unclear} incomparable"
    yield from _part("New", it.new)
    yield from _part("Resolved", it.resolved)
    yield from _part(f"Perhaps new: {old} did not judge these rules", it.perhaps_new)
    yield from _part(
        f"Perhaps resolved: {new} did not judge these rules, or did not read all",
        it.perhaps_resolved,
    )
    if it.judged_before or it.judged_now:
        yield ""
    yield from _rules(old, it.judged_before)
    yield from _rules(new, it.judged_now)


def _part(heading: str, entries: Iterable[Entry]) -> Iterator[str]:
    for number, entry in enumerate(entries):
        if number == 0:
            yield from ("", heading)
        at = _plain(f"{entry.object}  {entry.path}".rstrip())
        yield f"  {entry.severity:<8}  {_plain(entry.rule)}  {at}"
        yield f"            {_plain(entry.message)}"


def _rules(where: str, ids: tuple[str, ...]) -> Iterator[str]:
    if ids:
        yield f"Judged in {where} only: {len(ids)} of the rules; -o json names them"


def _plain(text: str) -> str:
    """Return *text* on one line, with what could move a cursor escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
