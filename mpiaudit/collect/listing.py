"""A whole list, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from mpiaudit.collect.api import (
    TRIES,
    Api,
    BrokenError,
    FaultError,
    GoneError,
    MissingError,
    RefusedError,
)
from mpiaudit.collect.kinds import NAMESPACE, Kind
from mpiaudit.collect.pages import decode_page
from mpiaudit.collect.shape import Body
from mpiaudit.model import dig

RESTARTS = 3
"""Times that a list is begun again because the API server forgot it half-way."""

FAULTY = 3
"""Namespaces whose list the API server cannot make after which no more are tried."""


def each_page(
    api: Api, kind: Kind, namespace: str, query: Mapping[str, str], chunk: int
) -> Iterator[list[Body]]:
    """Yield what `pages` does, and find the namespaces for which the API server cannot do it.

    An object that it cannot decode spoils each list that it is in, so the namespaces are listed
    one by one then. The list stays incomplete all the same, and an object may come twice.

    Raises:
        MissingError: The API server does not know the kind.
        RefusedError, BrokenError, StoppedError: The list is not complete.
    """
    read = False
    try:
        yield from pages(api, kind, namespace, query, chunk)
    except FaultError as error:
        if namespace or not kind.namespaced:
            raise
        faulty: list[str] = []
        for bodies in _apart(api, kind, query, chunk, faulty):
            read = True
            yield bodies
        if not faulty or not read:
            raise
        more = " and perhaps others" if len(faulty) == FAULTY else ""
        raise FaultError(f"{error} (in {', '.join(faulty)}{more})") from error


def pages(  # noqa: PLR0913 - what is asked for, and how often
    api: Api,
    kind: Kind,
    namespace: str,
    query: Mapping[str, str],
    chunk: int,
    *,
    tries: int = TRIES,
) -> Iterator[list[Body]]:
    """Yield the objects of a list, *chunk* at a time, 0 for all at once.

    A list that expires half-way begins again, so that an object may come twice.

    Raises:
        MissingError: The API server does not know the kind.
        RefusedError, BrokenError, StoppedError: The list is not complete.
    """
    token, restarts = "", 0
    while True:
        wanted = {**query, "limit": str(chunk), "continue": token}
        try:
            page = api.get(
                kind.path(namespace),
                partial(decode_page, kind),
                {key: value for key, value in wanted.items() if value not in {"", "0"}},
                kind.accept,
                tries,
            )
        except GoneError as error:
            if restarts == RESTARTS:
                raise BrokenError(
                    f"it expired {restarts + 1} times (410); try a larger --chunk-size"
                ) from error
            token, restarts = "", restarts + 1
            continue
        except MissingError as error:
            if token:
                raise BrokenError("the kind was removed meanwhile") from error
            raise
        yield page.bodies
        if not page.token:
            return
        if page.token == token:
            raise BrokenError("the API server offers the same page again")
        token = page.token


def _apart(
    api: Api, kind: Kind, query: Mapping[str, str], chunk: int, faulty: list[str]
) -> Iterator[list[Body]]:
    """Yield the objects namespace by namespace, and note in *faulty* where that fails."""
    try:
        spaces = [body for page in pages(api, NAMESPACE, "", {}, chunk) for body in page]
    except (RefusedError, FaultError):
        return
    for space in sorted(str(dig(body, "metadata", "name")) for body in spaces):
        try:
            yield from pages(api, kind, space, query, chunk, tries=1)
        except FaultError:
            faulty.append(space)
        except MissingError as error:
            raise BrokenError("the kind was removed meanwhile") from error
        if len(faulty) == FAULTY:
            return
