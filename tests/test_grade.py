"""The grade says how bad it is, and never goes up for a fault."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpiaudit.grade import Mark, grade
from mpiaudit.rule import Confidence, Severity

CERTAIN, LIKELY, POSSIBLE = Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE

MARKS = st.builds(
    Mark,
    rule=st.sampled_from(["MPA001", "MPA002", "MPA003"]),
    object=st.sampled_from(["MPIJob a/b", "MPIJob a/c", "Deployment x/y"]),
    severity=st.sampled_from(list(Severity)),
    confidence=st.sampled_from(list(Confidence)),
)


@pytest.mark.parametrize(
    ("marks", "shown"),
    [
        ([], "A (100)"),
        ([Mark("MPA021", "a", Severity.LOW, CERTAIN)], "A (98)"),
        ([Mark("MPA007", "a", Severity.MEDIUM, CERTAIN)], "B (88)"),
        ([Mark("MPA007", "a", Severity.MEDIUM, LIKELY)], "B (88)"),
        ([Mark("MPA031", "a", Severity.HIGH, CERTAIN)], "C (71)"),
        ([Mark("MPA003", "a", Severity.CRITICAL, CERTAIN)], "F (39)"),
        ([Mark("MPA003", "a", Severity.CRITICAL, POSSIBLE)], "A (100)"),
        ([Mark("MPA086", str(i), Severity.CRITICAL, CERTAIN) for i in range(10)], "F (31)"),
    ],
)
def test_worst_sets_the_letter_and_breadth_the_number(marks: list[Mark], shown: str) -> None:
    """A hundred small things weigh less than one great one; ten weigh more than one."""
    assert str(grade(marks)) == shown


@given(st.lists(MARKS), MARKS)
def test_finding_never_raises_the_grade(marks: list[Mark], extra: Mark) -> None:
    """Nobody gets a better grade for one more fault."""
    assert grade([*marks, extra]) <= grade(marks)


@given(st.lists(MARKS))
def test_order_does_not_matter(marks: list[Mark]) -> None:
    """The same faults give the same grade."""
    assert grade(marks) == grade(reversed(marks))
