"""What a schema finds in an object, and which name it says was meant."""

from typing import Any

import pytest

from mpiaudit.facts.schemas import shipped
from mpiaudit.model import FieldPath
from mpiaudit.schema.convert import json_schema
from mpiaudit.schema.faults import Fault, Flaw, Schema
from mpiaudit.schema.names import ANY, meant

WORKER = ("spec", "mpiReplicaSpecs", "Worker")
POD = (*WORKER, "template", "spec")


def schema(**fields: Any) -> Schema:  # noqa: ANN401 - any schema
    """Return a schema whose spec has *fields*."""
    return Schema({"type": "object", "properties": {"spec": {"type": "object", **fields}}})


def found(judge: Schema, spec: object) -> list[Fault]:
    """Return what is wrong with an object that has *spec*."""
    return list(judge.faults({"apiVersion": "a/v1", "kind": "B", "spec": spec}))


def test_unknown_field_is_told_once() -> None:
    """A block in the wrong place is one mistake, however much is in it."""
    judge = schema(properties={"known": {"type": "string"}})

    assert found(judge, {"known": "a", "other": {"x": 1, "y": {"z": 2}}}) == [
        Fault(("spec", "other"), Flaw.UNKNOWN, {"x": 1, "y": {"z": 2}})
    ]


def test_null_is_no_value() -> None:
    """Kubernetes drops a null, so that only a field that must be there is missed."""
    judge = schema(properties={"a": {"type": "string"}, "b": {"type": "string"}}, required=["b"])

    assert found(judge, {"a": None, "b": "x"}) == []
    assert found(judge, {"a": None, "b": None}) == [Fault(("spec", "b"), Flaw.MISSING)]


def test_default_stands_in_for_a_required_field() -> None:
    """The API server fills in defaults before it looks for what is missing."""
    judge = schema(properties={"a": {"type": "string", "default": "x"}}, required=["a"])

    assert found(judge, {}) == []


def test_open_schema_keeps_what_it_does_not_declare() -> None:
    """The CRD of mpi-operator 0.3.0 drops nothing, so nothing is said."""
    judge = schema(**{"x-kubernetes-preserve-unknown-fields": True})

    assert found(judge, {"anything": 1}) == []


def test_entry_twice_is_named_by_its_index() -> None:
    """A list by key has room for one entry of a key, defaults counted in."""
    protocol = {"type": "string", "default": "TCP"}
    port = {"type": "object", "properties": {"port": {"type": "integer"}, "protocol": protocol}}
    keys = {"x-kubernetes-list-map-keys": ["port", "protocol"]}
    judge = schema(properties={"ports": {"type": "array", "items": port, **keys}})

    udp, tcp = {"port": 1, "protocol": "UDP"}, {"port": 1, "protocol": "TCP"}

    assert found(judge, {"ports": [{"port": 1}, udp]}) == []
    assert [f.path for f in found(judge, {"ports": [{"port": 1}, udp, tcp]})] == [
        ("spec", "ports", 2)
    ]


def test_values_are_told_in_words() -> None:
    """A pattern of quantities is no help to whoever wrote ``many``."""
    quantity = {"x-kubernetes-int-or-string": True, "pattern": "^[0-9]+([KMGTPE]i)?$"}
    color = {"type": "string", "enum": ["red", "blue"]}
    judge = schema(properties={"cpu": quantity, "color": color, "odd": {"type": "integer"}})

    assert {f.path[1]: f.wanted for f in found(judge, {"cpu": "x", "color": "c", "odd": 0.5})} == {
        "cpu": "a quantity",
        "color": "one of red, blue",
        "odd": "integer",
    }
    assert [f.wanted for f in found(judge, {"cpu": 0.5})] == ["integer or string"]


def test_metadata_is_judged_without_a_word_in_the_crd() -> None:
    """A label that YAML reads as a number is refused for every kind."""
    judge = schema()
    body = {"metadata": {"name": "a", "labels": {"v": 1.0}, "label": {}}, "spec": {}}

    assert {(f.path, f.flaw) for f in judge.faults(body)} == {
        (("metadata", "labels", "v"), Flaw.TYPE),
        (("metadata", "label"), Flaw.UNKNOWN),
    }


def test_exclusive_bound_is_a_flag_in_a_crd() -> None:
    """OpenAPI 3.0 and JSON Schema write it differently."""
    assert json_schema({"type": "integer", "minimum": 0, "exclusiveMinimum": True}) == {
        "type": ["integer"],
        "exclusiveMinimum": 0,
    }


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("spec", "cleanPodPolicy"), ("spec", "runPolicy", "cleanPodPolicy")),
        (("spec", "slotPerWorker"), ("spec", "slotsPerWorker")),
        (("runPolicy",), ("spec", "runPolicy")),
        ((*POD, "imagePullPolicy"), (*POD, "containers", ANY, "imagePullPolicy")),
        ((*POD, "containers", 0, "nodeSelector"), (*POD, "nodeSelector")),
        ((*WORKER, "spec"), POD),
        (("spec", "mainContainer"), None),
    ],
)
def test_meant_name(path: FieldPath, place: FieldPath | None) -> None:
    """The report says where the field belongs, and nothing where it belongs nowhere."""
    known = shipped("v2beta1")
    assert known

    assert meant(known.structural, path) == place


@pytest.mark.parametrize(
    "spec",
    [
        None,
        {"type": "text"},
        {"properties": []},
        {"properties": {"a": None}},
        {"required": [1]},
        {"pattern": "("},
        {"items": [{}]},
        {"minLength": -1},
    ],
    ids=str,
)
def test_schema_that_is_none_is_refused(spec: object) -> None:
    """No API server takes such a CRD, so nothing can be said by it."""
    with pytest.raises(ValueError):  # noqa: PT011 - the words are the validator's
        Schema({"type": "object", "properties": {"spec": spec}})


def test_unknown_versions_have_no_schema() -> None:
    """Nothing is said of v1alpha2, of which no schema was ever shipped."""
    assert shipped("v1alpha2") is None
