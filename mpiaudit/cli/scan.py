"""``mpiaudit scan``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from mpiaudit.report import Report

SEVERITIES = ("low", "medium", "high", "critical")

FOUND, INCOMPLETE, EMPTY = 1, 3, 4
"""Exit codes; 2 is a usage error, 130 Ctrl-C."""

_LIVE = ("kubeconfig", "context", "as_user", "as_groups", "namespace", "selector")
"""Options that only a live scan can honour."""


@click.command("scan")
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option("-o", "--output", default="text", help="How to print: text or json.")
@click.option("--color", "colour", type=click.Choice(("auto", "always", "never")), default="auto")
@click.option("--pedantic", is_flag=True, help="Show what is only possible, too.")
@click.option("--select", multiple=True, metavar="RULES", help="Judge only these rules or topics.")
@click.option("--ignore", multiple=True, metavar="RULES", help="Move these rules' findings aside.")
@click.option(
    "--fail-on",
    type=click.Choice(SEVERITIES),
    default="high",
    show_default=True,
    help="Exit 1 for a finding at least this severe.",
)
@click.option("--exit-zero", is_flag=True, help="Exit 0 whatever is found.")
@click.option("--allow-partial", is_flag=True, help="Exit 0 though not all could be read.")
@click.option("--fail-if-empty", is_flag=True, help="Exit 4 where there is nothing to audit.")
@click.option("--parse-all", is_flag=True, help="Parse every document, relevant or not.")
@click.option("--kubeconfig", metavar="FILE", help="The kubeconfig to use.")
@click.option("--context", metavar="NAME", help="The kubeconfig context to use.")
@click.option("--as", "as_user", metavar="USER", help="Impersonate this user.")
@click.option("--as-group", "as_groups", multiple=True, metavar="GROUP", help="... in this group.")
@click.option("-n", "--namespace", metavar="NAME", help="Audit the MPIJobs of one namespace.")
@click.option("-A", "--all-namespaces", is_flag=True, help="Audit all namespaces (the default).")
@click.option("-l", "--selector", default="", help="Audit the MPIJobs with these labels.")
@click.option("--chunk-size", type=click.IntRange(1), default=500, help="Objects per request.")
@click.option(
    "--request-timeout",
    default="30s",
    metavar="TIME",
    help="For one request: 30, 30s, 1m; 0: none.",
)
def command(paths: tuple[str, ...], **options: Any) -> int:  # noqa: ANN401 - click's
    """Audit a live cluster, or the manifests in PATHS.

    PATHS are files, folders (.yaml, .yml, .json) or - for standard input. Without PATHS the
    cluster of the current kubeconfig context is audited; only GET requests are sent.

    Exit codes: 0 nothing as severe as --fail-on; 1 findings; 2 usage; 3 not all could be read;
    4 nothing to audit, with --fail-if-empty; 130 interrupted.
    """
    from mpiaudit import config, engine
    from mpiaudit.cli import _screen
    from mpiaudit.render import formats, render

    if options["output"] not in formats():
        raise click.BadParameter(f"choose from {', '.join(formats())}", param_hint="--output")
    rules = engine.load_rules()
    selected = config.chosen(rules, _split(options["select"])) if options["select"] else rules
    ignored = config.chosen(rules, _split(options["ignore"])) if options["ignore"] else ()
    if paths:
        _refuse_live_options(options)
        report = _files(paths, selected, parse_all=options["parse_all"])
    else:
        report = _live(selected, options)
    report = config.ignore(report, ignored)
    look = _screen.look(options["colour"], pedantic=options["pedantic"])
    click.echo(render(report, options["output"], look), nl=False, color=look.colour)
    return _exit_code(report, options)


def _split(selectors: tuple[str, ...]) -> list[str]:
    return [word for selector in selectors for word in selector.split(",")]


def _refuse_live_options(options: dict[str, Any]) -> None:
    if given := [name for name in _LIVE if options[name]]:
        flag = given[0].removesuffix("_user").removesuffix("s").replace("_", "-")
        raise click.UsageError(f"--{flag} is for a live scan; leave out PATHS")


def _files(paths: tuple[str, ...], rules: tuple[Any, ...], *, parse_all: bool) -> Report:
    from mpiaudit.cli import _audit

    return _audit.files(paths, rules, parse_all=parse_all)


def _live(rules: tuple[Any, ...], options: dict[str, Any]) -> Report:
    from mpiaudit.cli import _audit, _screen
    from mpiaudit.collect.live import Options

    if options["namespace"] and options["all_namespaces"]:
        raise click.UsageError("--namespace and --all-namespaces exclude each other")
    target = Options(
        kubeconfig=options["kubeconfig"],
        context=options["context"],
        as_user=options["as_user"],
        as_groups=options["as_groups"],
        request_timeout=_seconds(options["request_timeout"]),
        namespace=options["namespace"],
        all_namespaces=not options["namespace"],
        selector=options["selector"],
        chunk_size=options["chunk_size"],
    )
    with _screen.progress() as progress:
        return _audit.cluster(target, rules, progress)


def _seconds(text: str) -> float:
    """Return the seconds that *text* names as kubectl would read it: ``30``, ``30s``, ``1m``."""
    units = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
    number = text.rstrip("msh")
    try:
        seconds = float(number) * units[text[len(number) :] or "s"]
    except (ValueError, KeyError):
        seconds = -1.0
    if seconds < 0:
        raise click.BadParameter(f"{text}: give a time such as 30, 30s or 1m")
    return seconds


def _exit_code(report: Report, options: dict[str, Any]) -> int:
    from mpiaudit.rule import Confidence, Severity

    if options["exit_zero"]:
        return 0
    limit = Severity[options["fail_on"].upper()]
    if any(
        f.severity >= limit and f.confidence is not Confidence.POSSIBLE for f in report.findings
    ):
        return FOUND
    if not report.complete and not options["allow_partial"]:
        return INCOMPLETE
    return EMPTY if report.empty and options["fail_if_empty"] else 0
