"""MPA099."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from mpiaudit.checks.semantics import held_to_v2beta1, weight
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.template import Container
from mpiaudit.rule import Confidence, Fix, Hit, Severity, rule

PLAIN = frozenset(
    (
        *("sleep", "tail", "cat", "echo", "printenv", "hostname", "date", "ls", "cd", "mkdir"),
        *("true", ":", "export", "set", "trap", "wait", "done", "fi", "nvidia-smi"),
        *("mpirun", "mpiexec", "horovodrun", "torchrun", "python", "python3"),
    )
)
"""Programs, and words of a shell, that never start an SSH server."""

PREFIXES = frozenset(("exec", "nohup", "time", "env", "while", "until", "if", "do", "then", "!"))
"""Words that only stand before a program."""

_SERVES_SSH = re.compile(r"sshd|dropbear|service +ssh|init\.d/ssh|systemctl +\w+ +ssh")
_SHELL = re.compile(r"(?:.*/)?(?:ba|da|z|k)?sh")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_SEPARATOR = re.compile(r"&&|\|\||[;|&\n]")


@rule(
    "MPA099",
    Severity.HIGH,
    confidence=Confidence.LIKELY,
    remedy="Remove command and args from the Worker, or end them in: exec /usr/sbin/sshd -De",
    by_sort=True,
)
def worker_without_sshd(
    jobs: tuple[Job, ...], crd: Crd | None = None, controllers: tuple[Controller, ...] = ()
) -> Iterator[Hit]:
    """The worker runs another program instead of sshd.

    The launcher fails with "Connection refused" or "ORTE was unable to reliably start one or
    more daemons". mpi-operator starts ``/usr/sbin/sshd -De`` in the first container of a worker
    only where that container has neither ``command`` nor ``args``; in v1 workers slept, and
    ``sleep`` is what old manifests still say. Detected where every program on the worker's
    command line is one that is known to start no SSH server.

    Wrong when: the command is a script or a program that is not known, which may start sshd
    (not reported), or the image's entry point starts sshd and runs ``args`` beside it
    (confidence possible). Finished jobs are only noted.

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/mpi_job_controller.go (newWorker).
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        container = next(iter(job.worker.template.containers if job.worker else ()), None)
        if container is None or not _serves_no_ssh(container):
            continue
        field = "command" if container.command else "args"
        yield Hit(
            job.in_pod("Worker", "containers", 0, field),
            f"the worker of {job.name} runs {_shown(container)!r}; nothing in it starts sshd",
            effect="the launcher reaches workers over SSH only, and is refused",
            fix=_start_sshd(container),
            severity=weight(job, Severity.HIGH),
            confidence=None if container.command else Confidence.POSSIBLE,
        )


def _serves_no_ssh(container: Container) -> bool:
    """Return whether all that *container* runs is known to start no SSH server."""
    line = [*container.command, *container.args]
    if not line or _SERVES_SSH.search(" ".join(line)):
        return False
    commands = [line]
    if _SHELL.fullmatch(line[0]):
        commands = [part.split() for part in _SEPARATOR.split(" ".join(_script(line)))]
    names = [_name(words) for words in commands if words]
    return bool(names) and PLAIN.issuperset(names)


def _shown(container: Container) -> str:
    return textwrap.shorten(" ".join([*container.command, *container.args]), 60, placeholder=" ...")


def _name(words: list[str]) -> str:
    """Return the program that a simple command runs, without its folder."""
    named = (w for w in words if w not in PREFIXES and not _ASSIGNMENT.match(w))
    return next(named, "").rpartition("/")[2]


def _script(line: list[str]) -> list[str]:
    """Return the text behind ``-c``; all that follows a shell without it is a script's name."""
    for index, word in enumerate(line[1:], start=1):
        if word.startswith("-") and word.endswith("c"):
            return line[index + 1 :]
    return line[1:]


def _start_sshd(container: Container) -> Fix:
    lines = (
        "Worker:",
        "  template:",
        "    spec:",
        "      containers:",
        f"      - name: {container.name or 'worker'}",
        "        command: [/usr/sbin/sshd, -De]",
    )
    return Fix("the worker serves SSH and nothing else; its image needs sshd", "\n".join(lines))
