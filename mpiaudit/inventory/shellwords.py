"""The program that a shell one-liner runs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from mpiaudit.facts.releases import NAMESPACE_ENV

SHELLS = frozenset({"ash", "bash", "busybox", "dash", "sh", "zsh"})

_QUOTED = re.compile(r"""'[^']*'|"(?:\\.|[^"\\])*"|\\.""", re.DOTALL)
_EXPANDED = re.compile(r"[$`]")
_CONTROL = re.compile(r"""[;&|<>(){}*?\[\]#~\n'"\\]""")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=")
_OPTION_WITH_SCRIPT = re.compile(r"-[a-zA-Z]*c[a-zA-Z]*")


def unwrap(words: Sequence[str]) -> tuple[str, ...] | None:
    """Return the program and arguments that *words* run in the end.

    A shell with ``-c``, ``exec``, ``env`` and assignments are taken off. None where a shell does
    anything but run one program with fixed arguments, or sets the namespace variable.
    """
    if words and _is_shell(words[0]):
        script = _script(words[1:])
        split = None if script is None else _split(script)
        return None if split is None else unwrap(split)
    return _without_prefix(list(words))


def _is_shell(program: str) -> bool:
    return program.rpartition("/")[2] in SHELLS


def _script(options: Sequence[str]) -> str | None:
    """Return the text behind ``-c``, or None; words after it only reach a script that has ``$``."""
    for index, option in enumerate(options):
        if _OPTION_WITH_SCRIPT.fullmatch(option):
            return next(iter(options[index + 1 :]), None)
        if not option.startswith("-"):
            return None
    return None


def _split(script: str) -> list[str] | None:
    """Return the words of a script that is one simple command, else None."""
    joined = _QUOTED.sub(lambda part: "" if part[0] == "\\\n" else part[0], script).strip()
    bare = _QUOTED.sub("", joined)
    quoted = [part for part in _QUOTED.findall(joined) if part[0] != "\\"]
    double_quoted = "".join(part for part in quoted if part[0] == '"')
    if _EXPANDED.search(bare + double_quoted) or _CONTROL.search(bare) or "\n" in "".join(quoted):
        return None
    return shlex.split(joined)


def _without_prefix(words: list[str]) -> tuple[str, ...] | None:
    while words:
        assigned = _ASSIGNMENT.match(words[0])
        if assigned and assigned[1] == NAMESPACE_ENV:
            return None
        if not assigned and words[0].rpartition("/")[2] not in {"exec", "env"}:
            break
        words.pop(0)
        if words and words[0].startswith("-"):
            return None
    return tuple(words)
