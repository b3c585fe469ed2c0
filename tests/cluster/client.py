"""A client of the API server: paths in, decoded JSON out."""

import http.client
import json
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

Body = dict[str, Any]
"""A Kubernetes object, or the API server's answer."""

T = TypeVar("T")

MERGE = "application/merge-patch+json"
NAMES = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""Asks for the metadata of objects alone; a CRD has half a megabyte of others."""


class RefusedError(Exception):
    """The API server answers with an error; the text is its own."""

    def __init__(self, status: int, body: Body) -> None:
        super().__init__(f"{status}: {body.get('message', body)}")
        self.status = status


class Client:
    """Asks as one user, from any thread."""

    def __init__(self, port: int, certificate: Path, token: str) -> None:
        self._port = port
        self._token = token
        self._context = ssl.create_default_context(cafile=str(certificate))
        self._connections = threading.local()

    def get(self, path: str) -> Body:
        """Return what is at *path*."""
        return self.send("GET", path)

    def items(self, path: str) -> list[Body]:
        """Return the objects of the list at *path*."""
        return list(self.get(path)["items"])

    def names(self, path: str) -> list[str]:
        """Return the names of the objects of the list at *path*."""
        items = self.send("GET", path, accept=NAMES)["items"] or ()
        return [item["metadata"]["name"] for item in items]

    def find(self, path: str) -> Body | None:
        """Return what is at *path*, or None where there is nothing."""
        try:
            return self.get(path)
        except RefusedError as error:
            if error.status == http.client.NOT_FOUND:
                return None
            raise

    def create(self, path: str, body: Body) -> Body:
        """Create *body* in the list at *path*."""
        return self.send("POST", path, body)

    def merge(self, path: str, patch: Body) -> Body:
        """Merge *patch* into what is at *path*."""
        return self.send("PATCH", path, patch, MERGE)

    def delete(self, path: str) -> None:
        """Delete what is at *path*, a list perhaps, at once; nothing is fine."""
        try:
            self.send("DELETE", path, {"gracePeriodSeconds": 0, "propagationPolicy": "Background"})
        except RefusedError as error:
            if error.status != http.client.NOT_FOUND:
                raise

    def send(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        kind: str = "application/json",
        accept: str = "application/json",
    ) -> Body:
        """Return the answer to one request.

        Raises:
            RefusedError: It is an error.
            OSError: There is no answer.
        """
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": kind,
            "Accept": accept,
        }
        status, content = self._exchange(method, path, json.dumps(body) if body else None, headers)
        answer: Body = json.loads(content) if content[:1] == b"{" else {"message": content.decode()}
        if status >= http.client.BAD_REQUEST:
            raise RefusedError(status, answer)
        return answer

    def _exchange(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        """Try once more on a new connection: the API server may have closed the old one."""
        kept: http.client.HTTPSConnection | None = getattr(self._connections, "kept", None)
        if kept:
            try:
                return self._once(kept, method, path, body, headers)
            except (OSError, http.client.HTTPException):
                kept.close()
        fresh = http.client.HTTPSConnection(
            "127.0.0.1", self._port, context=self._context, timeout=30
        )
        self._connections.kept = None
        try:
            answer = self._once(fresh, method, path, body, headers)
        except (OSError, http.client.HTTPException):
            fresh.close()
            raise
        self._connections.kept = fresh
        return answer

    def close(self) -> None:
        """Close this thread's connection."""
        kept: http.client.HTTPSConnection | None = getattr(self._connections, "kept", None)
        if kept:
            kept.close()
            self._connections.kept = None

    @staticmethod
    def _once(
        connection: http.client.HTTPSConnection,
        method: str,
        path: str,
        body: str | None,
        headers: dict[str, str],
    ) -> tuple[int, bytes]:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, response.read()


def eventually(
    ask: Callable[[], T | None], what: str, seconds: float = 90, pause: float = 0.1
) -> T:
    """Return the first answer of *ask* that is true, within *seconds*; fail with *what* if none.

    It is asked again after a *pause*, also in seconds.
    """
    limit = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < limit, f"within {seconds:.0f} s: {what}"
        threading.Event().wait(pause)
    return answer
