"""A GitHub workflow shows every finding that there is room for, and counts the rest."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpiaudit.render import PLAIN, Look, render
from mpiaudit.report import Report
from mpiaudit.rule import Severity
from render import BROKEN, NASTY, at, found, live, possible, report, sample, skip

SHORT = "Not all could be read, so more may be wrong:"


def lines(made: Report, look: Look = PLAIN) -> list[str]:
    """Return the commands."""
    return render(made, "github", look).splitlines()


def test_clean_report_is_one_notice() -> None:
    """A green run says so, and no more."""
    assert lines(report()) == ["::notice title=mpiaudit::Grade A (100)"]


def test_finding_is_at_its_line() -> None:
    """The annotation stands where the fault is, with what to do."""
    first = lines(report(found()))[0]

    assert first == (
        "::error file=jobs/pi.yaml,line=3,col=5,title=MPA900 A thing is odd"
        "::MPIJob ml/pi: slots are odd.%0AFix: Make it even."
    )


def test_live_finding_has_no_file() -> None:
    """GitHub refuses an annotation in a file that is not there."""
    first = lines(report(found(live())))[0]

    assert first.startswith("::error title=MPA900 A thing is odd::MPIJob ml/pi: ")


@pytest.mark.parametrize(
    ("severity", "command"),
    [
        (Severity.CRITICAL, "::error "),
        (Severity.HIGH, "::error "),
        (Severity.MEDIUM, "::warning "),
        (Severity.LOW, "::notice "),
    ],
)
def test_level_follows_the_severity(severity: Severity, command: str) -> None:
    """What breaks jobs is an error."""
    said = lines(report(found(severity=severity)))

    assert next(s for s in said if "MPA900" in s).startswith(command)


def test_tenth_of_a_level_counts_the_others() -> None:
    """GitHub drops the eleventh in silence."""
    made = report(*(found(at(f"pi-{n}")) for n in range(12)))

    errors = [s for s in lines(made) if s.startswith("::error")]

    assert len(errors) == 10
    assert "ml/pi-8:" in errors[8]
    assert errors[9] == "::error title=mpiaudit::3 more; the text report lists all"


def test_ten_of_a_level_are_shown() -> None:
    """Nothing is counted that there is room for."""
    made = report(*(found(at(f"pi-{n}")) for n in range(10)))

    errors = [s for s in lines(made) if s.startswith("::error")]

    assert "ml/pi-9:" in errors[9]


def test_worst_comes_first_even_of_the_symptoms() -> None:
    """The nine that are shown are the worst."""
    symptom = found(at("mild"), severity=Severity.HIGH)
    cause = found(at("cause"), severity=Severity.CRITICAL)
    other = found(at("other"), severity=Severity.CRITICAL)

    said = lines(report(replace(cause, explains=(symptom,)), other))

    assert [s.split("ml/")[1].split(":")[0] for s in said[:3]] == ["cause", "other", "mild"]
    assert "Follows from MPA900" in said[2]


def test_what_was_not_read_is_a_warning() -> None:
    """No green from nothing."""
    said = lines(report(faults=("a:1:2: b", "c: gone")))

    assert said == [
        f"::warning title=mpiaudit::{SHORT} a:1:2: b (and 1 more)",
        "::notice title=mpiaudit::Grade at best A (100)",
    ]


def test_what_is_not_shown_is_counted() -> None:
    """Findings that were ignored or hidden, and rules without input, are said."""
    made = replace(
        report(possible(found()), skips=(skip(unreadable=False),)), suppressed=(found(),) * 2
    )

    assert "\n".join(lines(made)) == (
        "::notice title=mpiaudit::Grade A (100); C (71) without 2 suppressions; 1 finding"
        " that may be nothing, hidden (--pedantic shows all); 1 rule not judged"
    )
    assert len(lines(made, Look(pedantic=True))) == 2


@settings(deadline=None)
@given(st.text() | st.just(NASTY))
def test_nothing_in_a_name_is_a_command(text: str) -> None:
    """A manifest of a stranger cannot write to the log as it likes."""
    said = render(report(found(at(text, source=f"{BROKEN}{text}.yaml"), BROKEN + text)), "github")

    error, notice, rest = said.split("\n")
    assert error.startswith("::error file=")
    assert error.count(",") - error.partition(",title=")[2].count(",") == 3
    assert not {"\r", "\x1b", "\x00"} & {*error}
    assert notice.startswith("::notice title=mpiaudit::Grade ")
    assert rest == ""


def test_sample_cluster() -> None:
    """The symptom stands below its cause."""
    made = sample("two-operators", "MPA003", "MPA028", "MPA087")

    said = lines(made)

    assert [s.partition("title=")[2][:6] for s in said] == [
        *("MPA003", "MPA028", "MPA087", "mpiaud"),
    ]
    assert said[0].startswith("::error file=reports/two-operators/cluster.yaml,line=76,col=11,")
