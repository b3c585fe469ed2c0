"""Skipping what cannot matter never changes what is found."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpiaudit.manifest.read import Fault, Item, Skipped, read

WANTED = frozenset({"MPIJob", "Pod"})

JOB = """apiVersion: kubeflow.org/v2beta1
kind: MPIJob
metadata:
  name: pi
spec:
  note: "quoted: yes"
  text: |
    one
    two
"""
POD = """apiVersion: v1
kind: Pod
metadata:
  name: worker
  annotations: {}
status:
  message: it's "running"
"""
MAP = """apiVersion: v1
data:
  job.yaml: |
    apiVersion: v1
    kind: MPIJob
kind: ConfigMap
metadata:
  name: settings
"""
SERVICE = """apiVersion: v1
kind: Service
metadata:
  name: pi
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {"kind":"Service"}
spec:
  selector: {app: 'pi'}
  ports: []
"""
OBJECTS = [JOB, POD, MAP, SERVICE]

MUTATIONS = [  # what has hidden a kind, or faked one
    '"', "'", "\\", "{", "}", "[", "]", "|", ">", "#", "!", "&a ", "*a", "? ", ": ", "- ", "\n",
    "\r\n", "\r", "\x85", "\u2028", "\ufeff", "\t", " ", "  ", "%YAML 1.1\n", "%", "...\n",
    "---\n", "--- ", "--- |\n", "---\t", "\0", "<<: *a\n", "<<: {kind: MPIJob}\n", "kind: MPIJob\n",
    "  kind: Pod\n", '"kind": Pod\n', "'kind': Service\n", "? kind\n: Pod\n", "!!str kind: Pod\n",
    "kind : Pod\n", "&k kind: &v Pod\n", '"\\x6bind": Pod\n', 'kind: "\\x50od"\n', "kind:\n  Pod\n",
    "x: |\n  ---\n  kind: Pod\n", 'x: "a\n- apiVersion: v1\n  kind: Pod\n"\n', "x: {\nkind: Pod}\n",
    'x: "a\nkind: Pod\n"\n', "x: 'a\n\n- kind: Pod\n'\n", "items:\n- kind: Pod\n", "kind: List\n",
    "- apiVersion: v1\n  kind: Service\n", "- apiVersion: v1\n  kind: Pod\n", "a: {b: [\n",
    "{{ x }}",
]  # fmt: skip


def indented(text: str) -> str:
    """Return an object as an item of a List, as kubectl indents it."""
    return "- " + text.rstrip("\n").replace("\n", "\n  ") + "\n"


def listed(objects: list[str]) -> str:
    """Return the List that ``kubectl get -o yaml`` prints."""
    items = "".join(indented(text) for text in objects)
    return f'apiVersion: v1\nitems:\n{items}kind: List\nmetadata:\n  resourceVersion: ""\n'


@st.composite
def streams(draw: st.DrawFn) -> str:
    """Draw a stream of manifests with pieces inserted, removed and repeated anywhere."""
    objects = st.lists(st.sampled_from(OBJECTS), min_size=1, max_size=4)
    documents = st.one_of(st.sampled_from(OBJECTS), objects.map(listed))
    text = "---\n".join(draw(st.lists(documents, min_size=1, max_size=4)))
    starts = [match.end() for match in re.finditer(r"\A|\n *(?:- )?|: ", text)]
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.one_of(st.sampled_from(starts), st.integers(0, len(text))))
        rest = text[at + draw(st.sampled_from([0, 0, 1, 9])) :]
        text = text[:at] + draw(st.sampled_from(MUTATIONS)) + rest
    return draw(st.sampled_from(["", "", "", "\ufeff"])) + text


@settings(max_examples=400, deadline=None)
@given(streams(), st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-16"]))
def test_skipping_finds_the_same_objects(text: str, encoding: str) -> None:
    """A finding must not depend on how fast it was looked for; only errors may go unseen."""
    everything = list(read(text.encode(encoding), None))
    broken = {fault.document for fault in everything if isinstance(fault, Fault)}

    selected = list(read(text.encode(encoding), WANTED))

    assert [one for one in everything if is_wanted(one, broken)] == [
        one for one in selected if is_wanted(one, broken)
    ]
    assert [
        fault for fault in selected if isinstance(fault, Fault) and fault not in everything
    ] == []


def is_wanted(outcome: Item | Fault | Skipped, broken: set[int]) -> bool:
    """Return whether *outcome* is an object of a wanted kind, in a document without errors."""
    return (
        isinstance(outcome, Item)
        and outcome.body["kind"] in WANTED
        and outcome.document not in broken
    )


def test_unwanted_documents_are_not_parsed() -> None:
    """A big dump is read in the time of what matters in it: a syntax error elsewhere shows not."""
    text = f"{SERVICE}broken: [\n---\n{JOB}---\nkey: [\n"

    outcomes = list(read(text.encode(), WANTED))

    assert [type(outcome) for outcome in outcomes] == [Skipped, Item, Skipped]


def test_unwanted_items_are_not_parsed() -> None:
    """The same for the List that ``kubectl get -A`` prints: an unknown anchor shows not."""
    text = listed([SERVICE + "  x: *unknown\n", JOB, SERVICE])

    skipped, item = read(text.encode(), WANTED)

    assert skipped == Skipped(0, 2)
    assert isinstance(item, Item)
    assert item.prefix == ("items", 1)


def test_item_that_needs_an_anchor_of_another_is_read() -> None:
    """A List that is cut into items keeps what they share."""
    text = listed([SERVICE + "shared: &shared [1]\n", JOB + "own: *shared\n"])

    items = [one for one in read(text.encode(), WANTED) if isinstance(one, Item)]

    assert [item.body["own"] for item in items] == [[1]]


@pytest.mark.parametrize(
    "fake",
    [
        'x: "a\n- apiVersion: v1\n  kind: Pod\n  name: b"\n',
        "x: 'a\n- apiVersion: v1\n  kind: Pod\n  name: b'\n",
        "x: [a,\n- apiVersion: v1\n  kind: Pod\n  ]\n",
    ],
)
def test_quoted_item_is_no_item(fake: str) -> None:
    """Text that looks like an object inside a string is not one."""
    text = listed([SERVICE, JOB]).replace(
        "- apiVersion: kubeflow", f"  {fake}- apiVersion: kubeflow"
    )

    items = [one for one in read(text.encode(), WANTED) if isinstance(one, Item)]

    assert [item.body["kind"] for item in items if item.body["kind"] == "Pod"] == []
