"""Comments for us are found with the lines that they are about."""

import pytest

from mpiaudit.collect.comments import comments

DOCUMENT = """\
# mpiaudit: ignore[A] all of this document
# in some words

kind: MPIJob
spec:
  # mpiaudit: ignore[B] the next line

  # that holds more than a comment
  a: 1
  b: 2 # mpiaudit: ignore[C] this line  # yamllint disable-line
---
  # mpiaudit: ignore[D] all of the second
kind: Pod
# mpiaudit: ignore[E] nothing follows
"""


def test_where_they_stand_says_what_they_are_about() -> None:
    """A document, the next line, their own line; at the end of all, themselves alone."""
    found = {c.text: (c.at.line, c.lines) for c in comments("a.yaml", DOCUMENT.encode())}

    assert found == {
        "ignore[A] all of this document": (1, range(1, 11)),
        "ignore[B] the next line": (6, range(9, 10)),
        "ignore[C] this line": (10, range(10, 11)),
        "ignore[D] all of the second": (12, range(11, 15)),
        "ignore[E] nothing follows": (14, range(14, 15)),
    }


@pytest.mark.parametrize(
    "line",
    ["a: b#mpiaudit: ignore[A] b", "# see mpiaudit: it finds", "# MPIAUDIT: x", "mpiaudit: ignore"],
)
def test_what_is_not_for_us(line: str) -> None:
    """YAML's comments begin after a space, and ours with our name."""
    assert [*comments("a.yaml", line.encode())] == []


@pytest.mark.parametrize("ahead", ["", "---\n", "# a licence\n\n---\n", "%YAML 1.2\n---\n"])
def test_before_the_first_document(ahead: str) -> None:
    """What stands before all else is about the first document, wherever its ``---`` is."""
    text = f"# mpiaudit: ignore[A] b\n{ahead}kind: Pod\n---\nkind: Job\n"

    (found,) = comments("a.yaml", text.encode())

    assert found.lines == range(1, ahead.count("\n") + 3)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encodings(encoding: str) -> None:
    """A byte order mark hides nothing."""
    (found,) = comments("a.yaml", "# mpiaudit: ignore[A] b\nkind: Pod\n".encode(encoding))

    assert found.lines == range(1, 3)


def test_lines_are_counted_as_locations_are() -> None:
    r"""\r\n is one end of a line; bytes that are no UTF-8 hide nothing."""
    found = [*comments("a.yaml", b"a: \xff\r\nb: 1 # mpiaudit: ignore[A] b\r\n")]

    assert [(c.at.line, c.at.column, c.text) for c in found] == [(2, 6, "ignore[A] b")]
