"""A whole list, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from mpiaudit.collect.api import Api, BrokenError, GoneError, MissingError
from mpiaudit.collect.kinds import Kind
from mpiaudit.collect.pages import decode_page
from mpiaudit.collect.shape import Body

RESTARTS = 3
"""Times that a list is begun again because the API server forgot it half-way."""


def pages(
    api: Api, kind: Kind, namespace: str, query: Mapping[str, str], chunk: int
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
