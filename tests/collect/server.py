"""An API server on the loopback interface that holds a few objects, and fails on demand."""

import gzip
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from collect.lists import Body, listed
from mpiaudit.model import dig

RESOURCES = {
    "pods": ("/api/v1", "Pod"),
    "services": ("/api/v1", "Service"),
    "configmaps": ("/api/v1", "ConfigMap"),
    "secrets": ("/api/v1", "Secret"),
    "serviceaccounts": ("/api/v1", "ServiceAccount"),
    "namespaces": ("/api/v1", "Namespace"),
    "resourcequotas": ("/api/v1", "ResourceQuota"),
    "limitranges": ("/api/v1", "LimitRange"),
    "networkpolicies": ("/apis/networking.k8s.io/v1", "NetworkPolicy"),
    "events": ("/api/v1", "Event"),
    "deployments": ("/apis/apps/v1", "Deployment"),
    "statefulsets": ("/apis/apps/v1", "StatefulSet"),
    "jobs": ("/apis/batch/v1", "Job"),
    "leases": ("/apis/coordination.k8s.io/v1", "Lease"),
    "clusterroles": ("/apis/rbac.authorization.k8s.io/v1", "ClusterRole"),
    "clusterrolebindings": ("/apis/rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    "roles": ("/apis/rbac.authorization.k8s.io/v1", "Role"),
    "rolebindings": ("/apis/rbac.authorization.k8s.io/v1", "RoleBinding"),
    "customresourcedefinitions": ("/apis/apiextensions.k8s.io/v1", "CustomResourceDefinition"),
}
"""Where each plural is, and its kind; ``mpijobs`` is where the CRD says."""


COMPRESSED_FROM = 2000
"""Bytes; a real API server begins at 128 KiB."""


@dataclass
class Fault:
    """What happens to requests whose path and query contain `match`."""

    match: str
    status: int = 200
    message: str = "no"
    how: str = "status"
    """``status``, ``cut`` half-way, ``hangup``, or ``slow``: no answer."""

    content: str = ""
    """What is sent with status 200, whatever was asked."""

    times: int = 1_000_000
    after: int = 0
    """How many such requests are answered properly before."""

    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """One request that arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, list[str]]


class ApiServer(ThreadingHTTPServer):
    """Answers GETs from `objects`, by plural."""

    daemon_threads = True

    def __init__(self, objects: Mapping[str, list[Body]], faults: list[Fault]) -> None:
        """Hold *objects*."""
        super().__init__(("127.0.0.1", 0), Handler)
        self.objects = objects
        self.faults = faults
        self.clock = "Tue, 24 Nov 2026 05:00:00 GMT"
        self.requests: list[Request] = []
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def asked(self, part: str) -> list[Request]:
        """Return the requests whose path contains *part*."""
        return [request for request in self.requests if part in request.path]

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that hang up."""

    def answer(self, request: Request) -> tuple[int, Body | str]:
        """Return the status and what to send."""
        if request.path == "/version":
            return 200, {"gitVersion": "v1.34.4"}
        match = re.fullmatch(
            r"(/api/v1|/apis/[^/]+/[^/]+)(?:/namespaces/([^/]+)(?=/.))?/([^/]+)(?:/([^/]+))?",
            request.path,
        )
        kind = self._kind(match[1], match[3]) if match else ""
        if not match or not kind:
            return 404, "404 page not found"
        version = match[1].split("/", 2)[2]
        space, name = match[2], match[4]
        bodies = [
            body
            for body in self.objects.get(match[3], [])
            if space in {None, dig(body, "metadata", "namespace")}
            and name in {None, dig(body, "metadata", "name")}
        ]
        if name and not bodies:
            return 404, {"kind": "Status", "message": f'{match[3]} "{name}" not found'}
        if name:
            return 200, bodies[0] | {"apiVersion": version, "kind": kind}
        return 200, listed(bodies, kind, version, request.query, request.headers["Accept"])

    def _kind(self, root: str, plural: str) -> str:
        """Return the kind, or the empty string where it is not served there."""
        if plural != "mpijobs":
            home, kind = RESOURCES.get(plural, ("", ""))
            return kind if home == root else ""
        served = {
            f"/apis/kubeflow.org/{version['name']}"
            for crd in self.objects.get("customresourcedefinitions", [])
            for version in crd["spec"].get("versions", [])
            if version["served"]
        }
        return "MPIJob" if root in served else ""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: ApiServer

    def parse_request(self) -> bool:
        """Note what is asked, whatever the method."""
        if not super().parse_request():
            return False
        url = urlsplit(self.path)
        headers = {name: self.headers.get_all(name) or [] for name in self.headers}
        self.request_seen = Request(self.command, url.path, dict(parse_qsl(url.query)), headers)
        self.server.requests.append(self.request_seen)
        return True

    def do_GET(self) -> None:
        """Answer, or fail as told."""
        whole = f"{self.request_seen.path}?{urlsplit(self.path).query}"
        fault = next((f for f in self.server.faults if f.match in whole and f.times), None)
        if fault and fault.after:
            fault.after, fault = fault.after - 1, None
        if not fault:
            self._send(*self.server.answer(self.request_seen))
            return
        fault.times -= 1
        if fault.content:
            self._send(200, fault.content)
            return
        match fault.how:
            case "status":
                status = {"kind": "Status", "message": fault.message}
                self._send(fault.status, status, fault.headers)
            case "cut":
                self._send(*self.server.answer(self.request_seen), cut=True)
            case _:
                if fault.how == "slow":
                    self.server.closing.wait()
                self.close_connection = True

    def _send(
        self,
        status: int,
        content: Body | str,
        headers: Mapping[str, str] | None = None,
        *,
        cut: bool = False,
    ) -> None:
        raw = (content if isinstance(content, str) else json.dumps(content)).encode()
        self.send_response(status)
        if len(raw) > COMPRESSED_FROM and self.headers["Accept-Encoding"] == "gzip":
            raw = gzip.compress(raw)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(raw)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw[: len(raw) // 2] if cut else raw)
        self.close_connection = self.close_connection or cut

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the same time for every answer."""
        return self.server.clock

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


@contextmanager
def serve(objects: Mapping[str, list[Body]], *faults: Fault) -> Iterator[ApiServer]:
    """Run an API server that holds *objects*, by plural."""
    server = ApiServer(objects, list(faults))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def kubeconfig(path: Path, server: ApiServer, user: Body | None = None, name: str = "lab") -> str:
    """Write a kubeconfig for *server* whose only context is *name*, and return its path."""
    content = {
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "clusters": [{"name": name, "cluster": {"server": server.url}}],
        "users": [{"name": name, "user": user or {}}],
    }
    path.write_text(json.dumps(content))
    return str(path)
