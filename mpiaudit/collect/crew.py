"""A few threads that read at the same time, and one reader that takes what they bring."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Generic, TypeVar

from mpiaudit.collect.api import StoppedError

T = TypeVar("T")

PATIENCE = 0.2
"""Seconds between two looks at whether the reader has gone."""


class Crew(Generic[T]):
    """Tasks, done by daemon threads, and the items they put: as many as the reader can take.

    An exception in a task is raised in the reader. When the reader leaves, all work stops.
    """

    def __init__(self, size: int, backlog: int) -> None:
        """Have *size* threads, and *backlog* items waiting for the reader at most."""
        self.stop = threading.Event()
        self._size = size
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._items: queue.Queue[T | BaseException | None] = queue.Queue(backlog)
        self._open = 0
        self._lock = threading.Lock()

    def submit(self, task: Callable[[], None]) -> None:
        """Have *task* done; a task may submit others."""
        with self._lock:
            self._open += 1
        self._tasks.put(task)

    def put(self, item: T) -> None:
        """Hand *item* to the reader, from within a task; wait while too many are waiting.

        Raises:
            StoppedError: The reader has left.
        """
        if not self._offer(item):
            raise StoppedError

    def __iter__(self) -> Iterator[T]:
        """Start the threads, and yield what they put until all tasks are done."""
        if not self._open:
            return
        for number in range(self._size):
            threading.Thread(target=self._work, name=f"reader-{number}", daemon=True).start()
        try:
            while (item := self._items.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            self.stop.set()
            for _ in range(self._size):
                self._tasks.put(None)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                with suppress(StoppedError):
                    task()
            except BaseException as error:  # noqa: BLE001 - it is raised in the reader
                self._offer(error)
            with self._lock:
                self._open -= 1
                done = not self._open
            if done:
                self._offer(None)

    def _offer(self, item: T | BaseException | None) -> bool:
        """Return whether the reader was still there to take *item*."""
        while not self.stop.is_set():
            with suppress(queue.Full):
                self._items.put(item, timeout=PATIENCE)
                return True
        return False
