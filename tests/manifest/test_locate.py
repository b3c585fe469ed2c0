"""A field's line and column."""

import pytest

from mpiaudit.manifest.locate import locate
from mpiaudit.model import FieldPath

YAML = b"""# first
kind: MPIJob
metadata:
  name: pi
---
spec:
  list:
  - a: 1
    b: {c: [x, 2]}
  - plain
  on: 1
"""
LIST = b"""apiVersion: v1
items:
- apiVersion: v1
  kind: Pod
- apiVersion: v1
  kind: MPIJob
  spec:
    slots: 1
kind: List
"""
JSON = b"""{"kind": "List", "items": [
  {"kind": "Pod"},
  {"kind": "MPIJob",
   "spec": {"slots": 1}}]}
"""


@pytest.mark.parametrize(
    ("data", "document", "path", "position"),
    [
        (YAML, 0, (), (2, 1)),
        (YAML, 0, ("metadata", "name"), (4, 3)),
        (YAML, 0, ("metadata", "labels", "app"), (3, 1)),
        (YAML, 0, ("spec",), (2, 1)),
        (YAML, 1, ("spec", "list", 0), (8, 5)),
        (YAML, 1, ("spec", "list", 0, "b", "c", 1), (9, 16)),
        (YAML, 1, ("spec", "list", 1), (10, 5)),
        (YAML, 1, ("spec", "list", 7), (7, 3)),
        (YAML, 1, ("spec", "true"), (11, 3)),
        (LIST, 0, ("items", 1), (5, 3)),
        (LIST, 0, ("items", 1, "spec", "slots"), (8, 5)),
        (LIST, 0, ("items", 1, "spec", "absent"), (7, 3)),
        (JSON, 0, ("items", 1, "spec", "slots"), (4, 13)),
        (JSON, 0, ("items", 1, "kind"), (3, 4)),
    ],
)
def test_field_is_where_its_key_is(
    data: bytes, document: int, path: FieldPath, position: tuple[int, int]
) -> None:
    """A reader is sent to the key, and to the nearest parent of what is absent."""
    assert locate(data, {document: [path]}) == {(document, path): position}


def test_document_that_is_not_there_is_left_out() -> None:
    """The file may have changed since it was read."""
    assert locate(YAML, {9: [()]}) == {}


def test_what_stands_before_an_error_is_found() -> None:
    """A file that has changed may be broken now."""
    assert locate(b"a: 1\nb: [\n", {0: [("a",)]}) == {(0, ("a",)): (1, 1)}


def place(text: str, *path: str | int) -> tuple[int, int]:
    """Return where *path* stands in the one document of *text*."""
    return locate(text.encode(), {0: [path]})[0, path]


@pytest.mark.parametrize(
    ("text", "path", "position"),
    [
        ("k: |\n  a: 1\n", ("k",), (1, 1)),
        ("k: |\n  a: 1\n", ("k", 0), (2, 3)),
        ("k: |\n  a: 1\n", ("k", 0, "a"), (2, 3)),
        ("k: |\n  a: 1\n", ("k", 0, "missing"), (2, 3)),
        ("k: |\n  a: 1\n", ("k", 1, "a"), (1, 1)),
        ("k: |\n  a: 1\n", ("k", "a"), (1, 1)),
        ("k: |-\r\n  a: 1\r\n  b: 2\r\n", ("k", 0, "b"), (3, 3)),
        ("k: |2\n\n    x: 0\n    b: 2\n", ("k", 0, "b"), (4, 5)),
        ("- - |\n    a: 1\n    ---\n    b:\n    - c\n", (0, 0, 1, "b", 0), (5, 7)),
        ("k: |\n  l: |\n   m: 1\n   o: 2\n", ("k", 0, "l", 0, "o"), (4, 4)),
        ("k: |\n  {a: {{x}}, b: {{y\n  }}, c: 1}\n", ("k", 0, "c"), (3, 7)),
        ("k: |\n  \u00e4: {a: {{x}}, b: 1}\n", ("k", 0, "\u00e4", "b"), (2, 17)),
        ("k: >\n  a: 1\n\n  b: 2\n", ("k", 0, "b"), (1, 1)),
        ('k: "a: 1\\nb: 2"\n', ("k", 0, "b"), (1, 1)),
        ("k: |\n  a: [\n", ("k", 0, "a"), (2, 3)),
        ("k: |\n  a: 1\u2028  b: 2\n  c: 3\n", ("k", 0, "c"), (1, 1)),
    ],
)
def test_field_inside_a_text(text: str, path: FieldPath, position: tuple[int, int]) -> None:
    """A block has lines to lead to; of another text only the key is sure."""
    assert place(text, *path) == position
