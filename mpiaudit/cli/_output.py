"""Where reports go, as ``-o`` says: formats on standard output, and in files."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import click

from mpiaudit.model import AuditError
from mpiaudit.render import Look, formats

PAGE = Look(width=100)
"""How text looks in a file."""


@dataclass(frozen=True, slots=True)
class Output:
    """A report in one format."""

    format: str
    path: str = ""
    """The file; empty for standard output."""


def outputs(words: Iterable[str]) -> list[Output]:
    """Return what *words* ask for, each ``FORMAT`` or ``FORMAT=FILE``.

    Raises:
        click.BadParameter: There is no such format, or a file is named without one or twice.
    """
    asked = [_output(word) for word in words]
    paths = [each.path for each in asked if each.path]
    for path in paths:
        if paths.count(path) > 1:
            raise _bad(f"{path} would hold two reports; name one file for each")
    return asked


def write(asked: Iterable[Output], look: Look, render: Callable[[str, Look], str]) -> None:
    """Print and write all of *asked*, as *render* gives them.

    Raises:
        AuditError: A file cannot be written. What was asked for before it is there.
    """
    for each in asked:
        if each.path:
            page = replace(look, width=PAGE.width, colour=False)
            _replace(Path(each.path), render(each.format, page))
        else:
            click.echo(render(each.format, look), nl=False, color=look.colour)


def _output(word: str) -> Output:
    name, has_path, path = word.partition("=")
    if name not in formats():
        raise _bad(f"{name!r} is no format; choose from {', '.join(formats())}")
    if has_path and not path:
        raise _bad(f"{word} names no file")
    return Output(name, path)


def _bad(text: str) -> click.BadParameter:
    return click.BadParameter(text, param_hint="--output")


def _replace(path: Path, text: str) -> None:
    """Write *text* so that who reads the file meanwhile never sees half of it.

    What is there and no regular file, a pipe or a terminal, is written to.
    """
    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            path.write_text(text, encoding="utf-8")
            return
        target = path.resolve()
        beside = target.with_name(f"{target.name}.tmp")
        beside.write_text(text, encoding="utf-8")
        beside.replace(target)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise AuditError(f"{path}: cannot write the report: {reason}") from error
