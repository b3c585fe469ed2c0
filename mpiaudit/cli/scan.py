"""``mpiaudit scan``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from mpiaudit.cli import _settings, _stated, _target, _values

if TYPE_CHECKING:
    from mpiaudit.cli._audit import Manifests
    from mpiaudit.collect.live import Options
    from mpiaudit.report import Report
    from mpiaudit.rule import Rule
    from mpiaudit.suppress import Choices

LETTERS = ("A", "B", "C", "D")

SEVERITIES = ("low", "medium", "high", "critical")

FOUND, INCOMPLETE, EMPTY = 1, 3, 4
"""Exit codes; 2 is a usage error, 130 Ctrl-C."""

WORST_FIRST = (FOUND, INCOMPLETE, EMPTY)
"""Which code stands for several reports."""

Audit = Callable[[], "Report"]


@click.command("scan")
@click.argument("paths", nargs=-1, type=click.Path(allow_dash=True), metavar="[PATHS]...")
@click.option(
    "-o",
    "--output",
    "output",
    multiple=True,
    default=("text",),
    metavar="FORMAT[=FILE]",
    shell_complete=_values.formats,
    help="How to print, or what to write to FILE; more than once for several. text, json, "
    "markdown, github, sarif, gitlab, checkstyle, rdjsonl, junit, csv, prometheus, policyreport "
    "or openreports.",
)
@click.option("--color", "colour", type=click.Choice(("auto", "always", "never")), default="auto")
@click.option("--pedantic", is_flag=True, help="Show what is only possible, too.")
@click.option("--show-suppressed", is_flag=True, help="Show what was moved aside, and why.")
@click.option(
    "--select",
    multiple=True,
    metavar="RULES",
    shell_complete=_values.rules,
    help="Judge only these rules or topics.",
)
@click.option(
    "--ignore",
    multiple=True,
    metavar="RULES",
    shell_complete=_values.rules,
    help="Move these rules' findings aside.",
)
@click.option(
    "--fail-on",
    type=click.Choice(SEVERITIES),
    default="high",
    show_default=True,
    help="Exit 1 for a finding at least this severe.",
)
@click.option(
    "--fail-under",
    type=click.Choice(LETTERS),
    metavar="GRADE",
    help="Exit 1 for a grade worse than this: A, B, C or D.",
)
@click.option(
    "--baseline",
    type=click.Path(),
    metavar="FILE",
    help="Fail for what is not in this baseline only.",
)
@click.option("--exit-zero", is_flag=True, help="Exit 0 whatever is found.")
@click.option("--allow-partial", is_flag=True, help="Exit 0 though not all could be read.")
@click.option("--fail-if-empty", is_flag=True, help="Exit 4 where there is nothing to audit.")
@click.option("--parse-all", is_flag=True, help="Parse every document, relevant or not.")
@click.option("--render", is_flag=True, help="Build charts and kustomizations first, offline.")
@click.option(
    "--config",
    type=click.Path(),
    metavar="FILE",
    is_eager=True,
    expose_value=False,
    callback=_settings.apply,
    help="Settings, instead of the nearest mpiaudit.toml or pyproject.toml.",
)
@click.option(
    "--against",
    type=click.Path(),
    metavar="SNAPSHOT",
    help="Lay PATHS over the cluster of a snapshot.",
)
@_stated.option
@click.option("--all-contexts", is_flag=True, help="Audit the cluster of every context.")
@_target.options
def command(paths: tuple[str, ...], **options: Any) -> int:  # noqa: ANN401 - click's
    """Audit a live cluster, a snapshot, or the manifests in PATHS.

    PATHS are files, folders (.yaml, .yml, .json), archives of them (.tar, .tgz, .tar.xz, .zip),
    snapshots, or - for standard input; must-gathers and support bundles are known. Without PATHS
    the cluster of the current kubeconfig context is audited; only GET requests are sent.
    PATHS with --against or --target, or with an option that names a cluster, are judged as if
    applied to it.
    --context takes several names, with commas between: one report each.

    Exit codes: 0 nothing as severe as --fail-on; 1 findings, or a grade below --fail-under;
    2 usage; 3 not all could be read; 4 nothing to audit, with --fail-if-empty; 130 interrupted.
    Of several, 1 outweighs 3.
    """
    from mpiaudit import config, engine
    from mpiaudit.cli import _choices, _output, _screen, _sections
    from mpiaudit.render import render

    outputs = _output.outputs(options["output"])
    rules = engine.load_rules()
    selected = config.chosen(rules, _split(options["select"])) if options["select"] else rules
    ignored = config.chosen(rules, _split(options["ignore"])) if options["ignore"] else ()
    choices = _choices.choices(click.get_current_context().obj, rules, ignored)
    baseline = _baseline(options["baseline"])
    audits = audits_of(paths, selected, options, choices)
    look = _screen.look(
        options["colour"], pedantic=options["pedantic"], suppressed=options["show_suppressed"]
    )
    if len(audits) == 1 and not options["all_contexts"]:
        report = baseline(audits[0][1]())
        _output.write(outputs, look, partial(render, report))
        return _exit_code(report, options)
    if options["baseline"]:
        raise click.UsageError(
            "--baseline is of one cluster, in the settings too; scan one after the other"
        )
    if single := [o.format for o in outputs if o.format not in _sections.FORMATS]:
        raise click.UsageError(f"-o {single[0]} holds one report; take one after the other")
    parts = [_sections.section(source, audit) for source, audit in audits]
    _output.write(outputs, look, partial(_sections.render, parts))
    codes = {_exit_code(p.report, options) if p.report else INCOMPLETE for p in parts}
    return next((code for code in WORST_FIRST if code in codes), 0)


def _split(selectors: tuple[str, ...]) -> list[str]:
    return [word for selector in selectors for word in selector.split(",")]


def _baseline(path: str | None) -> Callable[[Report], Report]:
    """Return what marks a report with what the baseline at *path* knows, read already."""
    if path is None:
        return lambda report: report
    from mpiaudit import compare
    from mpiaudit.cli import _sides

    return partial(compare.against, _sides.read(path))


def audits_of(
    paths: tuple[str, ...], rules: tuple[Rule, ...], options: dict[str, Any], choices: Choices
) -> list[tuple[str, Audit]]:
    """Return what is to be audited: its name, and what makes the report."""
    from mpiaudit.cli import _audit

    flags = _target.given(options)
    against = options["against"]
    manner = {"parse_all": options["parse_all"], "render": options["render"]}
    snapshots = [path for path in paths if _audit.is_snapshot(path)]
    snapshot, releases = _stated.split(options, paths, snapshots, flags)
    if against := against or snapshot:
        _expect_manifests(paths, snapshots, flags)
        above = _audit.manifests(paths, rules, **manner)
        namespace = options["namespace"]
        audit = partial(_audit.recorded, against, rules, above, namespace, choices)
        return [(against, audit)]
    if snapshots and flags:
        raise click.UsageError(f"{flags[0]} is for a live scan; {snapshots[0]} is a snapshot")
    if snapshots and len(snapshots) < len(paths):
        raise click.UsageError(f"manifests go over a snapshot with --against {snapshots[0]}")
    if snapshots:
        return [(p, partial(_audit.recorded, p, rules, choices=choices)) for p in snapshots]
    if paths and not flags:
        files = partial(_audit.files, paths, rules, targets=releases, choices=choices, **manner)
        return [("files", files)]
    targets = _target.targets(options)
    over = _audit.manifests(paths, rules, **manner) if paths else None
    live = partial(_live, rules=rules, above=over, choices=choices)
    return [(t.context or "current context", partial(live, t)) for t in targets]


def _expect_manifests(paths: tuple[str, ...], snapshots: list[str], flags: list[str]) -> None:
    if not paths or snapshots:
        raise click.UsageError("--against needs the manifests that go over the snapshot: PATHS")
    if wrong := [flag for flag in flags if flag != "--namespace"]:
        raise click.UsageError(f"{wrong[0]} is for a live scan; --against reads a snapshot")


def _live(
    target: Options, rules: tuple[Rule, ...], above: Manifests | None, choices: Choices
) -> Report:
    from mpiaudit.cli import _audit, _screen

    with _screen.progress() as progress:
        return _audit.cluster(target, rules, progress, above, choices)


def _is_under(report: Report, options: dict[str, Any]) -> bool:
    """Return whether the grade, which may be an upper bound, is worse than the one asked for."""
    least = options["fail_under"]
    if not (least and report.grade and report.grade.letter > least):
        return False
    click.echo(f"mpiaudit: grade {report.grade}, and --fail-under asks for {least}", err=True)
    return True


def _exit_code(report: Report, options: dict[str, Any]) -> int:
    from mpiaudit.rule import Severity

    if options["exit_zero"]:
        return 0
    if report.fails(Severity[options["fail_on"].upper()]) or _is_under(report, options):
        return FOUND
    if not report.complete and not options["allow_partial"]:
        return INCOMPLETE
    return EMPTY if report.empty and options["fail_if_empty"] else 0
