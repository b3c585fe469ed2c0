"""Fixes for a controller's Deployment."""

from __future__ import annotations

from collections.abc import Sequence

from packaging.version import Version

from mpiaudit.checks import fixes
from mpiaudit.facts import flags as flag_facts
from mpiaudit.facts import releases
from mpiaudit.facts.releases import MPI_OPERATOR, NAMESPACE_ENV
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.rule import Disposition, Fix

_FIRST_WITH_CRD_FILE = Version("0.4")


def pin(controller: Controller, crd: Crd | None = None) -> Fix:
    """Return the patch that pins mpi-operator's image.

    To the newest patch of the minor that its tag names; else to the release that *crd* is of;
    else to the newest release.
    """
    version = _newest(controller, crd)
    return fixes.patch_container(
        controller,
        "image",
        _pinned(controller, version),
        f"restarts mpi-operator as {version}, which needs the CRD of {version}; jobs go on",
    )


def upgrade(controller: Controller) -> Fix:
    """Return the commands that bring mpi-operator and its CRD to the newest release."""
    version = releases.releases(MPI_OPERATOR)[-1].version
    crd = fixes.CRD_FILE.format(tag=f"v{version.major}.{version.minor}.0")
    patch = fixes.patch_container(controller, "image", _pinned(controller, version), "")
    return Fix(
        f"restarts mpi-operator as {version}, which rewrites the hostfiles of running jobs; "
        "let them finish first",
        f"kubectl apply --server-side -f {crd}\n{patch.text}",
        Disposition.INTERRUPTS,
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


def _newest(controller: Controller, crd: Crd | None) -> Version:
    known = [r.version for r in releases.releases(MPI_OPERATOR)]
    tagged = controller.release
    if tagged:
        return max([v for v in known if v.release[:2] == tagged.release[:2]], default=tagged)
    origin = crd.origin if crd else None
    if origin and origin.product == MPI_OPERATOR and origin.newest >= _FIRST_WITH_CRD_FILE:
        return max(v for v in known if v <= origin.newest)
    return known[-1]


def _pinned(controller: Controller, version: Version) -> str:
    """Return the same image under the tag of *version*."""
    pulled = controller.image
    return f"{pulled.registry}/{pulled.repository}:{version}"
