"""Lists read by a crew, and what is to be said of those that could not be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from mpiaudit.collect.api import Api, BrokenError, LostError, MissingError, RefusedError
from mpiaudit.collect.crew import Crew
from mpiaudit.collect.kinds import Kind
from mpiaudit.collect.listing import each_page
from mpiaudit.collect.pages import decode_object
from mpiaudit.collect.shape import Body
from mpiaudit.model import Gap

Keep = Callable[[Body], bool]
"""Whether an object that was read is wanted."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some objects of one kind; one may come in several batches."""

    kind: str
    bodies: list[Body]


class Reader:
    """Reads what it is told of the *kinds* that are wanted, and only of those."""

    def __init__(self, api: Api, crew: Crew[Batch], kinds: frozenset[str], chunk: int) -> None:
        """Ask *api* for *chunk* objects at a time, 0 for all at once; put them in *crew*."""
        self.api = api
        self.crew = crew
        self.kinds = kinds
        self.gaps: dict[str, Gap] = {}
        self.absent: set[str] = set()
        self.notes: list[str] = []
        self.begun: list[str] = []
        """The kind of each list and single object that was asked for."""

        self._chunk = chunk
        self._outage = ""

    def gap(self, kind: str, reason: str) -> None:
        """Note that *kind* is not complete; the first reason stands."""
        self.gaps.setdefault(kind, Gap(reason))

    def _lost(self, kind: str, error: LostError) -> None:
        """Note that *kind* is not complete, in the words of the first loss: it is one outage."""
        self._outage = self._outage or f"{self.api.host} went away ({error}); scan again"
        self.gap(kind, f"the API server at {self._outage}")

    def later(
        self, kind: Kind, namespace: str = "", keep: Keep | None = None, **query: str
    ) -> None:
        """Have `list` done by the crew, if the kind is wanted."""
        if kind.name in self.kinds:
            self.crew.submit(partial(self.list, kind, namespace, keep, **query))

    def list(self, kind: Kind, namespace: str = "", keep: Keep | None = None, **query: str) -> None:
        """Put the objects of a list that *keep* wants, all without one.

        An empty namespace means all. The kind becomes a gap where the list breaks off, and absent
        where the API server does not know it.
        """
        try:
            self.list_known(kind, namespace, keep, **query)
        except MissingError:
            self.absent.add(kind.name)

    def list_known(
        self, kind: Kind, namespace: str = "", keep: Keep | None = None, **query: str
    ) -> None:
        """Do as `list` does.

        Raises:
            MissingError: The API server does not know the kind.
        """
        self.begun.append(kind.name)
        what = f"{kind.plural} in {namespace}" if namespace else kind.plural
        count = 0
        try:
            for bodies in each_page(self.api, kind, namespace, query, self._chunk):
                count += len(bodies)
                if kept := [body for body in bodies if keep is None or keep(body)]:
                    self.crew.put(Batch(kind.name, kept))
        except RefusedError as error:
            self.gap(kind.name, f"may not list {what}: {error}")
        except LostError as error:
            self._lost(kind.name, error)
        except BrokenError as error:
            self.gap(kind.name, f"listing {what} broke off after {count}: {error}")

    def one(self, kind: Kind, namespace: str, name: str) -> Body | None:
        """Return one object, or None where it cannot be read, which is a gap.

        Raises:
            MissingError: There is none.
        """
        self.begun.append(kind.name)
        what = f"{kind.plural} {namespace}/{name}" if namespace else f"{kind.plural} {name}"
        try:
            return self.api.get(kind.path(namespace, name), partial(decode_object, kind))
        except RefusedError as error:
            self.gap(kind.name, f"may not get {what}: {error}")
        except LostError as error:
            self._lost(kind.name, error)
        except BrokenError as error:
            self.gap(kind.name, f"could not get {what}: {error}")
        return None
