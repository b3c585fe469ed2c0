"""``mpiaudit krm``."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from mpiaudit.model import AuditError

if TYPE_CHECKING:
    from mpiaudit.report import Report
    from mpiaudit.rule import Rule, Severity

KEYS = ("fail-on", "select", "ignore", "pedantic")
"""The options of ``mpiaudit scan`` that a ``functionConfig`` may hold."""

_ABOUT = ("apiVersion", "kind", "metadata")
_FLAGS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Settings:
    """What a ``functionConfig`` asks for."""

    limit: Severity
    rules: tuple[Rule, ...]
    """Those to judge by."""

    ignored: tuple[Rule, ...]
    pedantic: bool


@click.command("krm")
def command() -> int:
    """Audit as a KRM function: in a kustomization, or in a pipeline of kpt.

    Reads a ResourceList on standard input and writes it to standard output, its items unchanged,
    with a result for each finding. Errors and warnings are on standard error too.

    \b
    apiVersion: mpiaudit/v1          # of your choice
    kind: MPIAudit                   # too; a ConfigMap holds the options in data
    metadata:
      name: mpiaudit
      annotations:
        config.kubernetes.io/function: |
          exec: {path: mpiaudit-krm}
    spec: {fail-on: high, select: job, ignore: MPA110, pedantic: true}

    List its file under `transformers:`, and run
    `kustomize build --enable-alpha-plugins --enable-exec`. All options may be left out.

    Exit codes: 0 nothing as severe as fail-on; 1 findings; 2 usage; 3 not all could be read.
    """  # noqa: D301 - \b is how click keeps lines
    if sys.stdin.isatty():
        raise click.UsageError("a ResourceList comes on standard input, from kustomize or kpt")
    from mpiaudit.cli.scan import FOUND, INCOMPLETE
    from mpiaudit.manifest import resource_list
    from mpiaudit.render import Look, _krm

    data = sys.stdin.buffer.read()
    given = resource_list.parse(data)
    try:
        asked = settings(given.config)
    except AuditError as error:
        _write(given.answer([{"message": str(error), "severity": _krm.ERROR}]))
        raise
    report = _report(data, asked)
    look = Look(pedantic=asked.pedantic)
    said = [*_krm.results(report, look, asked.limit, given.items)]
    _write(given.answer(said))
    for each in said:
        if each["severity"] != _krm.INFO:
            click.echo(f"mpiaudit: {_krm.line(each)}", err=True)
    if report.fails(asked.limit):
        return FOUND
    return 0 if report.complete else INCOMPLETE


def function() -> None:
    """Be ``mpiaudit krm`` for those who start a program without arguments, as kustomize does.

    kubernetes-sigs/kustomize kyaml/v0.19.0 fn/runtime/runtimeutil/functiontypes.go; only since
    kyaml/v0.20 can a function have some.
    """
    from mpiaudit.cli import run

    sys.exit(run(["krm", *sys.argv[1:]]))


def settings(config: Mapping[str, Any]) -> Settings:
    """Return what *config* asks for, the ``data`` of a ConfigMap or the ``spec`` of another kind.

    Raises:
        AuditError: It holds what is no option, or no value of one.
    """
    from mpiaudit import config as selection
    from mpiaudit import engine
    from mpiaudit.cli.scan import SEVERITIES
    from mpiaudit.rule import Severity

    place = "data" if config.get("kind") == "ConfigMap" else "spec"
    if stray := sorted(map(str, config.keys() - {*_ABOUT, place})):
        raise AuditError(f"functionConfig: unknown key {stray[0]!r}; its options stand in {place}")
    given = config.get(place) or {}
    if not isinstance(given, dict):
        raise AuditError(f"functionConfig.{place}: write options, such as fail-on: high")
    for key in given:
        if key not in KEYS:
            raise AuditError(f"functionConfig.{place}: unknown key {key!r}; {_hint(str(key))}")
    limit = given.get("fail-on", "high")
    pedantic = _FLAGS.get(str(given.get("pedantic", False)).lower())
    if limit not in SEVERITIES:
        raise _wrong(place, "fail-on", limit, f"choose from {', '.join(SEVERITIES)}")
    if pedantic is None:
        raise _wrong(place, "pedantic", given["pedantic"], "write true or false")
    rules = engine.load_rules()
    select, ignore = (_words(place, key, given.get(key) or []) for key in ("select", "ignore"))
    return Settings(
        Severity[limit.upper()],
        selection.chosen(rules, select) if select else rules,
        selection.chosen(rules, ignore),
        pedantic,
    )


def _words(place: str, key: str, value: object) -> list[str]:
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        return value
    if not isinstance(value, str):
        raise _wrong(place, key, value, "write a list of rules, or one with commas: MPA080,crd")
    return re.findall(r"[^,\s]+", value)


def _wrong(place: str, key: str, value: object, advice: str) -> AuditError:
    return AuditError(f"functionConfig.{place}.{key} is {value!r}; {advice}")


def _hint(key: str) -> str:
    import difflib  # only to help

    near = difflib.get_close_matches(key, KEYS, 1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(KEYS)}"


def _report(data: bytes, asked: Settings) -> Report:
    """Return the report on the items of the ResourceList *data*."""
    import io

    from mpiaudit.cli import _audit
    from mpiaudit.collect import walk
    from mpiaudit.suppress import Choices

    choices = Choices(frozenset(rule.id for rule in asked.ignored))
    return _audit.files([walk.STDIN], asked.rules, choices=choices, stdin=io.BytesIO(data))


def _write(text: str) -> None:
    """Write *text* in UTF-8, whatever the locale says."""
    click.echo(text.encode(), nl=False)
