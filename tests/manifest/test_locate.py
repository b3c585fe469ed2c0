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
