"""Laws that hold for each rule about a job, on the jobs of its own pages."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mpiaudit import engine
from mpiaudit.checks.semantics import TRAINING_OPERATOR
from mpiaudit.collect import files
from mpiaudit.inventory.build import build, kinds_for
from mpiaudit.inventory.condition import Condition
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.inventory import Inventory
from mpiaudit.inventory.job import MULTIKUEUE, Job
from mpiaudit.model import Resource
from mpiaudit.reading import Reading
from mpiaudit.rule import Hit, Rule, Severity

BOOK = Path(__file__).parents[3] / "rules"
RULES = [rule for rule in engine.load_rules() if rule.topic == "job"]
DONE = Condition("Succeeded", "", "", None)

Body = dict[str, Any]


def definition(*served: str) -> Crd:
    """Return an installed CRD of these versions, of which it stores the last."""
    versions = [{"name": v, "served": True, "storage": v == served[-1]} for v in served]
    metadata = {"name": "mpijobs.kubeflow.org", "uid": "uid-crd"}
    body = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": metadata,
        "spec": {"versions": versions},
    }
    crd = build(Reading(iter([Resource(body, "crd.yaml")]))).crd
    assert crd
    return crd


def operator() -> Controller:
    """Return mpi-operator of a known release, which reads v2beta1."""
    container = {"name": "mpi-operator", "image": "mpioperator/mpi-operator:0.6.0"}
    metadata = {"name": "mpi-operator", "namespace": "mpi-operator", "uid": "uid-operator"}
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {"replicas": 1, "template": {"spec": {"containers": [container]}}},
    }
    (controller,) = build(Reading(iter([Resource(body, "operator.yaml")]))).controllers
    return controller


@cache
def page(rule: Rule, path: Path) -> Inventory:
    """Return what is on a page."""
    return build(files.collect([str(path)], kinds_for(rule.needs + rule.uses)))


def pages(rule: Rule, side: str) -> list[Inventory]:
    """Return the pages of one side of a rule."""
    return [page(rule, p) for p in sorted(BOOK.glob(f"job/{rule.id}-*/{side}*.yaml"))]


def hits(rule: Rule, inventory: Inventory, jobs: Iterable[Job], **other: object) -> list[Hit]:
    """Return what a rule finds in *jobs* beside all else on a page."""
    names = [n for n in (*rule.needs, *rule.uses) if n not in inventory.gaps]
    given = {name: getattr(inventory, name) for name in names}
    given |= {name: value for name, value in other.items() if name in rule.uses + rule.needs}
    return list(rule.check(**given | {"jobs": tuple(jobs)}))


def faulty(rule: Rule) -> Iterator[tuple[Inventory, Job]]:
    """Yield each job that a rule flags by itself, as it is in a cluster."""
    for inventory in pages(rule, "bad"):
        for job in inventory.jobs:
            there = live(job)
            if hits(rule, inventory, [there]):
                yield inventory, there


def live(job: Job) -> Job:
    """Return *job* as an API server gives it back."""
    return replace(job, identity=replace(job.identity, uid=job.uid or "uid-live"))


def over(job: Job) -> Job:
    """Return *job* when it has finished."""
    return replace(job, finished=DONE, conditions={**job.conditions, "Succeeded": DONE})


def elsewhere(job: Job) -> Job:
    """Return *job* when MultiKueue has sent it to another cluster."""
    return replace(job, multikueue=True, managed_by=MULTIKUEUE)


def by(*numbers: int) -> list[Rule]:
    """Return rules by the numbers in their ids."""
    return [rule for rule in RULES if int(rule.id[3:]) in numbers]


HELD = by(81, *range(84, 90), *range(92, 106), 107, 108, 112, 149, 235)
"""Those that hold a job to v2beta1, or judge it by the version that it is held to."""

LASTING = by(77, 80, 110, 111)
"""Those whose fault lasts beyond the end of a job, or whose jobs never end."""

LOCAL = by(*range(94, 99), 100, 101, *range(103, 109), 112, 149, 220, 221, 222, 225, 235)
"""Those whose fault shows where the pods are, and a job of MultiKueue has none here."""


@pytest.mark.parametrize("rule", HELD, ids=lambda rule: rule.id)
def test_the_crd_alone_decides_the_version(rule: Rule) -> None:
    """Where only v2beta1 is served, a job that its author wrote as v1 is one of v2beta1."""
    for inventory, job in faulty(rule):
        there = replace(job, author_version="v1", version="v2beta1")

        assert hits(rule, inventory, [there], crd=definition("v2beta1"))
        fenced = replace(job, managed_by=TRAINING_OPERATOR)
        assert not hits(rule, inventory, [fenced], crd=definition("v2beta1"))


@pytest.mark.parametrize("rule", HELD, ids=lambda rule: rule.id)
def test_the_controller_alone_decides_the_version(rule: Rule) -> None:
    """A job of an author without a trace is read as the only controller reads it."""
    for inventory, job in faulty(rule):
        there = replace(job, author_version=None, version="v1")
        controllers = inventory.controllers or (operator(),)

        assert hits(rule, inventory, [there], crd=None, controllers=controllers)
        assert not hits(rule, inventory, [there], crd=None, controllers=())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_patch_names_the_stored_version(rule: Rule) -> None:
    """A write in another version drops what only the stored one has."""
    for inventory, job in faulty(rule):
        listed = replace(job, version="v1")
        controllers = inventory.controllers or (operator(),)
        both = definition("v1", "v2beta1")

        found = hits(rule, inventory, [listed], crd=both, controllers=controllers)

        assert not [h for h in found if h.fix and "mpijobs.v1." in h.fix.text]


@pytest.mark.parametrize("rule", [r for r in RULES if r not in LASTING], ids=lambda rule: rule.id)
def test_a_fault_costs_little_once_the_job_is_over(rule: Rule) -> None:
    """Nobody is alarmed by a job that has ended."""
    for inventory, job in faulty(rule):
        weights = {hit.severity for hit in hits(rule, inventory, [over(job)])}

        assert weights <= {Severity.LOW}


@pytest.mark.parametrize("rule", LOCAL, ids=lambda rule: rule.id)
def test_pods_of_another_cluster_are_not_judged(rule: Rule) -> None:
    """MultiKueue starts them elsewhere, finished or not."""
    for inventory, job in faulty(rule):
        assert not hits(rule, inventory, [elsewhere(job)])
        assert not hits(rule, inventory, [over(elsewhere(job))])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_job_without_fault_hides_none_behind_it(rule: Rule) -> None:
    """Each is judged, whatever stands before it."""
    passed = [live(job) for inventory in pages(rule, "good") for job in inventory.jobs]
    for inventory, job in faulty(rule):
        empty = replace(job, launcher=None, worker=None, replicas={}, workers=0, spec={}, policy={})
        before = [over(job), elsewhere(job), replace(job, author_version="v1"), empty, *passed]
        alone = hits(rule, inventory, [job])

        for other in before:
            together = hits(rule, inventory, [other, job])

            assert [(h.at, h.severity) for h in together][-len(alone) :] == [
                (h.at, h.severity) for h in alone
            ]
