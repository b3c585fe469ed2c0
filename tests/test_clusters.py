"""Hold the audit to recorded clusters: what must be said of each, and what must not.

Real controllers ran in them; each folder's README tells what was done and what was observed.
"""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mpiaudit import engine
from mpiaudit.collect import files
from mpiaudit.inventory.build import build
from mpiaudit.report import Coverage, Finding, Report
from mpiaudit.rule import Severity


@dataclass(frozen=True)
class Expected:
    """What an engineer who knows the cluster expects of its report."""

    says: Mapping[str, str] = field(default_factory=dict)
    """By rule, the names of the objects it must hit, as itself or inside a finding."""

    words: tuple[str, ...] = ()
    """Words that a finding or the verdict must use."""

    never: str = ""
    """Topics of rules that must find nothing, and rules that must not."""

    never_words: tuple[str, ...] = ()
    """Words that neither a finding nor the verdict may use."""

    sound: str = ""
    """Jobs of which nothing above a note may be said."""

    silent: str = ""
    """Jobs of which nothing at all may be said."""

    worst: Severity = Severity.CRITICAL
    """What no finding may exceed."""


BOTH_WROTE = ("MPA062", "MPA063", "MPA064", "MPA065", "MPA066", "MPA067")
"""The rules that prove that two controllers acted on one job."""

CLUSTERS = {
    "both-operators-v2-crd": Expected(
        says={"MPA003": "training-operator"},
        words=("mpi-operator 0.8.0 owns MPIJob here.", "only served in between"),
        never=" ".join(("MPA060", "MPA061", *BOTH_WROTE)),
        never_words=("reconciled twice",),
        sound="made-v2",
    ),
    "coexistence-done-right": Expected(
        says={"MPA140": "fail1"},
        words=(
            "fail1 failed; 2 of its workers still run",
            "mpi-operator 0.8.0 owns MPIJob here.",
            "training-operator 1.9.4 leaves MPIJob alone.",
        ),
        never="conflict crd controller",
        sound="made-v2",
        silent="fin1",
        worst=Severity.MEDIUM,
    ),
    "dual-served-double-reconcile": Expected(
        says={
            **dict.fromkeys(BOTH_WROTE, "made-v1 made-v2"),
            "MPA004": "mpijobs.kubeflow.org",
            "MPA070": "made-v1 made-v2",
            "MPA076": "made-v1 made-v2",
            "MPA080": "fence-to",
        },
        words=("2 of unknown authorship",),
        never_words=("4 written as v1", "every job is reconciled twice", "does not work"),
        sound="fence-mo",
    ),
    "dual-v1-controllers": Expected(
        says={
            "MPA061": "mpi-operator",
            "MPA067": "legacy-run legacy-done",
            "MPA007": "mpijobs.kubeflow.org",
            "MPA052": "mpi-operator training-operator",
        },
        never="MPA060 MPA062 MPA063 MPA064 MPA065 MPA128 MPA129 lifecycle",
        never_words=(
            "Go-http-client",
            "two launchers",
            "-done failed",
            "-run failed",
            "does not work",
        ),
    ),
    "finished-jobs-hold-workers": Expected(
        says={"MPA140": "train-0 train-1 train-2 train-ttl train-failed"},
        words=(
            "mpi-operator 0.8.0 owns MPIJob here.",
            "their workers still running: 10, GPUs these hold: 20",
            "ttlSecondsAfterFinished 5 deletes only the launcher Job",
        ),
        never="conflict crd controller network job",
        silent="train-clean train-all",
        worst=Severity.HIGH,
    ),
    "healthy-v1-training-operator": Expected(
        says={
            "MPA007": "mpijobs.kubeflow.org",
            "MPA140": "resnet-default resnet-fail resnet-fail-of",
        },
        words=("training-operator 1.9.4 owns MPIJob here.",),
        never="conflict controller network MPA003",
        never_words=("deprecated", "Secret", "Service"),
        worst=Severity.MEDIUM,
    ),
    "healthy-v2beta1-only": Expected(
        says={"MPA036": "mpi-operator"},
        words=("mpi-operator 0.8.0 owns MPIJob here.", "mpi-operator 0.8 wrote it"),
        never="conflict crd lifecycle job",
        silent="pi-done intel-done",
        worst=Severity.LOW,
    ),
    "invalid-jobs-ignored": Expected(
        says={
            "MPA068": "coll-svc",
            "MPA074": "managedby-typo managedby-to",
            "MPA081": "n" * 55,
            "MPA082": "0-leading-digit dot.ted",
            "MPA083": "lower-launcher",
            "MPA085": "launcher-two",
            "MPA086": "workers-absent",
            "MPA087": "restart-always restart-exitcode",
            "MPA088": "cleanpod-typo",
            "MPA089": "neg-ttl",
            "MPA093": "policy-typo",
            "MPA102": "volume-clash",
            "MPA113": "no-image",
        },
        words=("mpi-operator 0.8.0 owns MPIJob here.",),
        never="controller crd",
        never_words=("no-image failed", "volume-clash failed", "has failed"),
        silent="ok-base",
    ),
    "lock-namespace-missing": Expected(
        says={"MPA033": "mpi-operator", "MPA111": "made-v2"},
        words=("mpi-operator should own MPIJob here and does not work: MPA033",),
        never="MPA110 conflict crd",
        never_words=("made-v2 is invalid", "forbidden", "owns MPIJob here"),
        sound="made-v2",
    ),
}

IGNORED = CLUSTERS["invalid-jobs-ignored"].says

NOTED = {"MPA093"}
"""Of these, the rules that speak of a job that ran to its end all the same."""


@functools.cache
def report(folder: Path, *, events: bool = True) -> Report:
    """Return the report of every rule on a recorded cluster, with or without its Events."""
    paths = [str(p) for p in sorted(folder.glob("*.json")) if events or p.stem != "events"]
    inventory = build(files.collect(paths, None))
    return engine.audit(inventory, engine.load_rules(), Coverage(folder.name, live=False))


def said(whole: Report) -> Iterator[Finding]:
    """Yield each finding, and those that it explains."""
    for finding in whole.findings:
        yield finding
        yield from finding.explains


def names(findings: Iterator[Finding], rule: str) -> set[str]:
    """Return the names of the objects that *rule* hit."""
    return {f.hit.at.object.name for f in findings if f.rule.id == rule}


def text(whole: Report) -> str:
    """Return all that a report says of findings, and its verdict."""
    lines = [*whole.verdict.facts, *whole.verdict.answer]
    lines += [f"{f.rule.title}; {f.hit.message}; {f.hit.effect}" for f in said(whole)]
    return "\n".join(lines)


@pytest.fixture(params=CLUSTERS)
def case(request: pytest.FixtureRequest, reference: Path) -> tuple[Report, Expected]:
    """Return the report of each recorded cluster in turn, and what is expected of it."""
    name = str(request.param)
    return report(reference / "clusters" / name), CLUSTERS[name]


def test_what_must_be_said_is_said(case: tuple[Report, Expected]) -> None:
    """A fault that was put there on purpose is found, at the object that has it."""
    whole, expected = case

    found = {rule: names(said(whole), rule) for rule in expected.says}

    assert found == {rule: set(objects.split()) for rule, objects in expected.says.items()}


def test_what_must_be_said_is_said_in_these_words(case: tuple[Report, Expected]) -> None:
    """Counts, and what does not help, are what the reader acts on."""
    whole, expected = case

    assert [w for w in expected.words if w not in text(whole)] == []


def test_what_must_not_be_said_is_not_said(case: tuple[Report, Expected]) -> None:
    """A false alarm costs the trust in every true one."""
    whole, expected = case
    forbidden = set(expected.never.split())

    assert [f for f in said(whole) if forbidden & {f.rule.id, f.rule.topic}] == []
    assert [w for w in expected.never_words if w in text(whole)] == []
    assert [f for f in whole.findings if f.severity > expected.worst] == []


def test_nothing_bad_is_said_of_healthy_jobs(case: tuple[Report, Expected]) -> None:
    """Jobs that ran as they should are not the place to look."""
    whole, expected = case
    sound, silent = set(expected.sound.split()), set(expected.silent.split())
    about = {f.hit.at.object.name: f.severity for f in reversed(whole.findings)}

    assert {n for n, severity in about.items() if n in sound and severity > Severity.LOW} == set()
    assert {f.hit.at.object.name for f in said(whole)} & silent == set()


def test_every_rule_can_be_judged_or_says_why(case: tuple[Report, Expected]) -> None:
    """Real objects hold values that nobody thought of; a check must not break on them."""
    whole, _ = case

    assert [s.rule.id for s in whole.skips if s.gap.unreadable] == []


@pytest.mark.parametrize("rule", IGNORED)
def test_invalid_jobs_are_found_without_their_events(reference: Path, rule: str) -> None:
    """Events are gone after an hour; the specs are not."""
    quiet = report(reference / "clusters" / "invalid-jobs-ignored", events=False)

    assert names(said(quiet), rule) == set(IGNORED[rule].split())


def test_each_invalid_job_is_one_finding(reference: Path) -> None:
    """The Event, the missing status and the spec are one cause."""
    found = report(reference / "clusters" / "invalid-jobs-ignored").findings

    about = sorted(f.hit.at.object.name for f in found if f.severity > Severity.LOW)

    assert about == sorted(" ".join(v for k, v in IGNORED.items() if k not in NOTED).split())


def test_a_waiting_job_is_the_symptom_of_a_controller_that_never_leads(reference: Path) -> None:
    """Nothing is wrong with the job, so it is not a finding of its own."""
    found = report(reference / "clusters" / "lock-namespace-missing").findings

    explained = {e.rule.id: f.rule.id for f in found for e in f.explains}

    assert explained["MPA111"] == "MPA033"
    assert found[0].severity is Severity.CRITICAL
