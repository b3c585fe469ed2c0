"""The command lines of mpirun and horovodrun that a container runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from mpiaudit.inventory.shellwords import SHELLS
from mpiaudit.inventory.template import Container

HOROVOD = "horovodrun"

RUNNERS = frozenset({"mpirun", "mpiexec", "orterun", "mpiexec.hydra", HOROVOD})
"""The programs that start ranks, by their file names."""

_NO_VALUE = """
    allow-run-as-root bynode byslot display-allocation display-map display-topo do-not-launch
    enable-recovery envall genvall l merge-stderr-to-stdout no-local nolocal nooversubscribe
    novm oversubscribe pernode prepend-rank q quiet report-bindings show-progress tag-output
    timestamp-output use-hwthread-cpus use-hwthreads-as-cpus v verbose
    gloo mpi disable-cache
"""
_ONE_VALUE = """
    N bind-to c cpu-set cpus-per-proc cpus-per-rank default-hostfile H host hostfile hosts
    am bootstrap genvlist launch-agent launcher machinefile map-by max-np max-restarts min-np
    n np npernode npersocket nperdevice num-proc output-filename path perhost ppn
    preload-files prefix rank-by report-events report-pid report-uri rf rankfile slot-list
    stdin timeout tune wd wdir workdir x f iface ppr host-discovery-script slots slots-per-host
    start-timeout ssh-port p elastic-timeout network-interface log-level mpi-args reset-limit
"""
_TWO_VALUES = "gmca mca env genv pmixmca prtemca omca"

VALUES: Mapping[str, int] = {
    name: count
    for count, names in enumerate((_NO_VALUE, _ONE_VALUE, _TWO_VALUES))
    for name in names.split()
}
"""How many words follow an option; an option that is not here is not understood.

open-mpi/ompi v4.1.6 orte/orted/orted_submit.c and orte/mca/schizo/ompi/schizo_ompi.c;
pmodels/mpich v4.2.0 src/pm/hydra/mpiexec/options.c;
horovod/horovod v0.28.1 horovod/runner/launch.py.
"""

_TOKEN = re.compile(
    r"""(?P<blank>(?:[ \t\r]|\\\n)+)
    |(?P<comment>(?<![^\s;&|()])\#[^\n]*)
    |(?P<redirection>\d*(?:>>|>&|&>|>|<(?!<))&?[ \t]*[^\s;&|()<>]*)
    |(?P<end>[\n;&|()]+)
    |(?P<word>(?:'[^']*'|"(?:\\.|[^"\\])*"|\$\([^()]*\)|\\.|[^\s'"\\;&|()<>`])+)""",
    re.VERBOSE | re.DOTALL,
)
_QUOTE = re.compile(r"""'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)""", re.DOTALL)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_WITH_SCRIPT = re.compile(r"-[a-zA-Z]*c")

_BEFORE = frozenset({"exec", "nohup", "time", "env", "then", "else", "do", "!", "{"})
"""Words that only stand before a program."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One call of mpirun or horovodrun."""

    runner: str
    """The file name of the program, one of `RUNNERS`."""

    options: tuple[tuple[str, tuple[str, ...]], ...]
    """The runner's own options without dashes, each with its values, in order, quotes removed.
    What a shell or Kubernetes is to expand stays as it is written."""

    complete: bool
    """Whether each option was understood, up to a program's name, and only one program follows."""

    def values(self, *names: str) -> tuple[tuple[str, ...], ...]:
        """Return the values of each option among *names*, in the order given."""
        return tuple(values for name, values in self.options if name in names)

    def has(self, *names: str) -> bool:
        """Return whether any option among *names* is given."""
        return any(name in names for name, _ in self.options)

    @property
    def ranks(self) -> int | None:
        """How many ranks it asks for; None where it gives no number, or is not understood."""
        given = self.values("np", "n", "c", "num-proc")
        count = given[0][0] if self.complete and len(given) == 1 else ""
        return int(count) if count.isascii() and count.isdecimal() else None


def launches(container: Container) -> tuple[Launch, ...]:
    """Return the calls of mpirun and horovodrun on the command line of *container*.

    A shell with ``-c`` is followed, with line continuations, ``env`` and assignments. Empty where
    there is none, or the script holds what is not followed: a heredoc, backquotes, a function.
    """
    return _launches((*container.command, *container.args))


@lru_cache(1 << 14)
def _launches(line: tuple[str, ...]) -> tuple[Launch, ...]:
    """Return the calls on *line*; many rules ask for those of one job."""
    calls = _commands(line)
    return tuple(launch for words in calls if (launch := _launch(words)))


def _commands(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield the simple commands that *words* run."""
    bare = _without_prefix(words)
    if bare and bare[0].rpartition("/")[2] in SHELLS:
        script = _script(bare[1:])
        for command in _split(script) if script else ():
            yield from _commands(command)
    elif bare:
        yield bare


def _script(options: Sequence[str]) -> str | None:
    for index, option in enumerate(options):
        if _WITH_SCRIPT.fullmatch(option):
            return next(iter(options[index + 1 :]), None)
        if not option.startswith("-") and option != "pipefail":
            return None
    return None


def _split(script: str) -> list[tuple[str, ...]]:
    """Return the simple commands of *script*, words without quotes; empty if not understood."""
    commands: list[tuple[str, ...]] = []
    words: list[str] = []
    position = 0
    while position < len(script):
        token = _TOKEN.match(script, position)
        if token is None or token["end"] == "()":
            return []
        if token["word"]:
            words.append(_QUOTE.sub(lambda q: q[1] or q[2] or q[3] or "", token["word"]))
        elif token["end"]:
            commands.append(tuple(words))
            words = []
        position = token.end()
    return [*commands, tuple(words)]


def _without_prefix(words: Sequence[str]) -> tuple[str, ...]:
    for index, word in enumerate(words):
        if word not in _BEFORE and not _ASSIGNMENT.match(word):
            return tuple(words[index:])
    return ()


def _launch(words: Sequence[str]) -> Launch | None:
    runner = words[0].rpartition("/")[2]
    if runner not in RUNNERS:
        return None
    options: list[tuple[str, tuple[str, ...]]] = []
    rest = iter(words[1:])
    for word in rest:
        if not word.startswith("-"):
            variable = word.startswith(("$", "{{"))
            return Launch(runner, tuple(options), complete=not variable and ":" not in rest)
        name, equals, value = word.lstrip("-").partition("=")
        count = VALUES.get(name)
        if count is None or (equals and count != 1):
            break
        values = (value,) if equals else tuple(islice(rest, count))
        if len(values) < count:
            break
        options.append((name, values))
    return Launch(runner, tuple(options), complete=False)
