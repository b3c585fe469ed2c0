"""YAML means what Kubernetes says it means."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from mpiaudit.manifest import duplicate
from mpiaudit.manifest.build import Broken, Document, documents

SCALARS = {
    "yes": True,
    "n": False,
    "0777": 511,
    "0o17": 15,
    "08": 8.0,
    "1_000": 1000,
    "0x1F": 31,
    "-0b11": -3,
    "1e3": 1000.0,
    "1e400": "1e400",
    "22:22": "22:22",
    "2026-01-02": "2026-01-02",
    "7e89x": "7e89x",
    "18446744073709551615": 18446744073709551615,
    "18446744073709551616": 18446744073709551616.0,
    "=": "=",
    "<<": "<<",
    "~": None,
    "!!str 1": "1",
    "!!float 3": 3.0,
    "!!binary aGk=": "hi",
    "!custom 1": "1",
    '"yes"': "yes",
}
"""By sigs.k8s.io/yaml v1.4.0 ``YAMLToJSON``."""


def first(data: bytes) -> Document | Broken | None:
    """Return the first document."""
    return next(documents(data), None)


def test_recorded_documents_agree(reference: Path) -> None:
    """The API server, not PyYAML, decides what a manifest says."""
    folder = reference / "yaml-oracle"
    recorded = json.loads((folder / "expected.json").read_text())
    assert recorded

    wrong = [
        name
        for name, answer in recorded.items()
        if not agrees((folder / "cases" / f"{name}.yaml").read_bytes(), answer)
    ]

    assert wrong == []


def agrees(data: bytes, answer: dict[str, Any]) -> bool:
    """Return whether the reading of *data* is the recorded one."""
    found = first(data)
    if "error" in answer:
        return isinstance(found, Broken)
    if not isinstance(found, Document):
        return False
    repeats = duplicate.find(data) if found.repeated else []
    ours = [f"line {one.line + 1}: {one.message}" for one in repeats if one.document == 0]
    theirs = re.findall(r"line \d+: key .* already set in map", answer["strict_error"] or "")
    return ours == theirs and ("accepted" in answer or same(found.value, answer["json"]))


def same(ours: Any, theirs: Any) -> bool:  # noqa: ANN401 - as JSON is
    """Return whether two values are equal, and equal as JSON: true is not 1."""
    texts = (json.dumps(value, sort_keys=True).replace(".0", "") for value in (ours, theirs))
    return bool(ours == theirs) and len(set(texts)) == 1


@pytest.mark.parametrize("text", SCALARS)
def test_scalar_has_the_value_that_kubernetes_gives_it(text: str) -> None:
    """An octal or a date that is read otherwise is a wrong finding."""
    found = first(f"a: {text}".encode())

    assert isinstance(found, Document)
    assert found.value["a"] == SCALARS[text]
    assert type(found.value["a"]) is type(SCALARS[text])


@pytest.mark.parametrize(
    "text",
    ["a: .inf", "a: !!int 3.5", "a: !!int", "~: 1", "[a]: 1", "<<: 1", "18446744073709551615: 1",
     "a: *unknown", "a: !!timestamp 4", "%YAML 1.2\n---\na: 1"],
)  # fmt: skip
def test_what_kubernetes_refuses_is_refused(text: str) -> None:
    """A manifest that cannot be applied must not be judged as if it could."""
    assert isinstance(first(text.encode()), Broken)


def test_merge_overrides_in_the_order_of_the_keys() -> None:
    """Kubernetes merges in place, unlike YAML's own rule."""
    found = first(b"base: &b {p: 1, q: 2}\nd:\n  q: 3\n  <<: *b\n")

    assert isinstance(found, Document)
    assert found.value["d"] == {"p": 1, "q": 2}


def test_refusal_says_where() -> None:
    """The user is sent to the line."""
    assert first(b"a: 1\nb: .nan\n") == Broken(1, 3, "unsupported value: .nan")
