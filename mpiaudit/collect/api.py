"""GET requests to an API server, repeated where that may help, and plain words where not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import msgspec

from mpiaudit import __version__
from mpiaudit.collect.complaints import complaints, last_line
from mpiaudit.collect.kinds import JSON
from mpiaudit.collect.plain import brief, forbidden, message

T = TypeVar("T")

TRIES = 4
"""Requests made before one is given up."""

PAUSE = 0.2
"""Seconds before the second request; each further pause is twice as long."""

LONGEST_PAUSE = 10.0
"""Seconds that a Retry-After may ask for at most."""

CHUNK = 1 << 20
"""Bytes read at once, between two looks at the deadline."""

PASSING = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses that may be gone a moment later."""

FAULT = 500
"""Status of an answer that the API server could not make."""


class RefusedError(Exception):
    """The API server knows what was asked for, and will not say: 401 or 403."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class MissingError(Exception):
    """The API server does not know the kind, or has no such object: 404."""


class GoneError(Exception):
    """The list being read has expired: 410."""


class BrokenError(Exception):
    """No usable answer, however often it was asked for."""


class FaultError(BrokenError):
    """The API server fails to answer (500), often for one object that it cannot read itself."""


class LostError(BrokenError):
    """The connection to the API server was lost, and it takes no new one."""


class UnreachedError(ConnectionError):
    """Nobody takes the connection."""


class StoppedError(Exception):
    """The reading was called off."""


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    body: bytearray
    retry_after: str


class Api:
    """One API server. Only GET is ever sent; safe to share between threads."""

    def __init__(
        self,
        client: Any,  # noqa: ANN401 - kubernetes has no types
        headers: Iterable[tuple[str, str]],
        timeout: float,
        stop: threading.Event,
    ) -> None:
        """Talk through the kubernetes *client*; *timeout* is in seconds, 0 for none."""
        self.host = str(client.configuration.host)
        self.taken = ""
        """The time of the first answer by the server's clock, RFC 3339 in UTC."""

        self._silent = False
        """Whether one request was given up for want of any answer: the next ones try once."""

        self._trouble = ""
        """Why the exec plug-in gave no new token, at the last request."""

        self._configuration = client.configuration
        self._pool = client.rest_client.pool_manager
        self._headers = tuple(headers)
        self._timeout = timeout
        self._stop = stop
        self._lock = threading.Lock()

    def close(self) -> None:
        """Drop the connections."""
        self._pool.clear()

    def get(
        self,
        path: str,
        decode: Callable[[bytearray], T],
        query: Mapping[str, str] | None = None,
        accept: str = JSON,
        tries: int = TRIES,
    ) -> T:
        """Return the decoded answer to one GET.

        Raises:
            RefusedError, MissingError, GoneError, BrokenError, StoppedError: There is none.
        """
        failure = BrokenError("it was never asked for")
        tries = 1 if self._silent else tries
        for attempt in range(tries):
            wait = min(PAUSE * 2**attempt, LONGEST_PAUSE)
            try:
                reply = self._send(path, query or {}, accept)
                self._silent = False
                if reply.status not in PASSING:
                    return decode(_checked(reply, self._trouble))
                failure = _failure(reply)
                if reply.retry_after.isdecimal():
                    wait = min(float(reply.retry_after), LONGEST_PAUSE)
            except ConnectionError as error:
                lost = isinstance(error, UnreachedError)
                failure = (LostError if lost else BrokenError)(str(error))
                self._silent |= attempt + 1 == tries
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                failure = BrokenError(f"the answer cannot be read: {error}")
            if attempt + 1 < tries and self._stop.wait(wait):
                raise StoppedError
        raise failure

    def _send(self, path: str, query: Mapping[str, str], accept: str) -> _Reply:
        """Return the reply to one request; every failure to get one is a ConnectionError."""
        from urllib3 import exceptions  # noqa: PLC0415 - 0.1 s

        if self._stop.is_set():
            raise StoppedError
        deadline = time.monotonic() + self._timeout if self._timeout else float("inf")
        try:
            response = self._pool.request(
                "GET",
                self.host + path,
                fields=query,
                headers=self._all_headers(accept),
                timeout=self._timeout or None,
                preload_content=False,
                retries=False,
                redirect=False,
            )
            with closing(response):
                body = self._body(response, deadline)
        except exceptions.NewConnectionError as error:  # which is a TimeoutError as well
            raise UnreachedError(brief(error)) from error
        except (exceptions.TimeoutError, TimeoutError) as error:
            problem = f"no answer within {self._timeout:g} s (--request-timeout)"
            raise ConnectionError(problem) from error
        except (exceptions.HTTPError, OSError) as error:
            raise ConnectionError(brief(error)) from error
        except ValueError as error:  # whose text may hold the token
            raise ConnectionError("the credentials do not fit into a header") from error
        self._note_time(str(response.headers.get("Date", "")))
        return _Reply(response.status, body, str(response.headers.get("Retry-After", "")))

    def _all_headers(self, accept: str) -> Any:  # noqa: ANN401 - urllib3 is loaded on demand
        from urllib3 import HTTPHeaderDict  # noqa: PLC0415 - 0.1 s

        headers = HTTPHeaderDict(
            {"Accept": accept, "Accept-Encoding": "gzip", "User-Agent": f"mpiaudit/{__version__}"}
        )
        with self._lock, complaints() as logged:  # this may run the exec plug-in again
            settings = self._configuration.auth_settings().values()
            self._trouble = last_line(*logged)
        for setting in settings:
            if setting["in"] == "header" and setting["value"]:
                headers[setting["key"]] = setting["value"].strip()
        for name, value in self._headers:
            headers.add(name, value)
        return headers

    def _body(self, response: Any, deadline: float) -> bytearray:  # noqa: ANN401
        """Return all of the body; the pool's own timeout only guards each single read."""
        body = bytearray()
        while chunk := response.read(CHUNK, decode_content=True):
            body += chunk
            if self._stop.is_set():
                raise StoppedError
            if time.monotonic() > deadline:
                raise TimeoutError
        return body

    def _note_time(self, date: str) -> None:
        if self.taken or not date:
            return
        try:
            self.taken = f"{parsedate_to_datetime(date).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        except ValueError:
            self.taken = ""


def _checked(reply: _Reply, trouble: str) -> bytearray:
    """Return the body of an answer that is one; *trouble* may be why it is none."""
    match reply.status:
        case 200:
            return reply.body
        case 401:
            why = f": {trouble}" if trouble else ""
            raise RefusedError(401, f"the API server does not accept the credentials (401){why}")
        case 403:
            raise RefusedError(403, forbidden(message(reply.body)))
        case 404:
            raise MissingError(message(reply.body))
        case 410:
            raise GoneError(message(reply.body))
        case _:
            raise _failure(reply)


def _failure(reply: _Reply) -> BrokenError:
    """Return what an answer that is none says."""
    what = f"HTTP {reply.status}: {message(reply.body)}"
    return FaultError(what) if reply.status == FAULT else BrokenError(what)
