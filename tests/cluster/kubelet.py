"""A play kubelet: binds pods to a made-up node and plays their lives.

The pods of controllers are not played: it runs their real programs, see `Container`. Others run
until they are deleted, unless annotations say otherwise: ``testbed/ends: "0"`` is the exit code
with which their containers end, ``testbed/after: "2"`` the seconds until then.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path

from cluster.client import MERGE, Body, RefusedError
from cluster.container import Container, Program
from cluster.plane import Plane

NODE = "node-0"
PERIOD = 0.3
"""Seconds between two looks at all pods."""


@dataclass
class Life:
    """What the kubelet knows of one pod."""

    address: str
    born: float = field(default_factory=time.monotonic)
    started: str = field(default_factory=lambda: now())  # noqa: PLW0108 - it stands below
    running: bool = False
    container: Container | None = None


class Kubelet(threading.Thread):
    """Looks after all pods of a control plane, until it is stopped."""

    def __init__(self, plane: Plane, folder: Path) -> None:
        super().__init__(name="kubelet", daemon=True)
        self.images: dict[str, Program] = {}
        """What the images of controllers start, for real."""

        self.controllers = threading.Event()
        """Controllers run while this is set; before, their pods wait for a node."""

        self._plane = plane
        self._folder = folder
        self._admin = plane.client()
        self._lives: dict[str, Life] = {}
        self._count = 0
        self._over = threading.Event()
        self._busy = threading.Lock()

    def run(self) -> None:
        """Look after the pods, again and again."""
        try:
            while not self._over.wait(PERIOD):
                with self._busy:
                    self._look()
        finally:
            self._end_all()
            self._admin.close()

    def stop(self) -> None:
        """End every program, and the thread."""
        self._over.set()
        if self.is_alive():
            self.join()

    def halt(self) -> None:
        """End the controllers' programs; none starts before `controllers` is set again."""
        self.controllers.clear()
        with self._busy:
            self._end_all()

    @contextmanager
    def still(self) -> Iterator[None]:
        """Leave all pods as they are, for as long as the context lasts."""
        with self._busy:
            yield

    def container(self, pod: Body) -> Container | None:
        """Return the container of a controller's *pod*; None while it waits for a node."""
        life = self._lives.get(pod["metadata"]["uid"])
        return life.container if life else None

    def _end_all(self) -> None:
        for life in self._lives.values():
            if life.container:
                life.container.stop(patience=0)
        self._lives.clear()

    def _look(self) -> None:
        try:
            pods = self._admin.items("/api/v1/pods?resourceVersion=0")
        except (OSError, HTTPException, RefusedError):
            return
        present = {pod["metadata"]["uid"] for pod in pods}
        for uid in self._lives.keys() - present:
            self._forget(uid)
        for pod in pods:
            try:
                self._tend(pod)
            except RefusedError:  # it was changed or deleted meanwhile; the next look tells
                continue

    def _forget(self, uid: str) -> None:
        life = self._lives.pop(uid, None)
        if life and life.container:
            life.container.stop()

    def _tend(self, pod: Body) -> None:
        program = self.images.get(pod["spec"]["containers"][0].get("image", ""))
        uid = pod["metadata"]["uid"]
        if "deletionTimestamp" in pod["metadata"]:
            self._forget(uid)
            self._admin.delete(path_of(pod))
        elif pod["spec"].get("schedulingGates") or (program and not self.controllers.is_set()):
            return
        elif not pod["spec"].get("nodeName"):
            target = {"apiVersion": "v1", "kind": "Node", "name": NODE}
            binding = {"metadata": {"name": pod["metadata"]["name"]}, "target": target}
            self._admin.create(f"{path_of(pod)}/binding", binding)
        elif pod["status"].get("phase") not in {"Succeeded", "Failed"}:
            life = self._lives.get(uid) or self._begin(pod)
            if program:
                self._tend_program(pod, life, program)
            else:
                self._play(pod, life)

    def _begin(self, pod: Body) -> Life:
        self._count += 1
        high, low = divmod(self._count, 250)
        life = self._lives[pod["metadata"]["uid"]] = Life(f"10.244.{high}.{low + 1}")
        return life

    def _tend_program(self, pod: Body, life: Life, program: Program) -> None:
        if life.container is None:
            folder = self._folder / pod["metadata"]["uid"]
            life.container = Container(self._plane, self._admin, pod, program, folder)
        if not life.container.tend():
            return
        exits, last = life.container.exits, {}
        state: Body = {"running": {"startedAt": now()}}
        if exits:
            fault = life.container.fault
            reason = "StartError" if fault else "Error"
            ended = {"exitCode": exits[-1], "reason": reason, "message": fault}
            last = {"terminated": {**ended, "finishedAt": now()}}
        if not life.container.running:
            state = {"waiting": {"reason": "CrashLoopBackOff"}}
        self._report(pod, life, "Running", state, restarts=len(exits), last=last)

    def _play(self, pod: Body, life: Life) -> None:
        notes = pod["metadata"].get("annotations") or {}
        age = time.monotonic() - life.born
        if not life.running:
            life.running = True
            self._report(pod, life, "Running", {"running": {"startedAt": life.started}})
        elif "testbed/ends" in notes and age > float(notes.get("testbed/after", "0")):
            code = int(notes["testbed/ends"])
            ended = {"exitCode": code, "startedAt": life.started, "finishedAt": now()}
            ended["reason"] = "Error" if code else "Completed"
            self._report(pod, life, "Failed" if code else "Succeeded", {"terminated": ended})

    def _report(  # noqa: PLR0913 - all that a status says
        self,
        pod: Body,
        life: Life,
        phase: str,
        state: Body,
        *,
        restarts: int = 0,
        last: Body | None = None,
    ) -> None:
        """Write the status of *pod* whose containers are all in *state*."""
        ready = "running" in state
        statuses = [
            {
                "name": container["name"],
                "image": container.get("image", ""),
                "imageID": "",
                "ready": ready,
                "started": ready,
                "restartCount": restarts,
                "state": state,
                "lastState": last or {},
            }
            for container in pod["spec"]["containers"]
        ]
        conditions = [
            {"type": name, "status": str(value), "lastTransitionTime": life.started}
            for name, value in (
                ("PodScheduled", True),
                ("Initialized", True),
                ("ContainersReady", ready),
                ("Ready", ready),
            )
        ]
        status = {
            "phase": phase,
            "conditions": conditions,
            "podIP": life.address,
            "podIPs": [{"ip": life.address}],
            "startTime": life.started,
            "containerStatuses": statuses,
        }
        self._admin.send("PATCH", f"{path_of(pod)}/status", {"status": status}, MERGE)


def path_of(pod: Body) -> str:
    """Return where the API server keeps *pod*."""
    meta = pod["metadata"]
    return f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}"


def now() -> str:
    """Return the time as Kubernetes writes it."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
