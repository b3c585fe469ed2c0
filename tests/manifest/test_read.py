"""Objects, Lists, broken documents and templates."""

import pytest

from mpiaudit.manifest.read import Fault, Item, Skipped, read
from mpiaudit.manifest.template import MESSAGE

JOBS = frozenset({"MPIJob"})


def items(text: str) -> list[tuple[int, tuple[str | int, ...], str]]:
    """Return document, prefix and kind of every object."""
    found = [one for one in read(text.encode()) if isinstance(one, Item)]
    return [(one.document, one.prefix, one.body["kind"]) for one in found]


def faults(text: str) -> list[tuple[int, int, int, bool]]:
    """Return document, line, column of every fault, and whether it is a template."""
    found = [one for one in read(text.encode()) if isinstance(one, Fault)]
    return [(one.document, one.line, one.column, one.template) for one in found]


def test_documents_are_counted_from_the_stream() -> None:
    """A location names the document, empty ones included."""
    text = "---\n---\n# c\n--- # d\nkind: A\napiVersion: v1\n...\n---\nkind: B\napiVersion: v1\n"

    assert items(text) == [(2, (), "A"), (3, (), "B")]


def test_lists_are_unpacked() -> None:
    """``kubectl get`` wraps objects, and Lists may hold Lists."""
    text = (
        "kind: List\napiVersion: v1\nitems:\n- {kind: A, apiVersion: v1}\n"
        "- kind: List\n  items:\n  - {kind: B, apiVersion: v1}\n"
    )

    assert items(text) == [(0, ("items", 0), "A"), (0, ("items", 1, "items", 0), "B")]


def test_items_of_a_typed_list_have_its_kind() -> None:
    """The API leaves kind and version out of the items of a ``PodList``."""
    text = '{"kind":"PodList","apiVersion":"v1","items":[{"metadata":{"name":"a"}}]}'

    (item,) = read(text.encode())

    assert isinstance(item, Item)
    assert item.body == {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}


@pytest.mark.parametrize(
    "text", ["a: 1", "- 1", "text", "", "kind: 5\napiVersion: v1", "kind: Pod"]
)
def test_what_is_no_object_is_passed_over(text: str) -> None:
    """Values files and workflows lie among manifests."""
    assert list(read(text.encode())) == []


def test_job_without_a_version_is_an_object() -> None:
    """The missing version is what is wrong with it."""
    assert items("kind: MPIJob\n") == [(0, (), "MPIJob")]


def test_broken_document_is_one_fault_and_others_are_read() -> None:
    """One bad document must not hide the rest of the file."""
    text = "kind: A\napiVersion: v1\n---\nx: [\n---\nkind: B\napiVersion: v1\n"

    assert items(text) == [(0, (), "A"), (2, (), "B")]
    assert faults(text) == [(1, 5, 1, False)]


def test_duplicate_key_is_reported_and_the_last_value_counts() -> None:
    """The API server would keep the last value, or refuse the object."""
    text = "x: 1\n---\nkind: List\nitems:\n- kind: A\n  apiVersion: v1\n  s:\n    k: 1\n    k: 2\n"

    (item,) = read(text.encode())

    assert isinstance(item, Item)
    assert item.body["s"] == {"k": 2}
    assert item.duplicates == (Fault(1, 9, 5, 'key "k" already set in map'),)


def test_duplicate_key_in_json_has_its_place() -> None:
    """JSON is read by another parser, which must say the same."""
    text = '{"kind":"List","items":[\n {"kind":"A","apiVersion":"v1",\n "a":1,"a":2}]}'

    (item,) = read(text.encode())

    assert isinstance(item, Item)
    assert item.duplicates == (Fault(0, 3, 8, 'key "a" already set in map'),)


@pytest.mark.parametrize(
    "text",
    [
        "kind: MPIJob\nspec: {{ .Values.spec }}\n",
        "{{- if .Values.on }}\nkind: MPIJob\n{{- end }}\n",
        "kind: MPIJob\n{% if on %}\nspec: 1\n{% endif %}\n",
        'apiVersion: "{{ .Values.version }}"\nkind: MPIJob\n',
        'apiVersion: v1\nkind: MPIJob\nspec: "{{ toYaml .Values.spec }}"\n',
    ],
)
def test_unrendered_template_is_named_as_one(text: str) -> None:
    """A chart's template is not judged; the user is told to render it."""
    (fault,) = read(text.encode(), JOBS)

    assert isinstance(fault, Fault)
    assert fault.template
    assert fault.message == MESSAGE


def test_template_of_another_kind_is_skipped() -> None:
    """A chart has many templates that have nothing to do with MPIJob."""
    text = b"{{ if .x }}\nkind: Service\nnote: MPIJob\n{{ end }}\n"

    assert list(read(text, JOBS)) == [Skipped(0)]


def test_braces_in_a_string_are_no_template() -> None:
    """Argo and Katib write their own parameters this way."""
    text = "kind: MPIJob\napiVersion: v1\nspec:\n  a: '{{inputs.x}}'\n  b: run-{{workflow.name}}\n"

    assert items(text) == [(0, (), "MPIJob")]
    assert faults(text) == []


def test_json_values_in_a_row_are_documents() -> None:
    """``jq '.items[]'`` prints them so, and kubectl reads them."""
    text = '{"kind":"A","apiVersion":"v1"}\n{"kind":"B","apiVersion":"v1"}'

    assert items(text) == [(0, (), "A"), (1, (), "B")]


def test_json_with_yaml_in_it_is_yaml() -> None:
    """A comment or a trailing comma is no error to kubectl."""
    assert items("{kind: A, 'apiVersion': v1,} # done\n") == [(0, (), "A")]


@pytest.mark.parametrize(
    "number", ["18446744073709551615", "123456789012345678901234567890", "1e3", "-0"]
)
def test_number_is_the_same_in_json_and_yaml(number: str) -> None:
    """A finding must not depend on the format."""
    (json,) = read(f'{{"kind":"A","apiVersion":"v1","size":{number}}}'.encode())
    (yaml,) = read(f"kind: A\napiVersion: v1\nsize: {number}".encode())

    assert isinstance(json, Item)
    assert isinstance(yaml, Item)
    assert json.body == yaml.body
    assert type(json.body["size"]) is type(yaml.body["size"])


@pytest.mark.parametrize(
    "text",
    [
        b'{"apiVersion": "v1", "kind": "PodList", "metadata": {"continue": "abc"}, "items": []}',
        (
            b"apiVersion: v1\nkind: PodList\nmetadata: {continue: abc, remainingItemCount: 400}\n"
            b"items: []\n"
        ),
    ],
)
def test_first_page_of_a_list_is_not_taken_for_the_list(text: bytes) -> None:
    """Objects that are known to be missing must not count as absent."""
    (fault,) = read(text, frozenset({"Pod"}))

    assert isinstance(fault, Fault)
    assert "more follows" in fault.message
    assert not [o for o in read(text, frozenset({"Job"})) if isinstance(o, Fault)]
