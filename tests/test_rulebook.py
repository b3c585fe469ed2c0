"""Hold every rule to its pages in the rule book.

A line of a manifest that ends in ``#~ MPA060`` must be flagged by MPA060, and no other line may
be. Files named ``good*`` carry no such mark. ``findings.txt`` holds all that is said of the others.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from mpiaudit import engine
from mpiaudit.collect import files
from mpiaudit.inventory.build import build, kinds_for
from mpiaudit.report import Coverage, Finding, Report
from mpiaudit.rule import Rule
from mpiaudit.suppress import Choices

BOOK = Path(__file__).parent.parent / "rules"
RULES = {f"{r.topic}/{r.id}-{r.slug}": r for r in engine.load_rules()}
MARK = re.compile(r"#~ (\w+)$", re.MULTILINE)
TODAY = date(2026, 11, 24)
FOREWORD = """\
# The rule book

A folder a rule, with manifests on both sides: in `bad*.yaml` the lines that end in `#~ ID` must be
flagged, and nothing in `good*.yaml` may be. `findings.txt` is what is said of them, and
`mpiaudit explain ID` says why.
"""
PAGES = sorted(BOOK.glob("*/*/*.yaml"))


def folder_of(page: Path) -> str:
    """Return ``crd/MPA003-v1-not-served`` of one of its pages."""
    return page.parent.relative_to(BOOK).as_posix()


def marks(page: Path) -> set[tuple[int, str]]:
    """Return the (line, rule id) pairs that *page* asks for."""
    text = page.read_text()
    return {(text.count("\n", 0, m.start()) + 1, m[1]) for m in MARK.finditer(text)}


def audit(page: Path, rule: Rule) -> Report:
    """Return the report of one rule on one page; a suppression is about what all others find."""
    rules = list(RULES.values()) if rule.topic == "suppression" else [rule]
    reading = files.collect([str(page)], kinds_for(n for r in rules for n in r.needs + r.uses))
    choices = Choices(today=TODAY, place=files.place)
    report = engine.audit(build(reading), rules, Coverage("page", live=False), choices)
    alone = replace(
        report,
        findings=tuple(f for f in report.findings if f.rule is rule),
        skips=tuple(s for s in report.skips if s.rule is rule),
    )
    return alone.placed(files.place(alone.locations()))


@pytest.mark.parametrize("page", PAGES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_page(page: Path) -> None:
    """A rule flags the marked lines of its own pages, and nothing else."""
    rule = RULES[folder_of(page)]

    report = audit(page, rule)

    assert report.skips == (), "a page must give the rule all that it needs"
    assert {(f.hit.at.line, f.rule.id) for f in report.findings} == marks(page)


def test_every_rule_has_a_folder_and_every_folder_a_rule() -> None:
    """Neither a rule without pages nor pages without a rule."""
    folders = {p.relative_to(BOOK).as_posix() for p in BOOK.glob("*/*") if p.is_dir()}

    assert folders == set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_folder_shows_both_sides(name: str) -> None:
    """At least one page must be flagged and at least one must not."""
    pages = [p for p in PAGES if folder_of(p) == name]

    assert {bool(marks(p)) for p in pages} == {True, False}
    assert all(not marks(p) for p in pages if p.stem.startswith("good"))


@pytest.mark.parametrize("name", RULES)
def test_findings_are_what_the_book_says(name: str, request: pytest.FixtureRequest) -> None:
    """Each word of a finding, how grave and how sure it is, and what it gives to paste."""
    said = "\n".join(told(p, RULES[name]) for p in PAGES if folder_of(p) == name and marks(p))
    page = BOOK / name / "findings.txt"
    if request.config.getoption("--bless"):
        page.write_text(said)

    assert page.read_text() == said


def told(page: Path, rule: Rule) -> str:
    """Return all that a rule says of one of its pages, wherever this repository is."""
    findings = sorted(audit(page, rule).findings, key=lambda f: (f.hit.at.line, f.sort_key))
    said = "".join(f"{line}\n" for f in findings for line in lines(f))
    return f"{page.name}\n{said.replace(f'{BOOK}/', '')}"


def lines(finding: Finding) -> Iterator[str]:
    """Yield one finding as the book tells it."""
    hit = finding.hit
    yield f"  {hit.at.line} {finding.severity.word} {finding.confidence.word}: {hit.message}"
    yield from (f"    also {place.line} {place.object} {place.dotted}" for place in hit.also)
    if hit.effect:
        yield f"    then {hit.effect}"
    if hit.fix:
        yield f"    fix ({hit.fix.disposition.value}) {hit.fix.summary}"
        yield from (f"      {line}".rstrip() for line in hit.fix.text.splitlines())


@pytest.mark.parametrize("name", RULES)
def test_rule_explains_itself(name: str) -> None:
    """Whoever is hit by a rule learns why, when it is wrong, and who says so."""
    rule = RULES[name]

    assert rule.title
    assert rule.remedy
    assert "Source:" in rule.doc
    assert "Wrong when:" in rule.doc


def test_ids_are_unique() -> None:
    """An id, once released, means one rule for ever."""
    ids = [r.id for r in RULES.values()]

    assert len(ids) == len(set(ids))


def test_no_rule_explains_itself_in_a_circle() -> None:
    """A symptom leads to a cause, never back to itself."""
    causes = {r.id: r.symptom_of for r in RULES.values()}

    for start, direct in causes.items():
        reached: set[str] = set()
        frontier = set(direct)
        while frontier:
            reached |= frontier
            frontier = {c for r in frontier for c in causes.get(r, ())} - reached
        assert start not in reached


def test_the_index_is_current(request: pytest.FixtureRequest) -> None:
    """Whoever opens the book sees every rule, the gravest of each topic first."""
    page = BOOK / "README.md"
    if request.config.getoption("--bless"):
        page.write_text(index())

    assert page.read_text() == index()


def index() -> str:
    """Return the book's first page."""
    chapters = [FOREWORD]
    for topic in sorted({rule.topic for rule in RULES.values()}):
        rows = "".join(
            f"| [{r.id}]({name}) | {r.severity.word} | {r.title} |\n"
            for name, r in sorted(RULES.items(), key=lambda item: (-item[1].severity, item[1].id))
            if r.topic == topic
        )
        chapters.append(f"## {topic}\n\n| rule | severity | finds |\n| --- | --- | --- |\n{rows}")
    return "\n".join(chapters)
