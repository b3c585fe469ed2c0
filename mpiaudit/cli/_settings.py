"""The configuration file: options of ``mpiaudit scan`` that a repository keeps.

``[mpiaudit]`` in ``mpiaudit.toml``, or ``[tool.mpiaudit]`` in ``pyproject.toml``. The nearest one
counts, from the working directory upward to the root of its repository; what the command line
says counts more.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from mpiaudit.model import AuditError

TABLES = {"mpiaudit.toml": ("mpiaudit",), "pyproject.toml": ("tool", "mpiaudit")}
"""Where the settings stand in each file, of those in one folder the first."""

OWN = frozenset({"mpiaudit.toml"})
"""Files in which nobody else keeps anything."""

KEPT = (
    "select", "ignore", "fail-on", "fail-under", "baseline", "pedantic", "show-suppressed",
    "exit-zero", "allow-partial", "fail-if-empty", "parse-all", "render", "target",
)  # fmt: skip
"""The options that a repository may keep; the others are about one run."""

TABLED = ("suppress", "severity")
"""Arrays of tables, which stand for no option: `mpiaudit.cli._choices`."""


def apply(ctx: click.Context, param: click.Parameter, value: str | None) -> None:  # noqa: ARG001
    """Take the defaults of a command's options from the file *value*, or from the nearest one.

    Raises:
        AuditError: The file cannot be read, or holds what is no setting.
    """
    found = _table(Path(value), named=True) if value else _nearest()
    if found:
        path, table = found
        ctx.default_map = dict(_defaults(ctx.command, path, table))
        from mpiaudit.cli import _choices

        ctx.obj = _choices.Written(path, {key: table[key] for key in TABLED if key in table})


def schema(command: click.Command) -> dict[str, Any]:
    """Return the JSON Schema of the settings of *command*."""
    from mpiaudit.cli import _choices

    options = {key: _kind(option) for key, option in _options(command).items()}
    tables, defined = _choices.schemas()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of mpiaudit",
        "type": "object",
        "properties": options | tables,
        "additionalProperties": False,
        "$defs": defined,
    }


def _nearest() -> tuple[Path, Mapping[str, Any]] | None:
    """Return the settings that hold here; outside of a repository those of this folder alone."""
    try:
        folder = Path.cwd()
    except OSError:  # it has been deleted
        return None
    above = [folder, *folder.parents]
    root = next((i for i, each in enumerate(above) if (each / ".git").exists()), 0)
    for each in above[: root + 1]:
        for name in TABLES:
            if (each / name).is_file() and (found := _table(each / name, named=False)):
                return found
    return None


def _table(path: Path, *, named: bool) -> tuple[Path, Mapping[str, Any]] | None:
    """Return *path* and its settings; None where it has no table for them and was not *named*."""
    import tomllib  # most repositories keep none

    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise AuditError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AuditError(f"{path}: not TOML: {error}") from error
    keys = TABLES.get(path.name, TABLES["mpiaudit.toml"])
    table: Any = content
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    if isinstance(table, dict):
        return path, table
    if content and (named or path.name in OWN):
        raise AuditError(f"{path}: there is no table [{'.'.join(keys)}]")
    return None


def _defaults(
    command: click.Command, path: Path, table: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    """Yield the name of a parameter and its value for each setting."""
    options = _options(command)
    for key, value in table.items():
        if key in TABLED:
            continue
        if key not in options:
            known = (*options, *TABLED)
            raise AuditError(f"{_at(path, key)}: unknown key {key!r}; {_hint(key, known)}")
        kind = _kind(options[key])
        if wrong := _wrong(kind, value):
            raise AuditError(f"{_at(path, key)}: {key} is {value!r}; {wrong}")
        if key == "target":
            yield str(options[key].name), _targets(path, value)
            continue
        is_file = kind.get("type") == "string"
        yield str(options[key].name), str(path.parent / value) if is_file else value


def _targets(path: Path, value: str | list[str]) -> list[str]:
    """Return each target, that of a snapshot beside the file *path* with its folder."""
    from mpiaudit.collect import target

    words = [value] if isinstance(value, str) else value
    files = {word: str(path.parent / word) for word in words}
    files = {w: f for w, f in files.items() if os.path.isfile(f)}  # noqa: PTH113 - any length
    try:
        target.together(word for word in words if word not in files)
    except AuditError as error:
        raise AuditError(f"{_at(path, 'target')}: {error}") from error
    return [files.get(word, word) for word in words]


def _hint(key: str, options: Sequence[str]) -> str:
    import difflib  # only to help

    near = difflib.get_close_matches(key, options, 1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(options)}"


def _options(command: click.Command) -> dict[str, click.Option]:
    """Return the options that may be kept, by the key of the setting."""
    by_flag = {
        flag.removeprefix("--"): param
        for param in command.params
        if isinstance(param, click.Option)
        for flag in param.opts
    }
    return {key: by_flag[key] for key in KEPT}


def _kind(option: click.Option) -> dict[str, Any]:
    """Return the JSON Schema of a setting."""
    if option.is_flag:
        kind: dict[str, Any] = {"type": "boolean"}
    elif isinstance(option.type, click.Choice):
        kind = {"enum": list(option.type.choices)}
    elif option.multiple:
        one_or_several = "--target" in option.opts
        kind = {"type": "array", "items": {"type": "string"}}
        kind |= {"type": ["array", "string"]} if one_or_several else {}
    else:
        kind = {"type": "string"}
    return {"description": option.help, **kind}


def _wrong(kind: Mapping[str, Any], value: object) -> str:
    """Return what *value* should be; empty where it fits."""
    if "enum" in kind:
        return "" if value in kind["enum"] else f"choose from {', '.join(kind['enum'])}"
    if kind["type"] == "boolean":
        return "" if isinstance(value, bool) else "write true or false"
    if isinstance(value, str) and value and "string" in kind["type"]:
        return ""
    if kind["type"] == "string":
        return "write the name of a file"
    words = isinstance(value, list) and all(isinstance(word, str) for word in value)
    example = "mpi-operator 0.8.0" if "string" in kind["type"] else "MPA080"
    return "" if words else f'write a list of words: ["{example}"]'


def _at(path: Path, key: str) -> str:
    """Return ``file:line`` of the first assignment to *key*, or the file alone."""
    lines = path.read_text(encoding="utf-8").splitlines()
    assigns = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*=""").match
    return next((f"{path}:{n}" for n, line in enumerate(lines, 1) if assigns(line)), str(path))
