"""From input to report: collect, take stock, judge, look up lines."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence

from mpiaudit import engine
from mpiaudit.collect import files as file_collector
from mpiaudit.collect import live
from mpiaudit.inventory.build import build, kinds_for
from mpiaudit.model import Reading
from mpiaudit.report import Coverage, Report
from mpiaudit.rule import Rule


def files(paths: Sequence[str], rules: Sequence[Rule], *, parse_all: bool = False) -> Report:
    """Return the report on the manifests in *paths*.

    Raises:
        AuditError: A path does not exist.
    """
    kept: file_collector.Kept = {}
    kinds = None if parse_all else _kinds(rules)
    reading = file_collector.collect(paths, kinds, stdin=sys.stdin.buffer, kept=kept)
    report = _judge(reading, rules, " ".join(paths), is_live=False)
    return report.placed(file_collector.place(report.locations(), kept))


def cluster(
    options: live.Options, rules: Sequence[Rule], progress: Callable[[str], None] | None = None
) -> Report:
    """Return the report on a live cluster.

    Raises:
        AuditError: There is no such context, no answer, or no valid credentials.
    """
    reading = live.collect(_kinds(rules), options, progress)
    return _judge(reading, rules, reading.context, is_live=True)


def _kinds(rules: Iterable[Rule]) -> frozenset[str]:
    return kinds_for(name for rule in rules for name in (*rule.needs, *rule.uses))


def _judge(reading: Reading, rules: Sequence[Rule], source: str, *, is_live: bool) -> Report:
    inventory = build(reading)
    coverage = Coverage(
        source=source,
        live=is_live,
        server=reading.server,
        inputs=reading.inputs,
        documents=reading.documents,
        faults=tuple(reading.faults),
        notes=tuple(reading.notes),
    )
    return engine.audit(inventory, rules, coverage)
