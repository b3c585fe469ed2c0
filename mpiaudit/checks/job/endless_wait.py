"""MPA225."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from operator import itemgetter

from mpiaudit.checks import fixes
from mpiaudit.checks.semantics import weight
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.template import Container
from mpiaudit.inventory.view import mappings, words
from mpiaudit.model import Location, dig
from mpiaudit.rule import Confidence, Hit, Severity, rule

LIMIT = "activeDeadlineSeconds"
"""In ``runPolicy``; in v1 it may also stand at the top of the spec."""

DAY = 86_400
"""Seconds."""

_LOOP = re.compile(
    r"""^[ \t]*(?P<word>until|while[ ]+!)[ \t]+(?P<asked>[^\n]*?)(?:;|\n)[ \t]*do\b
    (?P<body>.*?)(?:;|\n)[ \t]*done\b""",
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
_ASKS = re.compile(
    r"(?:timeout\s+\S+\s+)?(?:[\w./]*/)?(?:ssh|nc|mpirun|mpiexec|nslookup|getent|host|dig|ping)\s"
)
_SEPARATOR = re.compile(r"&&|\|\||[;|&\n]")

IDLE = frozenset({"sleep", "echo", "printf", "date", ":", "true"})
"""Programs that neither count nor end a loop."""


@rule(
    "MPA225",
    Severity.LOW,
    confidence=Confidence.LIKELY,
    remedy="Set runPolicy.activeDeadlineSeconds, or count the attempts and give up.",
    by_sort=True,
)
def endless_wait(jobs: tuple[Job, ...], crd: Crd | None = None) -> Iterator[Hit]:
    """The launcher waits for its workers in a loop that nothing ends.

    A worker that never answers (its sshd does not start, its name does not resolve, its pod is
    Pending) keeps the launcher waiting for ever: the job is Running, its log repeats one line,
    and the other workers hold their GPUs, in which case severity is medium.

    Detected by a shell loop in the launcher's containers, init containers too, that asks a host
    by ssh, nc, mpirun or the like until it succeeds and does nothing but sleep and print, in a
    job without ``activeDeadlineSeconds``.

    Wrong when: the loop ends by what its condition says, or the whole is run under a time limit
    that the script does not show. A loop that counts, breaks or exits, or a script in an image,
    a volume or a ConfigMap is not judged. Finished jobs are only noted.

    Source: awslabs/awsome-distributed-ai issue 1241; kubeflow/mpi-operator v0.8.0
    pkg/controller/mpi_job_controller.go (``ActiveDeadlineSeconds`` of the launcher Job).
    """
    for job in jobs:
        bounded = job.policy.get(LIMIT) is not None or job.spec.get(LIMIT) is not None
        if job.launcher is None or bounded or job.multikueue or job.suspended:
            continue
        for place, line in _waits(job):
            accelerators = _accelerators(job)
            yield Hit(
                place,
                f"the launcher of {job.name} repeats {line!r} until it succeeds, and the job has "
                "no activeDeadlineSeconds",
                effect="one worker that never answers keeps the others waiting for ever"
                + (f", with {accelerators} GPUs" if accelerators else ""),
                fix=fixes.set_field(
                    job,
                    ("spec", "runPolicy", LIMIT),
                    DAY,
                    "ends the job after a day, running or waiting; take what it may need",
                    crd,
                ),
                severity=weight(job, Severity.MEDIUM if accelerators else Severity.LOW),
            )


def _waits(job: Job) -> Iterator[tuple[Location, str]]:
    """Yield the first endless wait of each container: the word it is in, and how it begins."""
    for kind in ("initContainers", "containers"):
        entries = mappings(dig(job.launcher.written if job.launcher else {}, "spec", kind))
        for index, body in enumerate(entries):
            told = (*words(body.get("command")), *words(body.get("args")))
            if "done" not in " ".join(told):
                continue
            container = Container.parse(body)
            if any(word.rpartition("/")[2] == "timeout" for word in container.command):
                continue
            for field, told in (("command", container.command), ("args", container.args)):
                found = ((number, _endless(word)) for number, word in enumerate(told))
                for number, line in islice(filter(itemgetter(1), found), 1):
                    yield job.in_pod("Launcher", kind, index, field, number), line


def _endless(script: str) -> str:
    """Return how the first loop begins that waits without end; empty where none does."""
    for loop in _LOOP.finditer(script):
        commands = (part.split() for part in _SEPARATOR.split(loop["body"]))
        idle = all(not words or words[0] in IDLE or words[0][0] == "#" for words in commands)
        if _ASKS.match(loop["asked"]) and idle:
            return f"{loop['word']} {' '.join(loop['asked'].split()[:1])} ..."
    return ""


def _accelerators(job: Job) -> int:
    """Return how many GPUs all workers of *job* hold."""
    containers = job.worker.template.containers if job.worker else ()
    return job.workers * sum(c.accelerators for c in containers)
