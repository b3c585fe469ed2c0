"""What a program's arguments mean: Kubernetes' expansion, then the rules of Go's flag package."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mpiaudit.inventory.shellwords import unwrap

_INTEGER = re.compile(
    r"[+-]?(?:0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])+|[1-9](?:_?\d)*|0)"
)
_FLOAT = re.compile(
    r"[+-]?(?:inf(?:inity)?|nan"
    r"|(?:\d(?:_?\d)*\.?(?:\d(?:_?\d)*)?|\.\d(?:_?\d)*)(?:e[+-]?\d+)?"
    r"|0x_?(?:[\da-f](?:_?[\da-f])*\.?(?:[\da-f](?:_?[\da-f])*)?|\.[\da-f]+)p[+-]?\d+)",
    re.IGNORECASE,
)
_DURATION = re.compile(r"[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)")
_BOOLEANS = frozenset(
    {"1", "0", "t", "f", "T", "F", "true", "false", "TRUE", "FALSE", "True", "False"}
)
_REFERENCE = re.compile(r"\$(?:\$|\(([^)]*)\))")


@dataclass(frozen=True, slots=True)
class Flags:
    """A command line as Go's flag package reads it."""

    values: Mapping[str, tuple[str, ...]]
    """By name, each time it was given, in order; a bare bool flag is ``true``.
    Go takes the last one, but for flags that gather a list. Unknown flags are here as well."""

    unknown: tuple[str, ...] = ()
    """Flags that are not in the legal set, in order. Go stops at the first, with exit code 2;
    what follows it is read on a guess: a word after an unknown flag is its value."""

    rest: tuple[str, ...] = ()
    """The arguments from the one that stopped the parsing: the first that is no flag, or those
    after ``--``. Flags among them are not looked at by the program."""

    swallowed: str = ""
    """The word after a bare bool flag that stopped the parsing: the ``true`` of
    ``--leader-elect true``. It is ``rest[0]`` then; empty where there is none."""

    bad: tuple[tuple[str, str], ...] = ()
    """Names and values that do not parse as the flag's type, or lack their value.
    Go stops at the first, with exit code 2."""


@dataclass(slots=True)
class _Parser:
    types: Mapping[str, str]
    todo: list[str]
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    bad: list[tuple[str, str]] = field(default_factory=list)
    bare: bool = False
    """Whether the last flag read was a known bool flag without ``=``."""

    def step(self) -> bool:
        """Read one flag; return False where the parsing stops."""
        if not self.todo or len(self.todo[0]) < len("-x") or self.todo[0][0] != "-":
            return False
        word = self.todo.pop(0)
        if word == "--":
            self.bare = False
            return False
        name, equals, value = word[2 if word.startswith("--") else 1 :].partition("=")
        self.bare = False
        if not name or name[0] in "-=":
            self.unknown.append(word)
        elif name not in self.types:
            self.unknown.append(name)
            self._set(name, value if equals else self._guess())
        elif self.types[name] == "bool":
            self.bare = not equals
            self._set(name, value if equals else "true")
        elif equals or self.todo:
            self._set(name, value if equals else self.todo.pop(0))
        else:
            self.bad.append((name, ""))
        return True

    def _guess(self) -> str:
        return "true" if not self.todo or self.todo[0].startswith("-") else self.todo.pop(0)

    def _set(self, name: str, value: str) -> None:
        self.values[name] = (*self.values.get(name, ()), value)
        if name in self.types and not fits(self.types[name], value):
            self.bad.append((name, value))


def parse(arguments: Sequence[str], types: Mapping[str, str]) -> Flags:
    """Read *arguments*, which do not start with the program's name.

    *types* is the legal set: bool, int, float, string or duration, by the flag's name.

    Source: golang/go go1.22.0 src/flag/flag.go (``FlagSet.parseOne``).
    """
    parser = _Parser(types, list(arguments))
    while parser.step():
        pass
    return Flags(
        values=parser.values,
        unknown=tuple(parser.unknown),
        rest=tuple(parser.todo),
        swallowed=parser.todo[0] if parser.bare and parser.todo else "",
        bad=tuple(parser.bad),
    )


def fits(kind: str, value: str) -> bool:
    """Return whether Go parses *value* as *kind*: bool, int, float, duration or string.

    Source: golang/go go1.22.0 src/flag/flag.go (``ParseInt`` with base 0, ``ParseBool``).
    """
    match kind:
        case "bool":
            return value in _BOOLEANS
        case "int":
            return _INTEGER.fullmatch(value) is not None
        case "float":
            return _FLOAT.fullmatch(value) is not None
        case "duration":
            return _DURATION.fullmatch(value) is not None
        case _:
            return True


def argv(
    command: Sequence[str],
    args: Sequence[str],
    env: Mapping[str, str | None],
    entrypoint: Sequence[str],
) -> tuple[str, ...] | None:
    """Return what a container runs, with any shell around it taken off.

    *command* replaces the image's *entrypoint*. Where both it and *args* are empty the image's
    own arguments are used, which nobody knows here: the entry point stands alone then.
    ``$(NAME)`` is replaced from *env*, in whose values an earlier variable may stand as well;
    a name that is not there stays as it is. None where the answer is not known: a value that
    comes from elsewhere (None in *env*) is used, or a shell does more than run one program.

    Source: kubernetes/kubernetes v1.34.0 third_party/forked/golang/expansion/expand.go.
    """
    known: dict[str, str | None] = {}
    for name, value in env.items():
        known[name] = None if value is None else _expand(value, known)
    words: list[str] = []
    for word in (*(command or entrypoint), *args):
        expanded = _expand(word, known)
        if expanded is None:
            return None
        words.append(expanded)
    return unwrap(words)


def _expand(text: str, env: Mapping[str, str | None]) -> str | None:
    """Return *text* with its references replaced, or None where one has an unknown value."""
    if any(env.get(name, "") is None for name in _REFERENCE.findall(text)):
        return None

    def replaced(reference: re.Match[str]) -> str:
        if reference[0] == "$$":
            return "$"
        return env.get(reference[1], reference[0]) or ""

    return _REFERENCE.sub(replaced, text)
