"""A cluster as a test sees it: install a release, make a job, scan, run what a fix says."""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cluster import bed
from cluster.client import Body, Client, eventually
from cluster.container import Container, Program
from cluster.kubelet import NODE, Kubelet
from cluster.plane import LAVISH, Plane
from cluster.releases import definition, disarm, shipped, terse
from cluster.sweep import CRDS, MPIJOBS, sweep
from mpiaudit import engine
from mpiaudit.cli import _audit
from mpiaudit.collect.live import Options
from mpiaudit.report import Finding, Report

KUBECTL = "kubectl-1.34.4"
CRD_URL = re.compile(
    r"https://raw\.githubusercontent\.com/kubeflow/mpi-operator/v([0-9.]+)"
    r"/manifests/base/kubeflow\.org_mpijobs\.yaml"
)
"""Where fixes fetch a CRD; it is read from the release's own module here."""

SETTLED = 90
"""Seconds in which a controller does what it will do; it takes about 2."""


@dataclass
class Cluster:
    """One control plane, empty at first, with its play kubelet."""

    plane: Plane
    kubelet: Kubelet
    folder: Path
    admin: Client

    def install(
        self,
        release: str,
        *,
        edit: Callable[[Body], None] | None = None,
        keep: Callable[[Body], bool] | None = None,
    ) -> None:
        """Apply what *release* ships, its image pinned to its tag.

        Of its objects *keep* chooses some; *edit* changes the Deployment.
        """
        documents = shipped(release)
        for document in documents:
            if document["kind"] == "Deployment":
                self._pin(document, release)
                if edit:
                    edit(document)
            if document["kind"] == "ValidatingWebhookConfiguration":
                disarm(document)
        self.apply([d for d in documents if keep is None or keep(d)])

    def apply(self, documents: Iterable[Body]) -> None:
        """Apply *documents* server-side, and wait until their definitions are served."""
        wanted = [terse(d) for d in documents if not self._lasting(d)]
        bodies = json.dumps({"apiVersion": "v1", "kind": "List", "items": wanted})
        flags = ("--server-side", "--force-conflicts", "--validate=false")
        self.kubectl("apply", *flags, "-f", "-", stdin=bodies)
        for document in wanted:
            if document["kind"] == "CustomResourceDefinition":
                self.served(document["metadata"]["name"])

    def _lasting(self, document: Body) -> bool:
        """Return whether *document* defines another kind than MPIJob, and is there."""
        name = document["metadata"]["name"]
        defines = document["kind"] == "CustomResourceDefinition" and name != MPIJOBS
        return defines and name in self.admin.names(CRDS)

    def served(self, definition: str) -> None:
        """Wait until *definition* is served."""

        def established() -> bool:
            crd = self.admin.get(f"{CRDS}/{definition}")
            conditions = crd.get("status", {}).get("conditions") or ()
            return any((c["type"], c["status"]) == ("Established", "True") for c in conditions)

        eventually(established, f"{definition} is served")

    def namespace(self, name: str, labels: Mapping[str, str] | None = None) -> None:
        """Make a namespace, where there is none."""
        if not self.admin.find(f"/api/v1/namespaces/{name}"):
            self.admin.create("/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})

    def submit(self, job: Body) -> Body:
        """Create an MPIJob, as a client that validates nothing would."""
        space = job["metadata"]["namespace"]
        self.namespace(space)
        path = f"/apis/{job['apiVersion']}/namespaces/{space}/mpijobs"
        return eventually(lambda: self._created(path, job), "MPIJob can be created", 10)

    def _created(self, path: str, job: Body) -> Body | None:
        """Create *job*; None while the definition is too new to be served at *path*."""
        return self.admin.create(path, job) if self.admin.find(path) else None

    def job(self, name: str, space: str = "team-a", version: str = "v2beta1") -> Body:
        """Return the MPIJob as *version* shows it."""
        path = f"/apis/kubeflow.org/{version}/namespaces/{space}/mpijobs/{name}"
        return self.admin.get(path)

    def reaches(self, name: str, condition: str, space: str = "team-a", limit: float = 90) -> None:
        """Wait until *condition* is true of the MPIJob *name*, *limit* seconds at most."""
        served = self.admin.get(f"{CRDS}/{MPIJOBS}")["spec"]["versions"]
        version = next(v["name"] for v in served if v["storage"])

        def true() -> bool:
            conditions = self.job(name, space, version).get("status", {}).get("conditions") or ()
            return any((c["type"], c["status"]) == (condition, "True") for c in conditions)

        eventually(true, f"{space}/{name} is {condition}", limit)

    def events(self, name: str, space: str = "team-a") -> list[tuple[str, str]]:
        """Return the reason and the message of each Event about the MPIJob *name*."""
        about = f"involvedObject.kind=MPIJob,involvedObject.name={name}"
        items = self.admin.items(f"/api/v1/namespaces/{space}/events?fieldSelector={about}")
        return [(item["reason"], item["message"]) for item in items]

    def names(self, plural: str, space: str = "team-a", group: str = "") -> set[str]:
        """Return the names of the objects of one kind in a namespace."""
        root = f"/apis/{group}" if group else "/api/v1"
        return set(self.admin.names(f"{root}/namespaces/{space}/{plural}"))

    def start_controllers(self) -> None:
        """Let the kubelet run the pods of controllers, which wait until now."""
        self.kubelet.controllers.set()

    def program(self, deployment: str) -> Container:
        """Return the newest program of ``namespace/name``, once there is one."""
        space, name = deployment.split("/")

        def newest() -> Container | None:
            sets = self.admin.items(f"/apis/apps/v1/namespaces/{space}/replicasets")
            owned = [s for s in sets if s["metadata"]["ownerReferences"][0]["name"] == name]
            latest = max(owned, key=_revision, default=None)
            if latest is None:
                return None
            for pod in self.admin.items(f"/api/v1/namespaces/{space}/pods"):
                owner = pod["metadata"].get("ownerReferences", [{}])[0]
                if owner.get("uid") == latest["metadata"]["uid"]:
                    return self.kubelet.container(pod)
            return None

        return eventually(newest, f"{deployment} has a program")

    def logged(self, deployment: str, text: str, seconds: float = SETTLED) -> None:
        """Wait until the newest program of *deployment* says *text*."""
        program = self.program(deployment)
        eventually(
            lambda: text in program.log,
            f"{deployment} says {text!r}:\n{program.log[-2000:]}",
            seconds,
        )

    def scan(self, **options: Any) -> Report:  # noqa: ANN401 - what Options takes
        """Audit the cluster as its administrator."""
        kubeconfig = options.pop("kubeconfig", None) or self.plane.kubeconfig("admin")
        return _audit.cluster(Options(kubeconfig=str(kubeconfig), **options), engine.load_rules())

    def shell(self, text: str) -> str:
        """Run what a fix says, and return what it prints. Nothing is fetched from a network."""

        def local(match: re.Match[str]) -> str:
            path = self.folder / f"crd-{match[1]}.json"
            crd = terse(definition(f"mpi-operator-{match[1]}"))
            path.write_text(json.dumps(crd))
            return str(path)

        return self._run(["bash", "-euc", CRD_URL.sub(local, text)]).stdout

    def kubectl(self, *arguments: str, stdin: str = "", check: bool = True) -> str:
        """Return what kubectl prints, on standard error where it may fail and does."""
        done = self._run(["kubectl", *arguments], stdin=stdin, check=check)
        return done.stderr if done.returncode else done.stdout

    def _run(
        self, command: list[str], *, stdin: str = "", check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run *command* with kubectl on its path, without a cache of what the server knows."""
        link = self.folder / "kubectl"
        if not link.exists():
            link.symlink_to(bed.program(KUBECTL))
        env = {
            "PATH": f"{self.folder}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),
            "KUBECONFIG": str(self.plane.kubeconfig("admin")),
            **LAVISH,
        }
        with tempfile.TemporaryDirectory() as cache:
            env["KUBECACHEDIR"] = cache
            done = subprocess.run(
                command,
                cwd=self.folder,
                env=env,
                input=stdin,
                capture_output=True,
                text=True,
                check=False,
            )
        assert not check or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done

    def _pin(self, deployment: Body, release: str) -> None:
        """Pin the image where the manifest does not, and tell the kubelet what it runs."""
        container = deployment["spec"]["template"]["spec"]["containers"][0]
        product, _, number = release.rpartition("-")
        if product.startswith("mpi-operator"):
            container["image"] = f"mpioperator/mpi-operator:{number}"
        entry_point = "/manager" if product == "training-operator" else f"/opt/{product}"
        self.kubelet.images[container["image"]] = Program(release, entry_point)


def emptied(cluster: Cluster) -> Cluster:
    """Return *cluster* without anything in it, and with no controller running."""
    cluster.kubelet.halt()
    cluster.kubelet.images.clear()
    sweep(cluster.admin)
    return cluster


def add_node(admin: Client) -> None:
    """Register the made-up node, so that its pods are not collected as garbage."""
    admin.create("/api/v1/nodes", {"metadata": {"name": NODE}})
    now = {"type": "Ready", "status": "True", "reason": "KubeletReady"}
    room = {"cpu": "64", "memory": "256Gi", "pods": "250"}
    status = {"capacity": room, "allocatable": room, "conditions": [now]}
    admin.merge(f"/api/v1/nodes/{NODE}/status", {"status": status})


def every(findings: Sequence[Finding]) -> list[Finding]:
    """Return *findings* and those that they explain."""
    return [each for f in findings for each in (f, *f.explains)]


def fired(report: Report) -> set[str]:
    """Return the ids of the rules that found something, symptoms included."""
    return {f.rule.id for f in every(report.findings)}


def _revision(replica_set: Body) -> int:
    return int(replica_set["metadata"]["annotations"]["deployment.kubernetes.io/revision"])
