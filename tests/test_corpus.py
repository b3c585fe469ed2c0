"""Hold all rules together to real manifests that somebody has read and labelled."""

import copy
import csv
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mpiaudit import engine
from mpiaudit.collect import files
from mpiaudit.inventory.build import build, kinds_for
from mpiaudit.model import Resource
from mpiaudit.reading import Reading
from mpiaudit.report import Coverage, Finding
from mpiaudit.rule import Severity

Place = tuple[str, int]
"""A file below the corpus, and the index of a document in it."""

WRONG: Mapping[Place, str] = {
    (
        "manifests/adityapb+mpi-operator/v2__crd__kubeflow.org_mpijobs.yaml",
        0,
    ): "v2beta1 lacks the subresource status, which its controller writes",
    (
        "manifests/adityapb+mpi-operator/manifests__base__crd@70a866ee.yaml",
        0,
    ): "apiextensions.k8s.io/v1beta1 is not served since Kubernetes 1.22",
}
"""Labels that do not hold, and why."""

READ = ("manifests", "templates", "invalid")

READ_IN = {"none", "Experiment", "Workflow", "ClusterWorkflowTemplate", "ConfigMap"}
"""Where MPIJobs are looked for; not in the fixtures of other people's tests."""

WANTED = 0.97

RULES = engine.load_rules()
KINDS = kinds_for({need for rule in RULES for need in rule.needs + rule.uses})

Body = dict[str, Any]


def replicas_of(body: Body) -> Body:
    """Return ``spec.mpiReplicaSpecs``."""
    found: Body = body["spec"]["mpiReplicaSpecs"]
    return found


def as_v1alpha1(body: Body) -> None:
    """Give the job the shape that only v1alpha1 had."""
    launcher = replicas_of(body)["Launcher"]
    body["spec"] = {"replicas": 2, "template": launcher["template"]}


def with_worker(body: Body, **fields: object) -> None:
    """Set fields of the Worker, or take them away where None; add a Worker if there is none."""
    replicas = replicas_of(body)
    worker = {**replicas.setdefault("Worker", dict(replicas["Launcher"])), **fields}
    replicas["Worker"] = {name: value for name, value in worker.items() if value is not None}


ERRORS: dict[str, tuple[str, Callable[[Body], object]]] = {
    "E_NO_APIVERSION": ("MPA080", lambda body: body.pop("apiVersion")),
    "E_NAME_DNS1035": ("MPA082", lambda body: body.update(metadata={"name": "2024.train"})),
    "E_NAME_RFC1123": ("MPA082", lambda body: body.update(metadata={"name": "My_Job"})),
    "E_NO_SPEC": ("MPA083", lambda body: body.pop("spec")),
    "E_NO_REPLICASPECS": ("MPA083", lambda body: body["spec"].pop("mpiReplicaSpecs")),
    "E_NO_LAUNCHER": ("MPA083", lambda body: replicas_of(body).pop("Launcher")),
    "E_V1ALPHA1_FIELDS": ("MPA083", as_v1alpha1),
    "E_UNKNOWN_REPLICA_TYPE": (
        "MPA084",
        lambda body: replicas_of(body).update(master=replicas_of(body)["Launcher"]),
    ),
    "E_LAUNCHER_REPLICAS": (
        "MPA085",
        lambda body: replicas_of(body)["Launcher"].update(replicas=2),
    ),
    "E_WORKER_REPLICAS": ("MPA086", lambda body: with_worker(body, replicas=0)),
    "E_WORKER_REPLICAS_MISSING": ("MPA086", lambda body: with_worker(body, replicas=None)),
    "E_RESTARTPOLICY": (
        "MPA087",
        lambda body: with_worker(body, replicas=2, restartPolicy="ExitCode"),
    ),
    "E_CLEANPODPOLICY": (
        "MPA088",
        lambda body: body["spec"].update(runPolicy={"cleanPodPolicy": "running"}),
    ),
    "E_MPIIMPL": ("MPA091", lambda body: body["spec"].update(mpiImplementation="IntelMPI")),
    "E_NO_CONTAINERS": (
        "MPA113",
        lambda body: replicas_of(body)["Launcher"].update(template={"spec": {}}),
    ),
}
"""The rule that speaks for each class of error, and how a good v2beta1 job gets it.

Types (E_SCHEMA) have no rule among them.
"""


@pytest.fixture(scope="module")
def corpus(reference: Path) -> Path:
    """Return the folder of real manifests."""
    return reference / "corpus"


@pytest.fixture(scope="module")
def labels(corpus: Path) -> dict[Place, dict[str, str]]:
    """Return the label of each object that is, or is inside, a document; without wrong ones."""
    with (corpus / "LABELS.tsv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))
    return {
        place: row
        for row in rows
        if row["embedded_in"] in READ_IN and row["doc"].isdigit()
        if (place := (row["file"], int(row["doc"]))) not in WRONG
    }


@pytest.fixture(scope="module")
def clean(labels: dict[Place, dict[str, str]]) -> set[Place]:
    """Return the jobs and CRDs that are labelled v2beta1 and free of errors."""
    return {
        place
        for place, row in labels.items()
        if row["class"] in {"mpijob", "crd"} and row["legacy"] == "no" and not row["errors"]
    }


@pytest.fixture(scope="module")
def findings(corpus: Path) -> dict[Place, list[Finding]]:
    """Return the findings of all rules, one audit a file, by the document they are about."""
    found = defaultdict(list)
    for path in paths(corpus, READ):
        for finding in audit_files(path):
            place = (path.relative_to(corpus).as_posix(), finding.hit.at.object.document)
            found[place].append(finding)
    return dict(found)


def paths(corpus: Path, folders: tuple[str, ...]) -> Iterator[Path]:
    """Yield every file below the *folders* of the corpus."""
    for folder in folders:
        yield from (p for p in sorted((corpus / folder).rglob("*")) if p.is_file())


def audit_files(*paths: Path) -> list[Finding]:
    """Return the findings of all rules in files or folders, those folded into others too."""
    return audit(files.collect([str(path) for path in paths], KINDS))


def audit(reading: Reading) -> list[Finding]:
    """Return the findings of all rules, those folded into others too."""
    report = engine.audit(build(reading), RULES, Coverage("corpus", live=False))
    crashed = [skip for skip in report.skips if "the check itself failed" in skip.gap.reason]
    assert not crashed
    return [each for finding in report.findings for each in (finding, *finding.explains)]


def test_legacy_manifests_are_found(
    labels: dict[Place, dict[str, str]], findings: dict[Place, list[Finding]]
) -> None:
    """A migration that misses old jobs, or the CRD that serves them, stops half-way."""
    legacy = {
        place
        for place, row in labels.items()
        if row["legacy"] == "yes" and row["class"] in {"mpijob", "crd"}
    }

    assert legacy
    assert len(legacy & findings.keys()) / len(legacy) >= WANTED, legacy - findings.keys()


def test_broken_jobs_are_found(
    labels: dict[Place, dict[str, str]], findings: dict[Place, list[Finding]]
) -> None:
    """A job that can never run is named by the rule that knows why."""
    broken = {
        (place, ERRORS[error][0])
        for place, row in labels.items()
        for error in (part.split(" ")[0].rstrip(":") for part in row["errors"].split(" | "))
        if error in ERRORS
    }

    named = {(place, f.rule.id) for place, each in findings.items() for f in each}

    assert broken
    assert len(broken & named) / len(broken) >= WANTED, broken - named


def test_clean_objects_are_not_accused(
    clean: set[Place], findings: dict[Place, list[Finding]]
) -> None:
    """A gate at severity high must let every good manifest pass."""
    accused = [
        (place, f.rule.id, f.hit.message)
        for place in clean
        for f in findings.get(place, [])
        if f.severity >= Severity.HIGH
    ]

    assert clean
    assert accused == []


def test_findings_are_about_labelled_objects(
    labels: dict[Place, dict[str, str]], findings: dict[Place, list[Finding]]
) -> None:
    """Nothing is said of the Deployments and CRDs of other projects in the same files."""
    places = findings.keys() - WRONG.keys()
    about = {place: labels[place]["class"] if place in labels else "" for place in places}

    assert {p: c for p, c in about.items() if c not in {"mpijob", "crd", "operator"}} == {}


def test_nothing_is_found_where_nothing_is_about_mpijobs(corpus: Path) -> None:
    """A scan of somebody else's repository stays silent."""
    found = {
        path.name: [(f.rule.id, f.hit.message) for f in each]
        for path in paths(corpus, ("negatives",))
        if (each := audit_files(path))
    }

    assert found == {}


def test_all_files_at_once(corpus: Path) -> None:
    """A folder in which forty definitions of the CRD contradict each other is judged too."""
    found = audit_files(*(corpus / folder for folder in READ))

    assert {f.hit.at.object.kind for f in found} >= {"MPIJob", "Deployment"}


@pytest.fixture(scope="module")
def good_jobs(
    corpus: Path, labels: dict[Place, dict[str, str]], clean: set[Place]
) -> list[Resource]:
    """Return the v2beta1 jobs of the corpus that are labelled free of errors."""
    good = {place for place in clean if labels[place]["class"] == "mpijob"}
    return [
        resource
        for name in sorted({name for name, _ in good})
        for resource in files.collect([str(corpus / name)], frozenset({"MPIJob"})).resources
        if (name, resource.document) in good and resource.kind == "MPIJob"
    ]


@pytest.mark.parametrize("error", ERRORS)
def test_a_good_job_that_is_broken_is_found(error: str, good_jobs: list[Resource]) -> None:
    """The corpus has few broken jobs, so each good one is broken in each way."""
    rule_id, break_job = ERRORS[error]

    assert good_jobs
    for job in good_jobs:
        body = copy.deepcopy(dict(job.body))
        break_job(body)

        found = audit(Reading(iter([Resource(body, job.source, job.document)])))

        assert rule_id in {f.rule.id for f in found}, job.source
