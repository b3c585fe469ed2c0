"""One control plane: etcd, kube-apiserver and kube-controller-manager on loopback."""

# ruff: noqa: S607 - openssl and setpriv are where PATH says

import base64
import json
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from cluster import bed
from cluster.cell import SOCKET, relay
from cluster.client import Body, Client, RefusedError

RELEASE = "1.34.4"
ISSUER = "https://kubernetes.default.svc"
LAVISH = {"GOGC": "400", "GOMAXPROCS": "1"}
"""Lets Go's programs take more memory, 1.4 GB for an API server, and less time. Each has one core:
there are more of them than cores."""

PATIENCE = 120
"""Seconds until a control plane that does not answer is given up; it takes about 5."""

CONTROLLERS = (
    "clusterrole-aggregation-controller",
    "deployment-controller",
    "endpoints-controller",
    "endpointslice-controller",
    "garbage-collector-controller",
    "job-controller",
    "namespace-controller",
    "pod-garbage-collector-controller",
    "replicaset-controller",
    "resourcequota-controller",
    "root-ca-certificate-publisher-controller",
    "serviceaccount-controller",
    "statefulset-controller",
    "ttl-after-finished-controller",
)
"""The parts of kube-controller-manager that MPIJobs, their children and the tests meet."""

AUDIT: Body = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "users": ["admin"]},
        {"level": "None", "userGroups": ["system:masters"]},
        {
            "level": "RequestResponse",
            "resources": [{"group": "", "resources": ["secrets"]}],
            "omitManagedFields": True,
        },
        {"level": "Metadata"},
    ],
}
"""Tells who asked for what, and of Secrets the answer as well."""


@dataclass
class Plane:
    """A running control plane."""

    folder: Path
    release: str = RELEASE
    port: int = 0
    token: str = field(default_factory=lambda: secrets.token_hex(16))
    """The administrator's."""

    store: str = ""
    """The address of its etcd."""

    _started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _open: ExitStack = field(default_factory=ExitStack)

    @property
    def certificate(self) -> Path:
        """The API server's certificate, and who signed it: itself."""
        return self.folder / "tls.crt"

    def client(self, token: str = "") -> Client:
        """Return a client for the holder of *token*, the administrator without one."""
        return Client(self.port, self.certificate, token or self.token)

    def kubeconfig(self, name: str, token: str = "") -> Path:
        """Write the kubeconfig of the holder of *token*, the administrator without one."""
        path = self.folder / f"{name}.kubeconfig"
        authority = base64.b64encode(self.certificate.read_bytes()).decode()
        server = f"https://127.0.0.1:{self.port}"
        body = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "clusters": [
                {
                    "name": name,
                    "cluster": {"server": server, "certificate-authority-data": authority},
                }
            ],
            "users": [{"name": name, "user": {"token": token or self.token}}],
        }
        path.write_text(json.dumps(body))
        return path

    def start(self) -> None:
        """Start it, and return when it answers.

        Raises:
            RuntimeError: A part of it ended, or nothing answers.
        """
        self._write_credentials()
        self.port, etcd, peers = _free_ports(3)
        self.store = f"http://127.0.0.1:{etcd}"
        self._run("etcd", *_etcd_flags(self.store, f"http://127.0.0.1:{peers}"))
        self._run(f"kube-apiserver-{self.release}", *self._server_flags())
        client = self.client()
        with closing(client):
            self._wait(client, "/readyz")
            self.kubeconfig("manager")
            self._run(f"kube-controller-manager-{RELEASE}", *self._manager_flags())
            self._wait(client, "/api/v1/namespaces/default/serviceaccounts/default")
        listener = socket.socket(socket.AF_UNIX)
        self._open.callback(listener.close)
        listener.bind(str(self.folder / SOCKET))
        listener.listen()
        relay(listener, lambda: socket.create_connection(("127.0.0.1", self.port)))

    def stop(self) -> None:
        """End what was started. Nothing is flushed: the folder is thrown away."""
        self._open.close()
        for process in reversed(self._started):
            process.send_signal(signal.SIGKILL)
        for process in self._started:
            process.wait()
        self._started.clear()

    def kill_server(self) -> None:
        """Kill the API server alone, as a crash would, and wait until it is gone."""
        _, server, *_ = self._started
        server.kill()
        server.wait()

    def put(self, key: str, value: bytes) -> None:
        """Have etcd hold *value* at *key*, which the API server would never have written."""
        pair = {"key": base64.b64encode(key.encode()), "value": base64.b64encode(value)}
        body = json.dumps({name: text.decode() for name, text in pair.items()})
        with closing(HTTPConnection(self.store.removeprefix("http://"), timeout=30)) as etcd:
            etcd.request("POST", "/v3/kv/put", body)
            answer = etcd.getresponse()
            assert answer.status == HTTPStatus.OK, answer.read()

    def requests(self, user: str) -> list[Body]:
        """Return the API server's audit log of what *user* asked, oldest first."""
        lines = (self.folder / "audit.log").read_text().splitlines()
        return [
            event for line in lines if (event := json.loads(line))["user"].get("username") == user
        ]

    def _write_credentials(self) -> None:
        commands = [
            ["openssl", "genrsa", "-out", "accounts.key", "2048"],
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
             "-keyout", "tls.key", "-out", "tls.crt", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-addext", "basicConstraints=critical,CA:TRUE"],
        ]  # fmt: skip
        for command in commands:
            subprocess.run(command, cwd=self.folder, capture_output=True, check=True)
        (self.folder / "tokens.csv").write_text(f'{self.token},admin,admin,"system:masters"\n')
        (self.folder / "audit.json").write_text(json.dumps(AUDIT))

    def _run(self, name: str, *flags: str) -> None:
        """Start a program that ends when this process does, however that ends."""
        program = bed.program(name)
        with (self.folder / f"{program.name}.log").open("wb") as log:
            self._started.append(
                subprocess.Popen(
                    ["setpriv", "--pdeathsig", "KILL", str(program), *flags],
                    cwd=self.folder,
                    env={**os.environ, **LAVISH},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            )

    def _wait(self, client: Client, path: str) -> None:
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit and not any(p.poll() is not None for p in self._started):
            with suppress(OSError, HTTPException, RefusedError):
                if client.find(path):
                    return
            time.sleep(0.1)
        raise RuntimeError(f"no control plane; see the logs in {self.folder}")

    def _server_flags(self) -> Iterator[str]:
        yield f"--etcd-servers={self.store}"
        yield f"--secure-port={self.port}"
        yield "--bind-address=127.0.0.1"
        yield "--advertise-address=127.0.0.1"
        yield "--endpoint-reconciler-type=none"
        yield "--tls-cert-file=tls.crt"
        yield "--tls-private-key-file=tls.key"
        yield "--token-auth-file=tokens.csv"
        yield "--client-ca-file=tls.crt"
        yield "--authorization-mode=RBAC"
        yield f"--service-account-issuer={ISSUER}"
        yield "--service-account-key-file=accounts.key"
        yield "--service-account-signing-key-file=accounts.key"
        yield "--service-cluster-ip-range=127.96.0.0/16"
        yield "--audit-policy-file=audit.json"
        yield "--audit-log-path=audit.log"
        yield "--audit-log-mode=blocking"
        yield "--profiling=false"
        yield "--enable-priority-and-fairness=false"

    def _manager_flags(self) -> Iterator[str]:
        yield "--kubeconfig=manager.kubeconfig"
        yield f"--controllers={','.join(CONTROLLERS)}"
        yield "--leader-elect=false"
        yield "--secure-port=0"
        yield "--root-ca-file=tls.crt"
        yield "--service-account-private-key-file=accounts.key"
        yield "--kube-api-qps=500"
        yield "--kube-api-burst=1000"


def _etcd_flags(clients: str, peers: str) -> Iterator[str]:
    yield "--data-dir=etcd"
    yield "--unsafe-no-fsync"
    yield f"--listen-client-urls={clients}"
    yield f"--advertise-client-urls={clients}"
    yield f"--listen-peer-urls={peers}"
    yield f"--initial-advertise-peer-urls={peers}"
    yield f"--initial-cluster=default={peers}"


def _free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on now; all are held until all are known."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]
