"""A spreadsheet has a row for everything, and runs none of it."""

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpiaudit.render import PLAIN, Look, render
from mpiaudit.report import Report
from render import BROKEN, NASTY, at, found, possible, report, sample, skip


def rows(made: Report, look: Look = PLAIN) -> list[dict[str, str]]:
    """Return the rows below the head."""
    return list(csv.DictReader(io.StringIO(render(made, "csv", look), newline="")))


def test_columns() -> None:
    """Scripts go by their names and their order."""
    head = render(report(), "csv")

    assert head == (
        "rule,severity,confidence,kind,namespace,name,source,line,column,path,message,remedy,"
        "fingerprint,status\n"
    )


def test_row() -> None:
    """A finding fills them all."""
    assert [*rows(report(found()))[0].values()] == [
        *("MPA900", "high", "certain", "MPIJob", "ml", "pi", "jobs/pi.yaml", "3", "5", ".spec"),
        *("slots are odd", "Make it even.", "fda3625679002aa3", "found"),
    ]


def test_every_kind_of_row() -> None:
    """What is not a finding is not a silence either."""
    cause = replace(found(), explains=(found(name="MPA905"), possible(found(name="MPA906"))))
    made = replace(
        report(cause, faults=("b.yaml: gone",), skips=(skip("may not"),)),
        suppressed=(found(name="MPA907"),),
    )

    assert [(r["status"], r["rule"], r["message"]) for r in rows(made)] == [
        ("found", "MPA900", "slots are odd"),
        ("symptom", "MPA905", "slots are odd"),
        ("suppressed", "MPA907", "slots are odd"),
        ("hidden", "", "1 finding that may be nothing, hidden (--pedantic shows all)"),
        ("not judged", "MPA902", "may not"),
        ("not read", "", "b.yaml: gone"),
        ("not read", "", "MPA902: may not"),
    ]
    assert [r["rule"] for r in rows(made, Look(pedantic=True))][:4] == [
        *("MPA900", "MPA905", "MPA906", "MPA907"),
    ]


@pytest.mark.parametrize("name", ["=1+2", "+1", "-1", "@x", "\t=1", "\n=1", "\r\n=1"])
def test_formula_is_text(name: str) -> None:
    """A spreadsheet runs what begins like one."""
    made = rows(report(found(at(name), name)))

    assert made[0]["name"].startswith("'")
    assert made[0]["message"].startswith("'")


@settings(deadline=None)
@given(st.text("xé🙂語,;|'\"=+-@ %&<>"))
def test_text_is_kept(text: str) -> None:
    """Commas, quotes and letters of any script come back as they were."""
    made = rows(report(found(message=f"x{text}")))

    assert [r["message"] for r in made] == [f"x{text}"]


@settings(deadline=None)
@given(st.text() | st.just(NASTY))
def test_any_name_is_one_cell_of_one_row(text: str) -> None:
    """The table keeps its shape, and is UTF-8."""
    made = report(found(at(text, source=BROKEN + text), BROKEN + text))

    assert [len(r) for r in rows(made)] == [14]
    assert not {*render(made, "csv").encode()} & {0, 13, 27}


def test_sample_cluster() -> None:
    """The symptom stands below its cause."""
    made = rows(sample("two-operators", "MPA003", "MPA028", "MPA087"))

    assert [(r["rule"], r["line"], r["status"]) for r in made] == [
        ("MPA003", "76", "found"),
        ("MPA028", "76", "symptom"),
        ("MPA087", "185", "found"),
    ]
