"""Hold the rules that judge jobs by their sort to what it promises: the same findings, sooner."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mpiaudit import engine
from mpiaudit.collect import files
from mpiaudit.inventory.alike import Alike
from mpiaudit.inventory.build import build, kinds_for
from mpiaudit.inventory.condition import Condition
from mpiaudit.inventory.inventory import Inventory
from mpiaudit.inventory.job import Job
from mpiaudit.model import Reference
from mpiaudit.report import Coverage
from mpiaudit.rule import Hit, Rule

BOOK = Path(__file__).parent.parent / "rules"
RULES = {r.id: r for r in engine.load_rules() if r.by_sort}
PAGES = [
    (RULES[rule_id], page)
    for page in sorted(BOOK.glob("*/*/*.yaml"))
    if (rule_id := page.parent.name.partition("-")[0]) in RULES
]
LATER = datetime(2036, 1, 1, tzinfo=UTC)


def stranger(job: Job, number: int) -> Job:
    """Return a job of the same sort with another name, uid, age, author, owner and history."""
    who = replace(
        job.identity,
        ref=replace(job.ref, name=f"stranger-{number}", document=1000 + number),
        uid=f"uid-{number}" if job.uid else "",
        labels={"team": f"strangers-{number}"},
        created=LATER,
        owner=None,
        writers=(),
    )
    conditions = {
        name: replace(c, reason="Stranger", message=f"{number}", since=LATER)
        for name, c in job.conditions.items()
    }
    return replace(
        job,
        identity=who,
        conditions=conditions,
        finished=conditions.get("Succeeded") or conditions.get("Failed"),
        resumed=LATER,
        applied={},
        body={"metadata": {"name": who.name}, "spec": job.body.get("spec")},
    )


def crowd(jobs: tuple[Job, ...]) -> Iterator[Job]:
    """Yield each of *jobs* between two strangers of its sort."""
    for index, job in enumerate(jobs):
        yield stranger(job, 2 * index)
        yield job
        yield stranger(job, 2 * index + 1)


def read(page: Path, rule: Rule) -> Inventory:
    """Return what is on a page."""
    return build(files.collect([str(page)], kinds_for(rule.needs + rule.uses)))


def hits(rule: Rule, inventory: Inventory, jobs: tuple[Job, ...], *without: str) -> list[Hit]:
    """Return what a rule finds in *jobs* when each of them is judged."""
    names = [n for n in (*rule.needs, *rule.uses) if n not in inventory.gaps and n not in without]
    given = {name: getattr(inventory, name) for name in names}
    return list(rule.check(**{**given, "jobs": jobs}))


def about(found: list[Hit]) -> set[Reference]:
    """Return which jobs the hits are about."""
    return {hit.at.object for hit in found}


@pytest.mark.parametrize(("rule", "page"), PAGES, ids=lambda value: getattr(value, "stem", ""))
def test_jobs_of_one_sort_are_at_fault_together(rule: Rule, page: Path) -> None:
    """A job that nobody looked at would be passed although its own name makes it faulty."""
    inventory = read(page, rule)
    jobs = tuple(crowd(inventory.jobs))

    faulty = about(hits(rule, inventory, jobs, "pods"))

    assert faulty <= {job.ref for job in jobs}
    for before, job, behind in zip(jobs[::3], jobs[1::3], jobs[2::3], strict=True):
        assert len({before.ref in faulty, job.ref in faulty, behind.ref in faulty}) == 1


@pytest.mark.parametrize(("rule", "page"), PAGES, ids=lambda value: getattr(value, "stem", ""))
def test_each_job_is_at_fault_by_itself(rule: Rule, page: Path) -> None:
    """A job that is judged without its neighbours would otherwise get another finding."""
    inventory = read(page, rule)

    together = hits(rule, inventory, inventory.jobs)

    assert together == [hit for job in inventory.jobs for hit in hits(rule, inventory, (job,))]


@pytest.mark.parametrize(("rule", "page"), PAGES, ids=lambda value: getattr(value, "stem", ""))
def test_a_crowd_gets_the_findings_of_each_job(rule: Rule, page: Path) -> None:
    """Whoever has a thousand copies of a job reads of each that is at fault, pods or none."""
    inventory = read(page, rule)
    jobs = tuple(crowd(inventory.jobs))

    report = engine.audit(replace(inventory, jobs=jobs), [rule], Coverage("page", live=False))

    assert {f.hit for f in report.findings} == set(hits(rule, inventory, jobs))
    assert len(Alike(jobs).firsts) <= len(inventory.jobs)


def test_a_job_that_differs_is_of_another_sort() -> None:
    """One job with a fault must not pass as the copy of a job without it."""
    page = next(page for rule, page in PAGES if rule.id == "MPA090" and page.stem == "good")
    (job,) = read(page, RULES["MPA090"]).jobs[:1]
    others = (
        replace(job, spec={**job.spec, "slotsPerWorker": 0}),
        replace(job, spec={**job.spec, "slotsPerWorker": 1.0}),
        replace(job, spec={**job.spec, "slotsPerWorker": True}),
        replace(job, author_version="v1"),
        replace(job, has_status=not job.has_status),
        replace(job, identity=replace(job.identity, deleting=True)),
        replace(job, identity=replace(job.identity, ref=replace(job.ref, namespace="other"))),
        replace(job, conditions={"Running": Condition("Running", "", "", None)}),
        replace(job, spec={**job.spec, "huge": 2**64}),
        replace(job, spec={**job.spec, "huge": 2**64}),
    )

    firsts = Alike((job, *others)).firsts

    assert firsts == (job, *others)


def test_a_fault_of_the_first_is_looked_for_in_all_of_its_sort() -> None:
    """Findings come in the order of the jobs, whatever their sorts are."""
    page = next(page for rule, page in PAGES if rule.id == "MPA090" and page.stem == "good")
    (job,) = read(page, RULES["MPA090"]).jobs[:1]
    odd = replace(stranger(job, 1), spec={**job.spec, "slotsPerWorker": 0})
    also_odd = replace(stranger(job, 3), spec={**job.spec, "slotsPerWorker": 0})
    jobs = (odd, job, also_odd, stranger(job, 4))

    alike = Alike(jobs)

    assert alike.firsts == (odd, job)
    assert alike.like({odd.ref}) == (odd, also_odd)
    assert alike.like({odd.ref, job.ref}) == jobs
