"""Fixes, and the words around them, that more than one rule offers."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping

from mpiaudit.facts import releases
from mpiaudit.inventory.controller import MPIJOB_SCHEME, Controller
from mpiaudit.inventory.crd import CRD_NAME, Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.view import View
from mpiaudit.rule import Disposition, Fix

DEFAULT_KINDS = ("tfjob", "pytorchjob", "xgboostjob", "paddlejob", "jaxjob")
"""What training-operator 1.9 runs beside MPIJob; for an image whose release is unknown.

kubeflow/trainer v1.9.4 pkg/controller.v1/register_controller.go.
"""

CRD_FILE = (
    "https://raw.githubusercontent.com/kubeflow/mpi-operator/{tag}/"
    "manifests/base/kubeflow.org_mpijobs.yaml"
)
"""The CRD of one release of mpi-operator; the file has this name since v0.4.0."""


_V1_RIGHTS = "serviceaccount,role,rolebinding"
"""What training-operator makes for a launcher, and mpi-operator v2beta1 never needs."""


def disable_mpijob(controller: Controller) -> Fix:
    """Return the patch that makes training-operator list every kind but MPIJob.

    There is no negative form of ``--enable-scheme``. Other arguments stay as they are; flags
    that stand in ``command`` move to ``args``.
    """
    release = controller.release and releases.nearest(controller.product, controller.release)
    kinds = release.kinds if release else DEFAULT_KINDS
    kept = [s for s in controller.schemes or () if s.lower() != MPIJOB_SCHEME]
    schemes = kept or [k for k in kinds if k != MPIJOB_SCHEME]
    in_command = len(controller.command) > 1 and controller.argv
    given = (controller.argv or ())[1:] if in_command else controller.args
    args = [*_without_schemes(given), *(f"--enable-scheme={s}" for s in schemes)]
    values: dict[str, object] = {"args": args}
    if in_command:
        values = {"command": list(in_command[:1]), **values}
    return _patch(controller, values, f"restarts {controller.ref}; its other kinds go on")


def patch_container(controller: Controller, name: str, value: object, summary: str) -> Fix:
    """Return a ``kubectl patch`` that sets one field of the controller's container."""
    return _patch(controller, {name: value}, summary)


def stop(controller: Controller, consequence: str) -> Fix:
    """Return the command that scales the controller to 0."""
    kind = controller.ref.kind.lower()
    command = f"kubectl -n {namespace_of(controller)} scale {kind} {controller.name} --replicas=0"
    return Fix(f"stops {controller.ref}; {consequence}", command)


def restart(controller: Controller) -> str:
    """Return the command that restarts the controller."""
    kind = controller.ref.kind.lower()
    return f"kubectl -n {namespace_of(controller)} rollout restart {kind}/{controller.name}"


def install_crd(controller: Controller) -> Fix:
    """Return the command that applies the CRD of mpi-operator's release.

    Server-side, for a client-side apply of v0.5.0 or later exceeds the limit of annotations.
    """
    return Fix(f"adds the CRD that {controller.title} ships", _apply_crd(controller))


def replace_crd(controller: Controller) -> Fix:
    """Return the commands that put mpi-operator's CRD in place of one it cannot follow."""
    commands = [
        "kubectl get mpijobs -A -o yaml > mpijobs-backup.yaml",
        f"kubectl delete crd {CRD_NAME}",
        _apply_crd(controller),
    ]
    return Fix(
        "deletes every MPIJob with its pods; the backup must be rewritten as v2beta1",
        "\n".join(commands),
        Disposition.DESTROYS,
    )


def rewrite_stored(crd: Crd) -> Fix:
    """Return the commands that rewrite all MPIJobs in the storage version, and then say so.

    The version is spelt out: where several are served kubectl asks for v1, and a write in v1
    drops the fields that only v2beta1 has.
    """
    patch = json.dumps({"status": {"storedVersions": [crd.storage]}})
    commands = [
        f"kubectl get mpijobs.{crd.storage}.kubeflow.org -A -o json | kubectl replace -f -",
        f"kubectl patch crd {CRD_NAME} --subresource=status --type=merge -p '{patch}'",
    ]
    return Fix(
        f"rewrites every MPIJob as {crd.storage}; run the second line only when the first "
        "replaced them all",
        "\n".join(commands),
    )


def unserve(crd: Crd, *indices: int) -> Fix:
    """Return the patch that stops serving versions, by their index in ``spec.versions``."""
    patch = [{"op": "add", "path": f"/spec/versions/{i}/served", "value": False} for i in indices]
    names = " and ".join(crd.versions[i].name for i in indices)
    return Fix(
        f"clients that still ask for {names} get 404; delete before it the jobs that a controller "
        f"of {names} has started, for afterwards nothing deletes their pods",
        f"kubectl patch crd {CRD_NAME} --type=json -p '{json.dumps(patch)}'",
    )


def rebuild_for_mpi_operator(job: Job, managed_by: str = "") -> Fix:
    """Return the commands that leave *job* to mpi-operator, once nothing else reconciles it.

    *managed_by* is what its ``managedBy`` must say for that; empty where it need not change.
    """
    target = f"mpijobs.v2beta1.kubeflow.org {job.name}"
    label = (
        "training.kubeflow.org/operator-name=mpijob-controller,"
        f"training.kubeflow.org/job-name={job.name}"
    )
    fence = {"managedBy": managed_by} if managed_by else {}
    commands = [
        f"kubectl -n {job.namespace} patch {target} --type=merge -p {_suspend(on=True, **fence)}",
        f"kubectl -n {job.namespace} delete pods -l {label}",
        f"kubectl -n {job.namespace} delete configmap/{job.name}-config --ignore-not-found",
        f"kubectl -n {job.namespace} delete {_V1_RIGHTS} {job.name}-launcher --ignore-not-found",
        f"kubectl -n {job.namespace} patch {target} --type=merge -p {_suspend(on=False)}",
    ]
    return Fix(
        "once mpi-operator alone reconciles it: restarts the job",
        "\n".join(commands),
        Disposition.INTERRUPTS,
    )


def delete(*views: View) -> Fix:
    """Return the commands that delete objects which are in the way."""
    commands = [
        f"kubectl -n {v.namespace or 'default'} delete {v.ref.kind.lower()} {v.name}" for v in views
    ]
    return Fix(
        "only where nothing else uses it; otherwise rename the MPIJob",
        "\n".join(commands),
        Disposition.DESTROYS,
    )


def namespace_of(controller: Controller) -> str:
    """Return the controller's namespace, or a word to replace where its manifest names none."""
    return controller.namespace or "NAMESPACE"


def set_field(
    job: Job, path: tuple[str, ...], value: str | float, summary: str, crd: Crd | None = None
) -> Fix:
    """Return the fix that sets one field of *job*: a ``kubectl patch`` where it is in a cluster.

    For a manifest it is the lines that the field stands in.
    """
    if not job.identity.exported:
        keys = "".join(f"{'  ' * depth}{key}:\n" for depth, key in enumerate(path))
        given = value if isinstance(value, str) else json.dumps(value)
        return Fix(summary, f"{keys.rstrip()} {given}")
    patch: object = value
    for key in reversed(path):
        patch = {key: patch}
    return Fix(summary, patch_job(job, crd, "merge", patch))


def patch_job(job: Job, crd: Crd | None, kind: str, patch: object) -> str:
    """Return the ``kubectl patch`` of a *kind*, ``merge`` or ``json``, of a job in a cluster.

    Of several versions that *crd* serves it names the stored one: a write in another drops the
    fields that only the stored one has, and kubectl asks for v1 unless it is told a version.
    """
    several = crd is not None and len(crd.served) > 1 and crd.storage in crd.served
    version = crd.storage if crd and several else job.version
    return (
        f"kubectl -n {job.namespace or 'default'} patch mpijobs.{version}.kubeflow.org {job.name} "
        f"--type={kind} -p {shlex.quote(json.dumps(patch))}"
    )


def why_enabled(controller: Controller) -> str:
    """Return the words that prove that training-operator runs MPIJob."""
    if not controller.schemes:
        return "no --enable-scheme, so every kind is on"
    return "--enable-scheme names mpijob"


def _without_schemes(arguments: Iterable[str]) -> Iterator[str]:
    """Yield *arguments* without ``--enable-scheme``, in either of its two spellings."""
    words = iter(arguments)
    for word in words:
        name, equals, _ = word.lstrip("-").partition("=")
        if not word.startswith("-") or name != "enable-scheme":
            yield word
        elif not equals:
            next(words, None)


def _patch(controller: Controller, values: Mapping[str, object], summary: str) -> Fix:
    path = f"/spec/template/spec/containers/{controller.container}"
    patch = json.dumps([{"op": "add", "path": f"{path}/{n}", "value": values[n]} for n in values])
    command = (
        f"kubectl -n {namespace_of(controller)} patch {controller.ref.kind.lower()} "
        f"{controller.name} --type=json -p '{patch}'"
    )
    return Fix(summary, command, Disposition.SAFE)


def _apply_crd(controller: Controller) -> str:
    release = controller.release
    minor = f"{release.major}.{release.minor}" if release else "0.8"
    return f"kubectl apply --server-side -f {CRD_FILE.format(tag=f'v{minor}.0')}"


def _suspend(*, on: bool, **policy: str) -> str:
    return "'" + json.dumps({"spec": {"runPolicy": {"suspend": on, **policy}}}) + "'"
