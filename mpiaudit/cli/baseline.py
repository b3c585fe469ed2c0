"""``mpiaudit baseline``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mpiaudit.cli import _stated, _target

INCOMPLETE = 3
"""The exit code where not all could be read, and nothing was written."""


@click.group("baseline")
def command() -> None:
    """Keep the findings of today, so that only new ones fail.

    \b
      mpiaudit baseline write FILE manifests/
      mpiaudit scan manifests/ --baseline FILE
    """  # noqa: D301 - \b is how click keeps lines


@command.command("write")
@click.argument("file")
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option("--select", multiple=True, metavar="RULES", help="Judge only these rules or topics.")
@click.option("--allow-partial", is_flag=True, help="Write it though not all could be read.")
@click.option("--parse-all", is_flag=True, help="Parse every document, relevant or not.")
@click.option("--render", is_flag=True, help="Build charts and kustomizations first, offline.")
@_stated.option
@click.option("--against", metavar="SNAPSHOT", help="Lay PATHS over the cluster of a snapshot.")
@_target.options
def write(file: str, paths: tuple[str, ...], **options: Any) -> int:  # noqa: ANN401 - click's
    """Audit what `mpiaudit scan PATHS` audits, and write all findings to FILE.

    A finding is known again by its rule, object and field, wherever its lines go.

    Exit codes: 0 written; 2 usage; 3 not written, because not all could be read.
    """
    from mpiaudit import compare, config, engine
    from mpiaudit.cli import _output, _sides, scan
    from mpiaudit.render import PLAIN

    _expect_replaceable(file)
    rules = engine.load_rules()
    words = [word for selector in options["select"] for word in selector.split(",")]
    chosen = config.chosen(rules, words) if words else rules
    audits = scan.audits_of(paths, chosen, options, engine.NONE)
    if len(audits) != 1:
        raise click.UsageError("a baseline is of one cluster; write one for each")
    report = audits[0][1]()
    if not report.complete and not options["allow_partial"]:
        told = "not all could be read, `mpiaudit scan` says what; --allow-partial writes it anyway"
        click.echo(f"mpiaudit: {file}: not written: {told}", err=True)
        return INCOMPLETE
    side = compare.side(report)
    text = _sides.baseline(side, (rule.id for rule in rules))
    _output.write([_output.Output("baseline", file)], PLAIN, lambda *_: text)
    unjudged = len({rule.id for rule in rules} - side.judged)
    click.echo(f"{file}: findings: {len(side.found)}; rules not judged: {unjudged}")
    return 0


def _expect_replaceable(file: str) -> None:
    """Refuse to write over what is no baseline: PATHS without FILE before them.

    Raises:
        AuditError: There is such a file.
    """
    from mpiaudit.cli import _sides
    from mpiaudit.model import AuditError

    path = Path(file)
    if path.is_file() and path.stat().st_size and not _sides.is_baseline(file):
        raise AuditError(f"{file}: no baseline, so it is not written over; name another FILE")
