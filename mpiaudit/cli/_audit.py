"""From input to report: collect, take stock, judge, look up lines."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import IO, TYPE_CHECKING

from mpiaudit import engine
from mpiaudit.collect import files as file_collector
from mpiaudit.collect import walk
from mpiaudit.inventory.build import build, kinds_for
from mpiaudit.inventory.view import timestamp
from mpiaudit.model import Resource
from mpiaudit.reading import Reading
from mpiaudit.report import Coverage, Report
from mpiaudit.rule import Rule
from mpiaudit.suppress import Choices

if TYPE_CHECKING:
    from mpiaudit.collect import live
    from mpiaudit.collect.shipped import Target

_GZIP = b"\x1f\x8b"
"""How every gzip file begins."""

Progress = Callable[[str], None] | None


@dataclass(frozen=True, slots=True)
class Manifests:
    """Manifests that were read once, to be laid over one cluster or several."""

    paths: tuple[str, ...]
    resources: tuple[Resource, ...]
    reading: Reading
    """Consumed: what is to be said of the files."""

    kept: file_collector.Kept


def is_snapshot(path: str) -> bool:
    """Return whether *path* is a regular file that gzip wrote, and no archive of manifests."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - a pipe is read only once
            return False
        with open(path, "rb") as stream:  # noqa: PTH123 - pathlib costs a third of a start
            return stream.read(len(_GZIP)) == _GZIP and not walk.is_archive(path)
    except OSError:
        return False


def files(  # noqa: PLR0913 - most are named
    paths: Sequence[str],
    rules: Sequence[Rule],
    *,
    parse_all: bool = False,
    render: bool = False,
    targets: Sequence[Target] = (),
    choices: Choices = engine.NONE,
    stdin: IO[bytes] | None = None,
) -> Report:
    """Return the report on the manifests in *paths*, as it would be where *targets* run.

    *stdin* is what ``-`` stands for, instead of standard input.

    Raises:
        AuditError: A path does not exist.
    """
    reading, kept = _read_files(paths, rules, parse_all=parse_all, render=render, stdin=stdin)
    source = " ".join(paths)
    standing: Sequence[Resource] = ()
    if targets:
        from mpiaudit.collect import target

        standing = target.lay(reading, targets)
    place = partial(file_collector.place, kept=kept)
    report = _judge(reading, rules, source, replace(choices, place=place))
    if standing:
        source += f" for {' and '.join(map(str, targets))}"
        relevant = report.coverage.relevant - len(standing)
        report = replace(
            report, coverage=replace(report.coverage, source=source, relevant=relevant)
        )
    return report.placed(place(report.locations()))


def manifests(
    paths: Sequence[str], rules: Sequence[Rule], *, parse_all: bool = False, render: bool = False
) -> Manifests:
    """Return the manifests in *paths*, for `cluster` and `recorded` to judge over what is there.

    Raises:
        AuditError: A path does not exist.
    """
    reading, kept = _read_files(paths, rules, parse_all=parse_all, render=render)
    return Manifests(tuple(paths), tuple(reading.resources), reading, kept)


def cluster(
    options: live.Options,
    rules: Sequence[Rule],
    progress: Progress = None,
    above: Manifests | None = None,
    choices: Choices = engine.NONE,
) -> Report:
    """Return the report on a live cluster, as it would be with *above* applied to it.

    Raises:
        AuditError: There is no such context, no answer, or no valid credentials.
    """
    from mpiaudit.collect import kubeconfig, live

    coming = above.resources if above else ()
    reading = live.collect(_kinds(rules), options, progress, coming)
    if above is None:
        return _judge(reading, rules, reading.context, choices, is_live=True)
    home = options.namespace or kubeconfig.namespace(options.kubeconfig, reading.context)
    return _over(reading, above, home, rules, choices)


def recorded(
    path: str,
    rules: Sequence[Rule],
    above: Manifests | None = None,
    namespace: str | None = None,
    choices: Choices = engine.NONE,
) -> Report:
    """Return what `cluster` would, of the cluster that the snapshot at *path* was taken of.

    *namespace* is where those of *above* go that name none, instead of the context's.

    Raises:
        AuditError: The file is no snapshot, or damaged.
    """
    from mpiaudit.collect import snapshot

    reading = snapshot.read(path, _kinds(rules))
    if above is None:
        return _judge(reading, rules, reading.context, choices, is_live=True)
    return _over(reading, above, namespace or snapshot.header(path).namespace, rules, choices)


def record(
    options: live.Options, rules: Sequence[Rule], path: str, progress: Progress = None
) -> Reading:
    """Write the snapshot of a live cluster that *rules* need; return its reading, consumed.

    Raises:
        AuditError: The cluster cannot be asked, or the file cannot be written.
    """
    from mpiaudit.collect import kubeconfig, live, snapshot

    kinds = _kinds(rules)
    reading = live.collect(kinds, options, progress)
    home = kubeconfig.namespace(options.kubeconfig, reading.context)
    snapshot.write(reading, path, kinds, home)
    return reading


def _read_files(
    paths: Sequence[str],
    rules: Sequence[Rule],
    *,
    parse_all: bool,
    render: bool,
    stdin: IO[bytes] | None = None,
) -> tuple[Reading, file_collector.Kept]:
    kept: file_collector.Kept = {}
    kinds = None if parse_all else _kinds(rules)
    reading = file_collector.collect(
        paths, kinds, stdin=stdin or sys.stdin.buffer, kept=kept, render=render
    )
    return reading, kept


def _kinds(rules: Iterable[Rule]) -> frozenset[str]:
    return kinds_for(name for rule in rules for name in (*rule.needs, *rule.uses))


def _over(
    reading: Reading,
    above: Manifests,
    namespace: str,
    rules: Sequence[Rule],
    choices: Choices,
) -> Report:
    from mpiaudit.collect import overlay

    given = replace(above.reading, resources=iter(above.resources))
    laid = overlay.lay(given, reading, namespace)
    source = f"{' '.join(above.paths)} over {reading.context}"
    place = partial(file_collector.place, kept=above.kept)
    report = _judge(laid, rules, source, replace(choices, place=place), is_live=True)
    return report.placed(place(report.locations()))


def _judge(
    reading: Reading,
    rules: Sequence[Rule],
    source: str,
    choices: Choices,
    *,
    is_live: bool = False,
) -> Report:
    """Return the report on *reading*, on the day on which it was read."""
    reading.resources = _settled(reading, reading.resources)
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
    today = (timestamp(reading.taken) or datetime.now(UTC)).date()
    return engine.audit(inventory, rules, coverage, replace(choices, today=today))


def _settled(reading: Reading, resources: Iterator[Resource]) -> Iterator[Resource]:
    """Yield *resources*, then put the gaps in an order that no thread decides."""
    yield from resources
    reading.gaps = dict(sorted(reading.gaps.items()))
