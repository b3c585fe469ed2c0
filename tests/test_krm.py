"""``mpiaudit krm`` answers a ResourceList with what is wrong in it, and changes nothing else."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from mpiaudit.cli import commands
from mpiaudit.manifest import resource_list
from mpiaudit.model import AuditError

FOUND = {"message": "found", "severity": "error"}
EARLIER = {"message": "of a function before"}
OLD: dict[str, Any] = {
    "apiVersion": "kubeflow.org/v1",
    "kind": "MPIJob",
    "metadata": {"name": "pi", "namespace": "team-a"},
    "spec": {
        "runPolicy": {"cleanPodPolicy": "Running"},
        "mpiReplicaSpecs": {
            "Launcher": {"template": {"spec": {"containers": [{"name": "l", "image": "mpi:1"}]}}}
        },
    },
}
"""A job of v1 in which nothing else is wrong."""


def listed(*items: object, config: object = None) -> str:
    """Return a ResourceList."""
    body = {"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": items}
    return json.dumps(body | ({"functionConfig": config} if config else {}))


def krm(text: str) -> Result:
    """Return what ``mpiaudit krm`` does with *text*."""
    return CliRunner().invoke(commands, ["krm"], input=text, standalone_mode=False)


def results(done: Result) -> list[dict[str, Any]]:
    """Return the results that were written."""
    said: list[dict[str, Any]] = json.loads(done.stdout)["results"]
    return said


@pytest.mark.parametrize(
    ("text", "earlier"),
    [
        ("# why\nkind: ResourceList\nitems:\n- a: yes # so\n  b: 0o7\n- |+\n  x\n\n", []),
        ("---\n  kind: ResourceList\n  items: [é, 😀]\n...\n", []),
        ("\ufeffkind: ResourceList\r\nitems:\r\n- a: 1\r\n", []),
        ('{"kind": "ResourceList", "items": [{"a": "\\u00e9"}]}', []),
        ('{"results": [], "kind": "ResourceList", "items": []}', []),
        ("kind: ResourceList\nresults:\nitems: [1]", []),
        ("kind: ResourceList\nresults: # none\n  []\nitems: [1]", []),
        ("results:\n- message: of a function before\nkind: ResourceList\nitems:\n- a", [EARLIER]),
        ("  kind: ResourceList\n  results:\n  - {message: of a function before}\n", [EARLIER]),
        ("kind: ResourceList\nitems: []\nresults: [{message: of a function before}]", [EARLIER]),
    ],
)
def test_answer_is_the_text_and_the_results(text: str, earlier: list[dict[str, str]]) -> None:
    """Whatever the form, the results come in and what is there stays."""
    answer = resource_list.parse(text.encode()).answer([FOUND])

    given, gave = (yaml.safe_load(each.lstrip("\ufeff")) for each in (text, answer))
    assert gave.pop("results") == [*earlier, FOUND]
    given.pop("results", None)
    assert gave == given


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (
            "# why\nkind: ResourceList\nitems: [] # so\n",
            "# why\n{}\nkind: ResourceList\nitems: [] # so\n",
        ),
        (
            '{ "kind": "ResourceList",\t"items": [0o7]}',
            '{{ {}, "kind": "ResourceList",\t"items": [0o7]}}',
        ),
        (
            "kind: ResourceList\nresults: [ ]\nitems: [yes]",
            "kind: ResourceList\n{}\n\nitems: [yes]",
        ),
    ],
)
def test_not_a_byte_of_the_rest_changes(text: str, answer: str) -> None:
    """Comments, quotes and numbers of items stay as somebody wrote them."""
    said = '"results": [{"message": "found", "severity": "error"}]'

    assert resource_list.parse(text.encode()).answer([FOUND]) == answer.format(said)


@pytest.mark.parametrize(
    "odd", ["\x85", "\u2028", "\x7f", "\ufeff", "\ud800", '"', "\n", "\0", "😀"]
)
def test_odd_characters_do_not_break_the_answer(odd: str) -> None:
    """A name that nothing can print is still YAML."""
    given = resource_list.parse(b"kind: ResourceList")

    answer = given.answer([{"message": f"a{odd}b"}]).encode()

    (result,) = yaml.safe_load(answer)["results"]
    assert result["message"] in {f"a{odd}b", "a\N{REPLACEMENT CHARACTER}b"}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "this is no ResourceList"),
        (b"kind: List", "this is no ResourceList"),
        (b"kind: ResourceList\n---\nkind: ResourceList", "this is no ResourceList"),
        (b"kind: [}", "-:1:8: did not find expected node content"),
        (b"kind: ResourceList\nitems: {}\n", "-: items and results of a ResourceList are lists"),
        (b"kind: ResourceList\nfunctionConfig: [a]", "-: functionConfig is no object"),
        ("kind: ResourceList".encode("utf-16"), "-: not UTF-8: invalid start byte"),
    ],
)
def test_what_is_no_resource_list_is_refused(data: bytes, says: str) -> None:
    """The line says what was expected."""
    with pytest.raises(AuditError, match=says.replace("[", r"\[")):
        resource_list.parse(data)


def test_finding_names_the_object_the_field_and_the_file() -> None:
    """An orchestrator shows it where it belongs; the older annotations count as well."""
    at = {"config.kubernetes.io/path": "jobs/pi.yaml", "config.kubernetes.io/index": "2"}
    named = OLD["metadata"] | {"annotations": at}

    done = krm(listed({"kind": "Namespace", "apiVersion": "v1"}, OLD | {"metadata": named}))

    (result, skipped) = results(done)
    assert done.return_value == 0
    assert result["message"].startswith(
        "MPA080: MPIJob is not written in v2beta1. MPIJob team-a/pi"
    )
    assert {key: result[key] for key in ("severity", "resourceRef", "field", "file")} == {
        "severity": "warning",
        "resourceRef": {
            "apiVersion": "kubeflow.org/v1",
            "kind": "MPIJob",
            "namespace": "team-a",
            "name": "pi",
        },
        "field": {"path": "apiVersion"},
        "file": {"path": "jobs/pi.yaml", "index": 2},
    }
    assert result["tags"].items() >= {"rule": "MPA080", "confidence": "certain"}.items()
    assert skipped["message"].endswith(
        " rules not judged, for the items do not hold what they need"
    )
    assert done.stderr == f"mpiaudit: warning: jobs/pi.yaml: {result['message']}\n"


@pytest.mark.parametrize(
    ("options", "code", "first"),
    [
        ({"fail-on": "medium"}, 1, "error"),
        ({"fail-on": "critical"}, 0, "warning"),
        ({"fail-on": "medium", "ignore": "MPA110, MPA08"}, 0, "info"),
        ({"fail-on": "medium", "select": "crd\njob\n", "pedantic": "true"}, 1, "error"),
        ({"fail-on": "medium", "select": "crd", "ignore": ""}, 0, "info"),
    ],
)
@pytest.mark.parametrize(("kind", "place"), [("ConfigMap", "data"), ("MPIAudit", "spec")])
def test_options_are_those_of_scan(
    kind: str, place: str, options: dict[str, str], code: int, first: str
) -> None:
    """They stand in a ConfigMap, whose values are text, or in an object of any other kind."""
    done = krm(listed(OLD, config={"apiVersion": "v1", "kind": kind, place: options}))

    assert done.return_value == code
    assert results(done)[0]["severity"] == first


def test_options_may_be_lists_and_booleans() -> None:
    """An object of one's own has types."""
    spec = {"fail-on": "medium", "select": ["job"], "ignore": ["MPA080"], "pedantic": False}

    done = krm(listed(OLD, config={"kind": "MPIAudit", "spec": spec}))

    assert done.return_value == 0
    assert "1 finding suppressed" in [r["message"] for r in results(done)]


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (
            {"kind": "ConfigMap", "data": {"fail_on": "low"}},
            ".data: unknown key 'fail_on'; did you ",
        ),
        (
            {"kind": "A", "spec": {"output": "json"}},
            ".spec: unknown key 'output'; there are fail-on,",
        ),
        (
            {"kind": "A", "data": {"fail-on": "low"}},
            ": unknown key 'data'; its options stand in spec",
        ),
        ({"kind": "A", "spec": ["low"]}, ".spec: write options, such as fail-on: high"),
        ({"kind": "A", "spec": {"fail-on": ["low"]}}, ".spec.fail-on is ['low']; choose from low,"),
        ({"kind": "A", "spec": {"pedantic": 1}}, ".spec.pedantic is 1; write true or false"),
        ({"kind": "A", "spec": {"select": {"a": 1}}}, ".spec.select is {'a': 1}; write a list of"),
        ({"kind": "A", "spec": {"ignore": "MPA9999"}}, "no rule is named 'MPA9999'"),
    ],
)
def test_no_option_is_ignored(config: dict[str, Any], says: str) -> None:
    """Whoever misspells one is told, on standard error and in the results."""
    done = krm(listed(OLD, config=config))

    (result,) = results(done)
    assert says in result["message"]
    assert result["severity"] == "error"
    assert isinstance(done.exception, AuditError)
    assert str(done.exception) == result["message"]


def test_what_cannot_be_read_stops_the_pipeline() -> None:
    """Never a green from nothing."""
    done = krm(listed(OLD | {"spec": "{{ values }}"}))

    assert done.return_value == 3
    assert results(done)[0]["severity"] == "error"
    assert results(done)[0]["message"].startswith(
        "Not all could be read, so more may be wrong: -:1:"
    )


def test_nothing_to_audit_is_said() -> None:
    """A pipeline without MPIJob goes on, and does not look audited."""
    done = krm(listed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}))

    assert done.return_value == 0
    said = "Nothing to audit: no MPIJob, controller or CRD in 1 item"
    assert results(done)[0] == {"message": said, "severity": "info"}
    assert done.stderr == ""


def test_items_are_no_patches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its folder has a kustomization, and what kustomize has built is whole all the same."""
    (tmp_path / "kustomization.yaml").touch()
    monkeypatch.chdir(tmp_path)

    done = krm(listed(OLD | {"apiVersion": "kubeflow.org/v2beta1", "spec": {}}))

    assert "MPA083" in [r["tags"]["rule"] for r in results(done) if "tags" in r]


def test_answer_is_utf_8_in_any_locale() -> None:
    """What comes back is what was given, wherever the pipeline runs."""
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

    done = subprocess.run(
        [sys.executable, "-m", "mpiaudit", "krm"],
        input="kind: ResourceList\nitems: [{note: π}]\n".encode(),
        env=os.environ | ascii_only,
        capture_output=True,
        check=True,
    )

    assert done.stdout.decode().splitlines()[-1] == "items: [{note: π}]"
