"""Every entry of every table says where it was read."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mpiaudit.facts.tables import NAMES, table

SOURCE = re.compile(r"[\w.-]+/[\w.-]+ \S")
"""A repository, then a tag, an issue or a file."""


def rows(name: str) -> list[dict[str, Any]]:
    """Return the rows of all lists in the table *name*."""
    return [row for rows in table(name).values() for row in rows]


@pytest.mark.parametrize("name", NAMES)
def test_every_entry_names_its_source(name: str) -> None:
    """A fact that nobody can look up is a rumour."""
    entries = rows(name)

    assert entries
    assert [row for row in entries if not SOURCE.match(row.get("source", ""))] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_entry_is_written_twice(name: str) -> None:
    """Two entries for one thing would disagree one day."""
    facts = [{k: v for k, v in row.items() if k != "source"} for row in rows(name)]

    assert [fact for fact in facts if facts.count(fact) > 1] == []
