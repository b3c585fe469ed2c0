"""Baselines and JSON reports as files, to be compared."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from mpiaudit import __version__
from mpiaudit.compare import Entry, Side, Word
from mpiaudit.model import AuditError, FieldPath, Location, Reference
from mpiaudit.render.json import SCHEMA as REPORT_SCHEMA

SCHEMA = 1
"""Of a baseline: raised by one when a field goes or changes its meaning."""

_T = TypeVar("_T")


def baseline(side: Side, rules: Iterable[str]) -> str:
    """Return *side* as the JSON of a baseline: a finding a line, by rule and place.

    *rules* are the ids of all rules there are: those that were not judged are named.
    """
    head = {
        "mpiaudit": __version__,
        "schema": SCHEMA,
        "judged": sorted(side.judged),
        "not_judged": sorted(set(rules) - side.judged),
        "not_read": list(side.unread),
    }
    lines = [f'  "{key}": {json.dumps(value)},\n' for key, value in head.items()]
    entries = sorted(side.found, key=lambda e: (e.place, e.severity))
    found = ",".join(f"\n    {json.dumps(asdict(e))}" for e in entries)
    return "".join(("{\n", *lines, f'  "findings": [{found}\n  ]\n}}\n'))


def read(path: str) -> Side:
    """Return what a baseline, or a JSON report, says.

    Raises:
        AuditError: It cannot be read, or is neither.
    """
    content = _content(path)
    head = _decoded(content, _Head, path)
    if head.reports is not None:
        raise AuditError(f"{path}: several reports; give the report of one cluster")
    if head.schema is None:
        raise _stranger(path, "it has no field `schema`")
    wanted = REPORT_SCHEMA if head.mpiaudit is None else SCHEMA
    if head.schema != wanted:
        told = f"schema {head.schema}, and this mpiaudit reads {wanted}"
        raise AuditError(f"{path}: {told}; write it again with this mpiaudit")
    if head.mpiaudit is None:
        return _decoded(content, _Report, path).side()
    return _decoded(content, _Baseline, path).side()


def is_baseline(path: str) -> bool:
    """Return whether *path* holds a baseline, of whatever schema.

    Raises:
        AuditError: It cannot be read.
    """
    try:
        return msgspec.json.decode(_content(path), type=_Head).mpiaudit is not None
    except (msgspec.MsgspecError, RecursionError):
        return False


def _content(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise AuditError(
            f"{path}: cannot read it: {reason.lower()}; `mpiaudit baseline write` makes a baseline"
        ) from error


def _decoded(content: bytes, shape: type[_T], path: str) -> _T:
    try:
        return msgspec.json.decode(content, type=shape)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise _stranger(path, str(error)) from error


def _stranger(path: str, why: str) -> AuditError:
    return AuditError(
        f"{path}: neither a baseline nor a JSON report ({why}); "
        "write it with `mpiaudit baseline write` or `mpiaudit scan -o json`"
    )


@dataclass(frozen=True, slots=True)
class _Head:
    """What tells the files apart."""

    schema: int | None = None
    mpiaudit: str | None = None
    """In baselines only."""

    reports: object = None
    """In what holds several reports only."""


@dataclass(frozen=True, slots=True)
class _Baseline:
    judged: frozenset[str]
    not_read: tuple[str, ...]
    findings: tuple[Entry, ...]

    def side(self) -> Side:
        return Side(self.findings, (), self.judged, self.not_read)


@dataclass(frozen=True, slots=True)
class _Object:
    kind: str
    namespace: str | None
    name: str


@dataclass(frozen=True, slots=True)
class _Place:
    path: FieldPath


@dataclass(frozen=True, slots=True)
class _Finding:
    fingerprint: str
    rule: str
    severity: Word
    object: _Object
    at: _Place
    message: str
    explains: tuple[_Finding, ...]

    def entries(self) -> Iterator[Entry]:
        """Yield it, then its symptoms."""
        it = self.object
        at = Location(Reference(it.kind, it.namespace or "", it.name, "", ""), self.at.path)
        field = (str(at.object), at.dotted, self.message)
        yield Entry(self.fingerprint, self.rule, self.severity, *field)
        for symptom in self.explains:
            yield from symptom.entries()


@dataclass(frozen=True, slots=True)
class _Coverage:
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Report:
    findings: tuple[_Finding, ...]
    suppressed: tuple[_Finding, ...]
    passed: tuple[str, ...]
    coverage: _Coverage

    def side(self) -> Side:
        found = tuple(e for f in self.findings for e in f.entries())
        aside = tuple(e for f in self.suppressed for e in f.entries())
        judged = {*self.passed, *(e.rule for e in (*found, *aside))}
        return Side(found, aside, frozenset(judged), self.coverage.faults)
