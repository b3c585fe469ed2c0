"""Fixes for a controller's Deployment."""

from __future__ import annotations

from collections.abc import Sequence

from packaging.version import Version

from mpiaudit.checks import fixes
from mpiaudit.checks.conflict import rivals
from mpiaudit.facts import flags as flag_facts
from mpiaudit.facts import releases
from mpiaudit.facts.releases import MPI_OPERATOR, NAMESPACE_ENV
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.rule import Disposition, Fix

_OLDEST = rivals.HONOURS_SINCE[MPI_OPERATOR]
"""Nothing older is pinned that does not run yet: it gets no fixes."""

_SAME_HOSTFILE = Version("0.5")
"""The first release that writes the hostfiles of the newest.

kubeflow/mpi-operator v0.5.0 pkg/controller/mpi_job_controller.go:1280-1292 and v0.8.0 :1323-1335;
v0.4.0 :1203 names another Service.
"""

_HUB = "docker.io"
"""Where upstream publishes its images; a mirror may lack some of them."""


def pin(controller: Controller, crd: Crd | None = None) -> Fix | None:
    """Return what pins mpi-operator's image, with the CRD of the release where it needs another.

    To the newest patch of the minor that its tag names; else to the release that *crd* is of,
    unless that is too old; else to the newest release. None where nobody knows whether there is
    such an image, where its program lacks the command or a flag, and where its CRD would drop a
    version of *crd*.
    """
    if controller.release or (crd and _maintained(crd)):
        version = _newest(controller, crd)
        words = f"restarts mpi-operator as {version}, which needs the CRD of {version}; jobs go on"
        return _replaced(controller, version, words)
    replaceable = crd is None or {v.name for v in crd.versions} == {"v2beta1"}
    return upgrade(controller) if replaceable else None


def upgrade(controller: Controller) -> Fix | None:
    """Return the commands that bring mpi-operator and its CRD to the newest release.

    None where nobody knows whether there is such an image, and where its program lacks the
    command or a flag.
    """
    version = releases.releases(MPI_OPERATOR)[-1].version
    release = controller.release
    rewrites = release is None or release < _SAME_HOSTFILE
    then = "; jobs go on"
    if rewrites:
        older = "" if release else f" where it was older than {_SAME_HOSTFILE}"
        then = f", which rewrites the hostfiles of running jobs{older}; let them finish first"
    patch = _replaced(controller, version, f"restarts mpi-operator as {version}{then}")
    if patch is None:
        return None
    crd = fixes.CRD_FILE.format(tag=f"v{version.major}.{version.minor}.0")
    return Fix(
        patch.summary,
        f"kubectl apply --server-side -f {crd}\n{patch.text}",
        Disposition.INTERRUPTS if rewrites else Disposition.SAFE,
    )


def with_program(controller: Controller, crd: Crd) -> Fix | None:
    """Return the patch that pins the last release whose image has the program of the command.

    None where there is none, or where it does not know a flag or reads no version of *crd*.
    """
    binary = controller.argv[0] if controller.argv else ""
    having = [r for r in releases.releases(MPI_OPERATOR) if r.read_by(binary) in crd.served]
    if not having:
        return None
    version = having[-1].version
    return _replaced(
        controller, version, f"restarts mpi-operator as {version}, the last release with {binary}"
    )


def drop_command(controller: Controller, release: Version) -> Fix:
    """Return the patch that lets the image start its own program.

    It keeps the arguments but for those that the program of *release* does not know.
    """
    legal = flag_facts.flags(controller.product, release, "v2beta1")
    kept: Sequence[str] = [*controller.command[1:], *controller.args]
    for flag in controller.flags.values if controller.flags else ():
        if flag not in legal:
            kept = without(controller.product, kept, flag)
    path = f"/spec/template/spec/containers/{controller.container}/command"
    patch = fixes.patch_container(controller, "args", kept, "")
    text = patch.text.replace("-p '[", f"""-p '[{{"op": "remove", "path": "{path}"}}, """)
    return Fix(f"restarts {controller.ref} with the program that its image has", text)


def drop_flags(controller: Controller, *flags: str) -> Fix | None:
    """Return the patch that takes *flags* away; None where a script or a variable gives them."""
    for field, words in (("args", controller.args), ("command", controller.command)):
        kept = list(words)
        for flag in flags:
            kept = without(controller.product, kept, flag)
        if kept != list(words):
            return fixes.patch_container(controller, field, kept, f"restarts {controller.ref}")
    return None


def set_schemes(controller: Controller, kinds: Sequence[str]) -> Fix | None:
    """Return the patch that enables *kinds* alone; None where the arguments are not in a list."""
    kept = without(controller.product, controller.args, "enable-scheme")
    if not kinds or kept == list(controller.args):
        return None
    args = [*kept, *(f"--enable-scheme={kind}" for kind in kinds)]
    return fixes.patch_container(controller, "args", args, f"restarts {controller.ref}")


def watch_everything(controller: Controller) -> Fix | None:
    """Return what makes the controller watch all namespaces; its role must reach them too."""
    if controller.value("namespace") is not None:
        fix = drop_flags(controller, "namespace")
        text = fix.text if fix else ""
    else:
        target = f"{controller.ref.kind.lower()}/{controller.name}"
        text = f"kubectl -n {fixes.namespace_of(controller)} set env {target} {NAMESPACE_ENV}-"
    summary = f"restarts {controller.ref}, which needs a ClusterRoleBinding to watch everything"
    return Fix(summary, text) if text else None


def create_namespace(name: str) -> Fix:
    """Return the command that makes the lock namespace; the operator retries every 5 s."""
    return Fix(
        "mpi-operator takes its lock within seconds, without a restart",
        f"kubectl create namespace {name}",
    )


def may_lock(controller: Controller, namespace: str) -> Fix:
    """Return the commands that show why the lock is not taken."""
    user = f"system:serviceaccount:{controller.namespace}:{controller.service_account or 'default'}"
    target = f"{controller.ref.kind.lower()}/{controller.name}"
    return Fix(
        "shows whether it may write the Lease, and what it says; changes nothing",
        f"kubectl auth can-i create leases.coordination.k8s.io -n {namespace} --as={user}\n"
        f"kubectl -n {controller.namespace} logs {target} --tail=20",
    )


def one_replica(controller: Controller) -> Fix:
    """Return the command that leaves one replica."""
    kind = controller.ref.kind.lower()
    where = fixes.namespace_of(controller)
    command = f"kubectl -n {where} scale {kind} {controller.name} --replicas=1"
    return Fix("stops all replicas but one; running jobs go on", command)


def without(product: str, words: Sequence[str], flag: str) -> list[str]:
    """Return *words* without *flag* and its value, whether behind ``=`` or in the next word."""
    known = flag_facts.flags(product, None).get(flag)
    bare = known is not None and known.type == "bool"
    kept: list[str] = []
    value_follows = False
    for word in words:
        name, equals, _ = word.partition("=")
        if value_follows and not word.startswith("-"):
            value_follows = False
        elif name in {f"-{flag}", f"--{flag}"}:
            value_follows = not equals and not bare
        else:
            value_follows = False
            kept.append(word)
    return kept


def _maintained(crd: Crd) -> bool:
    """Return whether *crd* is that of a release which may be pinned."""
    origin = crd.origin
    return origin is not None and origin.product == MPI_OPERATOR and origin.newest >= _OLDEST


def _newest(controller: Controller, crd: Crd | None) -> Version:
    """Return the newest patch of the minor that the tag names, else of the release of *crd*."""
    known = [r.version for r in releases.releases(MPI_OPERATOR)]
    tagged = controller.release
    if tagged:
        return max([v for v in known if v.release[:2] == tagged.release[:2]], default=tagged)
    return max(v for v in known if crd and crd.origin and v <= crd.origin.newest)


def _replaced(controller: Controller, version: Version, summary: str) -> Fix | None:
    """Return the patch that gives the image the tag of *version*.

    None where the image is somebody's own, and where the program does not take the command line.
    """
    if not controller.upstream or not _takes(version, controller):
        return None
    pulled = controller.image
    if pulled.registry != _HUB:
        summary += f"; {pulled.registry} must have that image"
    image = f"{pulled.registry}/{pulled.repository}:{version}"
    return fixes.patch_container(controller, "image", image, summary)


def _takes(version: Version, controller: Controller) -> bool:
    """Return whether the image of *version* has the program of the command, and that its flags."""
    release = releases.nearest(MPI_OPERATOR, version)
    reads = release and release.read_by(controller.command[0] if controller.command else "")
    if not reads or controller.flags is None:
        return False
    return controller.flags.values.keys() <= flag_facts.flags(MPI_OPERATOR, version, reads).keys()
