"""The objects of one file, those inside others, and what is to be said of the rest."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from mpiaudit.collect import bundle, carriers, embedded, kustomize
from mpiaudit.collect.comments import comments
from mpiaudit.manifest import template
from mpiaudit.manifest.read import Data, Fault, Item, Skipped
from mpiaudit.model import Resource
from mpiaudit.reading import Reading

_MENTION = re.compile(r"(?i)mpi-?job|mpi-operator|training-operator|kubeflow").search
"""Finds what a file says that has to do with MPIJob or the programs that run it."""


def read(
    path: str,
    content: Data,
    kinds: frozenset[str] | None,
    reading: Reading,
    *,
    built: bool = False,
) -> Iterator[Resource]:
    """Yield the objects of one of *kinds* in a file, and the MPIJobs inside others.

    What could not be read, and what is odd, is added to *reading*; a template is said to be one
    once, whatever its length. What was *built* by a kustomization is no patch for it.
    """
    noted: set[str] = set()
    mentions = cache(lambda: bool(_MENTION(content[:].decode(errors="replace"))))
    shape = bundle.shape(path)
    if shape.errors:
        bundle.note_errors(path, content, reading, kinds)
        return
    if not built:
        reading.comments.extend(comments(path, content))
    dump = bundle.is_dump(shape, content)
    if dump and bundle.DUMP not in reading.notes:
        reading.notes.append(bundle.DUMP)
    kustomized = not built and kustomize.beside_kustomization(path)
    wanted = carriers.widened(kinds, content)
    for outcome in bundle.outcomes(shape, bundle.legible(content), wanted):
        match outcome:
            case Item():
                reading.documents += 1
                resource = Resource(
                    outcome.body, path, outcome.document, outcome.prefix, kustomized
                )
                _remark(resource, outcome.duplicates, noted, reading)
                if kinds is None or resource.kind in kinds:
                    yield bundle.part(resource) if shape.partial or dump else resource
                yield from _held(resource, kinds, reading)
            case Fault():
                _refuse(path, mentions, outcome, reading)
            case Skipped():
                reading.documents += outcome.count
    for pipeline in embedded.pipelines(path, content):
        yield from _held(pipeline, kinds, reading)


def _remark(
    resource: Resource, duplicates: Iterable[Fault], noted: set[str], reading: Reading
) -> None:
    """Note what is odd about an object that has to do with MPIJob."""
    if _MENTION(str(resource.reference)):
        notes = (_note(resource.source, fault) for fault in duplicates)
        reading.notes.extend(_new(noted, notes))
    if resource.kind == carriers.KIND and resource.beside_kustomization:
        note = _to_build(resource.source)
        reading.notes.extend([note] if note not in reading.notes else ())


def _refuse(path: str, mentions: Callable[[], bool], fault: Fault, reading: Reading) -> None:
    """Note what cannot be read: a template once, and only where its file *mentions* MPIJob."""
    if not fault.template:
        reading.faults.append(_fault(path, fault))
    elif mentions():
        advice = _to_render(path, fault.message)
        said = (f.startswith(f"{path}:") and f.endswith(advice) for f in reading.faults)
        if not any(said):
            reading.faults.append(f"{path}:{fault.line}:{fault.column}: {advice}")
    else:
        reading.left_out += 1


def _to_render(path: str, message: str) -> str:
    """Return *message* with the folder of the chart that *path* is a template of, if it is one."""
    import shlex  # noqa: PLC0415 - as below

    from mpiaudit.collect import rendered  # noqa: PLC0415 - most scans meet no template

    chart = rendered.chart_of(path)
    command = template.COMMAND.format(shlex.quote(chart) if chart else "...")
    return message.replace(template.COMMAND.format("..."), command)


def _to_build(path: str) -> str:
    """Return what is to be said of the kustomization that may change what *path* holds."""
    import shlex  # noqa: PLC0415 - as above

    found = kustomize.nearest(path) or path
    folder = shlex.quote(os.path.dirname(found) or os.curdir)  # noqa: PTH120 - as all of collect
    return (
        f"{found}: a kustomization that is not built: its manifests are judged as they are;"
        f" for what it makes of them: {kustomize.COMMAND.format(folder)}"
    )


def _held(carrier: Resource, kinds: frozenset[str] | None, reading: Reading) -> Iterator[Resource]:
    for found in embedded.held(carrier, kinds) if kinds is None or carriers.KIND in kinds else ():
        if isinstance(found, Resource):
            yield found
        else:
            reading.notes.append(f"{carrier.source}: {found}")


def _new(noted: set[str], notes: Iterable[str]) -> Iterator[str]:
    """Yield the *notes* that were not made before: what is around objects concerns each."""
    for note in notes:
        if note not in noted:
            noted.add(note)
            yield note


def _fault(path: str, fault: Fault) -> str:
    advice = "; correct it or leave the file out"
    return f"{path}:{fault.line}:{fault.column}: {fault.message}{advice}"


def _note(path: str, fault: Fault) -> str:
    return (
        f"{path}:{fault.line}:{fault.column}: {fault.message};"
        " the last value counts, strict validation refuses it"
    )
