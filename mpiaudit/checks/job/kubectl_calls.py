"""The calls of kubectl on the command lines of a job's containers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mpiaudit.inventory.job import Job
from mpiaudit.inventory.view import mapping, mappings, words
from mpiaudit.model import Location, dig

PROGRAM = "kubectl"

_CALL = re.compile(r"(?:^|[\s;&|($`/])kubectl\s+([^;&|\n`)#]+)")

_VALUED = frozenset(
    {"-n", "--namespace", "-c", "--container", "-l", "--selector", "-o", "--output", "--for"}
    | {"--context", "--cluster", "--user", "--kubeconfig", "-s", "--server", "--token", "--as"}
    | {"--timeout", "--request-timeout", "--tail", "--since", "--field-selector", "--type"}
)
"""Options whose value may be the next word.

kubernetes/kubernetes v1.34.0 staging/src/k8s.io/kubectl.
"""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of kubectl."""

    at: Location
    """The word of the container's command that it stands in."""

    verb: str
    targets: tuple[str, ...]
    """What follows the verb, without options and their values; quotes are removed, and what a
    shell is to expand stays as it is written."""


def calls(job: Job) -> Iterator[Call]:
    """Yield the calls of kubectl that the containers of *job* make.

    Those that a comment or a program hides are not all understood: a call is what looks like one.
    """
    for replica in filter(None, (job.launcher, job.worker)):
        spec = mapping(dig(replica.written, "spec"))
        for field in ("initContainers", "containers"):
            for index, container in enumerate(mappings(spec.get(field))):
                for place in ("command", "args"):
                    written = container.get(place)
                    if PROGRAM in str(written):
                        at = job.in_pod(replica.type, field, index, place)
                        yield from _in_line(words(written), at)


def _in_line(line: tuple[str, ...], at: Location) -> Iterator[Call]:
    """Yield the calls on one command line: kubectl itself, or scripts that have it in them."""
    if line and line[0].rpartition("/")[2] == PROGRAM:
        yield from _call(line[1:], at)
        return
    for index, word in enumerate(line):
        if PROGRAM in word:
            place = Location(at.object, (*at.path, index))
            for found in _CALL.finditer(word.replace("\\\n", " ")):
                yield from _call(tuple(found[1].split()), place)


def _call(line: tuple[str, ...], at: Location) -> Iterator[Call]:
    bare = [
        word.strip("'\"")
        for before, word in zip(("", *line), line, strict=False)
        if not word.startswith("-") and before not in _VALUED
    ]
    if bare:
        yield Call(at, bare[0], tuple(bare[1:]))
