"""Read a running cluster through its API server."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import msgspec

from mpiaudit.collect import kubeconfig as kubeconfigs
from mpiaudit.collect.api import Api, BrokenError, MissingError, RefusedError
from mpiaudit.collect.around import Jobs
from mpiaudit.collect.closer import closer
from mpiaudit.collect.connection import connect, impersonation
from mpiaudit.collect.crew import Crew
from mpiaudit.collect.kinds import NAMESPACE
from mpiaudit.collect.reader import Batch, Reader
from mpiaudit.collect.survey import Scope, Survey
from mpiaudit.model import AuditError, Resource, UnreachableError, dig
from mpiaudit.reading import Reading

PAGE = 500
"""Objects asked for in one list call; the limit kubectl uses."""

WORKERS = 4
"""Lists read at the same time."""

BACKLOG = 4
"""Pages that wait to be looked at; with `WORKERS` and `PAGE` it bounds the memory."""

INTERVAL = 0.25
"""Seconds between two words of progress."""


@dataclass(frozen=True, slots=True)
class Options:
    """What kubectl's options of the same names mean."""

    kubeconfig: str | None = None
    context: str | None = None
    as_user: str | None = None
    as_groups: tuple[str, ...] = ()
    request_timeout: float = 30.0
    """Seconds for one request; 0 for no limit."""

    namespace: str | None = None
    """Where MPIJobs are looked for; controllers are looked for everywhere."""

    all_namespaces: bool = False
    """Outweighs `namespace`; without a namespace, all are read anyway."""

    selector: str = ""
    """A label selector for MPIJobs."""

    chunk_size: int = PAGE


class Version(msgspec.Struct, rename="camel"):
    """The answer to ``/version``."""

    git_version: str


def collect(
    kinds: frozenset[str],
    options: Options,
    progress: Callable[[str], None] | None = None,
    coming: Sequence[Resource] = (),
) -> Reading:
    """Return what *kinds* needs of a cluster: nothing but GET is sent, and no Secret's value read.

    ConfigMaps, Secrets and Jobs are those that an MPIJob has or would have, pods those of MPIJobs
    and controllers, Services those of namespaces with MPIJobs. The order of the resources varies.
    *coming* are manifests: what would lie around the MPIJobs among them is read as well.
    *progress* is told a few times a second, from the thread that iterates the reading.

    Raises:
        AuditError: The API server cannot be asked at all.
    """
    connection = connect(options.kubeconfig, options.context)
    headers = impersonation(connection.user, options.as_user, options.as_groups)
    crew: Crew[Batch] = Crew(WORKERS, BACKLOG)
    api = Api(connection.client, headers, options.request_timeout, crew.stop)
    namespace = "" if options.all_namespaces else options.namespace or ""
    try:
        server = _greet(api, connection.name)
        _expect_namespace(api, namespace)
    except BaseException:
        api.close()
        raise
    source = f"cluster:{connection.name}"
    reader = Reader(api, crew, kinds, options.chunk_size)
    jobs = _jobs(coming, options, connection.name) if coming else {}
    survey = Survey(reader, Scope(namespace, options.selector), source, jobs)
    survey.start()
    reading = Reading(iter(()), reader.gaps, reader.absent, notes=reader.notes, server=server)
    reading.context = connection.name
    reading.closer = partial(closer, api)
    reading.taken = api.taken or _own_time(reading)
    reading.resources = _resources(reading, reader, source, progress)
    return reading


def _jobs(manifests: Sequence[Resource], options: Options, context: str) -> Jobs:
    """Return those MPIJobs among *manifests* that go where *options* looks."""
    home = options.namespace or kubeconfigs.namespace(options.kubeconfig, context)
    scope = "" if options.all_namespaces else options.namespace or ""
    names: defaultdict[str, set[str]] = defaultdict(set)
    for each in manifests:
        space = each.reference.namespace or home
        if each.kind == "MPIJob" and scope in {"", space}:
            names[space].add(each.reference.name)
    return names


def _greet(api: Api, context: str) -> str:
    """Return the API server's version, or the empty string where it will not say.

    Raises:
        UnreachableError: It does not answer, or does not know us.
        AuditError: It is no API server.
    """
    try:
        return api.get("/version", msgspec.json.Decoder(Version).decode, tries=2).git_version
    except RefusedError as error:
        if error.status == 403:  # noqa: PLR2004 - we are known, and that is all we need
            return ""
        raise UnreachableError(
            f"context {context!r}: {error}; log in again, or see --context"
        ) from error
    except MissingError as error:
        raise AuditError(f"{api.host} is no Kubernetes API server; see --context") from error
    except BrokenError as error:
        raise UnreachableError(
            f"no answer from the API server {api.host}: {error}; see --context"
        ) from error


def _expect_namespace(api: Api, namespace: str) -> None:
    """Raise an AuditError where there is no such namespace, which lists would not tell."""
    if not namespace:
        return
    try:
        api.get(NAMESPACE.path(name=namespace), msgspec.json.decode)
    except MissingError as error:
        raise AuditError(f"--namespace: there is no namespace {namespace!r}") from error
    except (RefusedError, BrokenError):
        return


def _own_time(reading: Reading) -> str:
    reading.notes.append("the API server sends no Date: ages are by this machine's clock")
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _resources(
    reading: Reading,
    reader: Reader,
    source: str,
    progress: Callable[[str], None] | None,
) -> Iterator[Resource]:
    """Yield every object once, and keep the count."""
    seen: set[tuple[object, ...]] = set()
    counts: Counter[str] = Counter()
    told = time.monotonic()
    try:
        for batch in reader.crew:
            for body in batch.bodies:
                key = (batch.kind, *_identity(body))
                if key not in seen:
                    seen.add(key)
                    counts[batch.kind] += 1
                    yield Resource(body, source)
            if progress and time.monotonic() - told >= INTERVAL:
                told = time.monotonic()
                progress(", ".join(f"{count} {kind}" for kind, count in counts.most_common()))
    finally:
        reading.inputs = len(reader.begun)
        reading.documents = counts.total()
        reader.api.close()


def _identity(body: dict[str, object]) -> tuple[object, ...]:
    """Return what tells *body* from others of its kind."""
    uid = dig(body, "metadata", "uid")
    return (uid,) if uid else (dig(body, "metadata", "namespace"), dig(body, "metadata", "name"))
