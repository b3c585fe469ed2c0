"""MPA010."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mpiaudit.checks import evidence
from mpiaudit.checks.conflict import rivals
from mpiaudit.checks.crd.crd_older_than_controller import DECISIVE, VERSIONS
from mpiaudit.facts.crds import markers, properties_of
from mpiaudit.facts.releases import newer_than_known
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.rule import Confidence, Hit, Severity, rule

HARMLESS: dict[str, object] = {
    "launcherCreationPolicy": "AtStartup",
    "runLauncherAsWorker": False,
    "runPolicy.suspend": False,
}
"""The defaults of fields that the API server fills in: they ask an old controller for nothing.

kubeflow/mpi-operator v0.8.0 manifests/base/kubeflow.org_mpijobs.yaml.
"""


@rule(
    "MPA010",
    Severity.LOW,
    remedy="Upgrade the controller to the release of its CRD.",
    symptom_of=("MPA052", "MPA224"),
)
def crd_newer_than_controller(
    crd: Crd | None, controllers: tuple[Controller, ...], jobs: tuple[Job, ...] = ()
) -> Iterator[Hit]:
    """The CRD is newer than the controller: fields are accepted that it does not know.

    The API server stores them, ``kubectl`` shows them, and nobody acts on them: a job with
    ``suspend`` runs, a job that ``managedBy`` gives to another controller runs here as well. It is
    what is left when the image could not be pulled, was rolled back, or is pinned elsewhere.
    Severity is high where a job that has not ended sets such a field of ``runPolicy`` to
    something, medium where it sets another one.

    Detected by the fields that the given CRD declares and the release's own does not, in the
    version that the controller reconciles.

    Wrong when: an upgrade is under way; the release is unknown, or newer than those known here,
    or the schema is missing (not judged); a fork knows fields that upstream's release does not
    (likely, not certain). A CRD and a Deployment in manifests may belong to different clusters:
    likely, not certain.

    Source: kubeflow/mpi-operator v0.8.0 manifests/base/kubeflow.org_mpijobs.yaml and
    kubeflow/trainer v1.9.4 manifests/base/crds/kubeflow.org_mpijobs.yaml, and the same files of
    every release.
    """
    if crd is None:
        return
    for controller in controllers:
        unknown = _unknown(crd, controller)
        schema = crd.version(controller.reads or "")
        if not unknown or schema is None:
            continue
        users = [
            j for j in jobs if controller.covers(j.namespace) and _uses(j, unknown, controller)
        ]
        used = sorted({name for job in users for name in _uses(job, unknown, controller)})
        yield Hit(
            controller.in_container("image"),
            f"the CRD declares {evidence.listing([f'spec.{name}' for name in unknown])}; "
            f"{controller.title} does not know {'it' if len(unknown) == 1 else 'them'}"
            + (f"; jobs that set {evidence.listing(used)}: {len(users)}" if users else ""),
            also=(crd.at("spec", "versions", schema.index), *(j.at("spec") for j in users)),
            effect="these fields are accepted, and ignored",
            severity=_severity(used),
            confidence=evidence.surety(crd, controller)
            or (None if controller.upstream else Confidence.LIKELY),
        )


def _unknown(crd: Crd, controller: Controller) -> list[str]:
    """Return the fields of the CRD that the controller's release does not know, sorted."""
    version = VERSIONS.get(controller.product, "")
    release = controller.release
    if not controller.active or controller.reads != version or release is None:
        return []
    schema = crd.version(version)
    own = properties_of(controller.product, release)
    if newer_than_known(controller.product, release) or schema is None or not schema.served:
        return []
    return sorted((schema.properties & markers()) - own) if own else []


def _uses(job: Job, fields: Iterable[str], controller: Controller) -> list[str]:
    """Return which of *fields* ask for something in *job*; none once it has ended."""
    if job.finished:
        return []
    used = []
    for field in fields:
        value: object = job.spec
        for key in field.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        own = field == "runPolicy.managedBy" and value == rivals.OWN_NAME.get(controller.product)
        if value is not None and value != HARMLESS.get(field) and not own:
            used.append(field)
    return used


def _severity(used: Iterable[str]) -> Severity | None:
    if DECISIVE & set(used):
        return Severity.HIGH
    return Severity.MEDIUM if used else None
