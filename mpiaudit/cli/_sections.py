"""Several reports as one: of several contexts, or of several snapshots."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from mpiaudit.model import AuditError

if TYPE_CHECKING:
    from mpiaudit.render import Look
    from mpiaudit.report import Report

SCHEMA = 1
"""Raised by one when a field goes or changes its meaning; not when one is added."""

FORMATS = ("text", "json")
"""What can hold more than one report."""


@dataclass(frozen=True, slots=True)
class Section:
    """One cluster: its report, or why there is none."""

    source: str
    """The context, or the snapshot's path."""

    report: Report | None
    error: str = ""


def section(source: str, audit: Callable[[], Report]) -> Section:
    """Return what *audit* says, or in one line why it cannot: the others go on."""
    try:
        return Section(source, audit())
    except AuditError as error:
        return Section(source, None, str(error))


def render(sections: list[Section], output: str, look: Look) -> str:
    """Return all *sections* in one of `FORMATS`."""
    if output == "text":
        return "\n".join(_texts(sections, look))
    document = {"schema": SCHEMA, "reports": [_entry(s) for s in sections]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _texts(sections: list[Section], look: Look) -> Iterator[str]:
    from mpiaudit.render import render as rendered

    for each in sections:
        if each.report:
            yield rendered(each.report, "text", look)
        else:
            head = click.style(
                f"MPIJob on {each.source}", bold=look.colour or None, reset=look.colour
            )
            yield f"{head}\n\nNot read: {each.error}\n"


def _entry(each: Section) -> dict[str, Any]:
    from mpiaudit.render import render as rendered

    report = json.loads(rendered(each.report, "json")) if each.report else None
    return {"source": each.source, "error": each.error or None, "report": report}
