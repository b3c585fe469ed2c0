"""What a repository's settings say of findings: which to live with, and how severe some are."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from mpiaudit import config
from mpiaudit.inventory.suppression import Matching, Suppression
from mpiaudit.model import AuditError, Location, Reference
from mpiaudit.rule import Rule, Severity
from mpiaudit.suppress import Choices, Regrade

Words = Annotated[list[str], msgspec.Meta(min_length=1)]
Pattern = Annotated[str, msgspec.Meta(description="A shell pattern; without it, all.")]
File = Annotated[str, msgspec.Meta(description="A pattern of paths beside the settings.")]
Reason = Annotated[str, msgspec.Meta(min_length=1, description="Why; shown in reports.")]


class Suppress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Findings to move aside."""

    rules: Words
    reason: Reason
    until: date | None = None
    """The last day on which it holds."""

    kind: Pattern = ""
    namespace: Pattern = ""
    name: Pattern = ""
    file: File = ""


class Regraded(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A severity other than a rule's own."""

    rules: Words
    severity: Literal["low", "medium", "high", "critical"]
    reason: Reason


T = TypeVar("T", Suppress, Regraded)

TABLES: Mapping[str, type[Suppress | Regraded]] = {"suppress": Suppress, "severity": Regraded}
"""The arrays of tables that the settings may hold."""


@dataclass(frozen=True, slots=True)
class Written:
    """The settings' tables, and their file."""

    path: Path
    tables: Mapping[str, Any]


def schemas() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the JSON Schema of each of `TABLES`, by its key, and what they refer to in $defs."""
    kinds, defined = msgspec.json.schema_components(TABLES.values(), ref_template="#/$defs/{name}")
    arrays = ({"type": "array", "items": kind} for kind in kinds)
    return dict(zip(TABLES, arrays, strict=True)), defined


def choices(written: Written | None, rules: Sequence[Rule], ignored: Iterable[Rule]) -> Choices:
    """Return what the settings and the option ``--ignore`` decide.

    Raises:
        AuditError: A table is not as it must be, or names no rule.
    """
    ids = frozenset(rule.id for rule in ignored)
    if written is None:
        return Choices(ids)
    return Choices(
        ids,
        tuple(
            _suppression(at, each, written.path.parent)
            for at, each in _each(written, "suppress", Suppress, rules)
        ),
        tuple(
            Regrade(_ids(each.rules, rules), Severity[each.severity.upper()], each.reason, at)
            for at, each in _each(written, "severity", Regraded, rules)
        ),
        os.path.relpath(written.path),
    )


def _suppression(at: Location, each: Suppress, folder: Path) -> Suppression:
    """Return it; what names a folder is about all that is in it."""
    file = os.path.abspath(folder / each.file) if each.file else ""  # noqa: PTH100 - not resolved
    scope = Matching(each.kind, each.namespace, each.name, file)
    return Suppression(at, scope, tuple(each.rules), each.reason, each.until)


def _ids(words: Iterable[str], rules: Sequence[Rule]) -> frozenset[str]:
    return frozenset(rule.id for rule in config.chosen(rules, words))


def _each(
    written: Written, key: str, kind: type[T], rules: Sequence[Rule]
) -> Iterator[tuple[Location, T]]:
    """Yield each table of *key*, with the place where it begins."""
    tables = written.tables.get(key, [])
    lines = _lines(written.path, key)
    if not isinstance(tables, list):
        raise AuditError(f"{written.path}:{lines[0]}: {key} is no array; write [[...{key}]]")
    for number, table in enumerate(tables):
        line = lines[min(number, len(lines) - 1)]
        try:
            each = msgspec.convert(table, kind)
            if not each.reason.strip():
                raise AuditError(f"a table of {key} gives no reason")  # noqa: TRY301 - as the others
            config.chosen(rules, each.rules)
        except (msgspec.ValidationError, AuditError) as error:
            said = str(error).replace("Object", f"a table of {key}")
            raise AuditError(f"{written.path}:{line}: {said}") from error
        reference = Reference("Setting", "", f"{key}[{number}]", "", os.path.relpath(written.path))
        yield Location(reference, (), line, 1), each


def _lines(path: Path, key: str) -> list[int]:
    """Return the lines on which tables of *key* begin; the first alone where they are inline."""
    text = path.read_text(encoding="utf-8").splitlines()
    table = rf"\s*\[\[?\s*(tool\s*\.\s*)?mpiaudit\s*\.\s*{key}\b"
    inline = rf"\s*{key}\s*="
    found = ([n for n, line in enumerate(text, 1) if re.match(p, line)] for p in (table, inline))
    return next(filter(None, found), [1])
