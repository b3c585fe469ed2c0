"""Code scanning takes the SARIF, and shows every finding at its place."""

import json
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpiaudit.model import Gap
from mpiaudit.render import PLAIN, Look, render
from mpiaudit.report import Report
from mpiaudit.rule import Fix, Severity
from render import (
    BROKEN,
    NASTY,
    SAMPLES,
    at,
    found,
    live,
    possible,
    report,
    rule,
    sample,
    skip,
)

Node = dict[str, Any]

NPM = Path.home() / ".cache/mpiaudit/npm/node_modules"
MULTITOOL = NPM / "@microsoft/sarif-multitool-linux/Sarif.Multitool"

UNKNOWN_HOME = "SARIF2005"
"""ProvideToolProperties: the driver names no ``informationUri``, for the project has no site."""


def run(made: Report, look: Look = PLAIN) -> Node:
    """Return the only run."""
    document = json.loads(render(made, "sarif", look))
    assert document["version"] == "2.1.0"
    [only] = document["runs"]
    return {**only}


def results(made: Report, look: Look = PLAIN) -> list[Node]:
    """Return the results."""
    return list(run(made, look)["results"])


def notifications(made: Report, look: Look = PLAIN) -> list[tuple[str, str]]:
    """Return level and text of each."""
    [invocation] = run(made, look)["invocations"]
    said = invocation["toolExecutionNotifications"]
    return [(n["level"], n["message"]["text"]) for n in said]


def test_result() -> None:
    """GitHub asks for all four numbers of a region and for a fingerprint."""
    assert results(report(found())) == [
        {
            "ruleId": "MPA900",
            "ruleIndex": 0,
            "level": "error",
            "message": {"text": "MPIJob ml/pi: slots are odd.\nFix: Make it even."},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "jobs/pi.yaml"},
                        "region": {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 6},
                    },
                    "logicalLocations": [
                        {
                            "name": "pi",
                            "fullyQualifiedName": "ml/MPIJob/pi.spec",
                            "kind": "object",
                        }
                    ],
                }
            ],
            "relatedLocations": [],
            "partialFingerprints": {"primaryLocationLineHash": "fda3625679002aa3:1"},
            "properties": {
                "severity": "high",
                "confidence": "certain",
                "followsFrom": None,
                "fix": None,
            },
        }
    ]


def test_rule() -> None:
    """GitHub shows the help, and sorts by the properties."""
    [descriptor] = run(report(found()))["tool"]["driver"]["rules"]

    assert descriptor == {
        "id": "MPA900",
        "name": "OddThing",
        "shortDescription": {"text": "A thing is odd."},
        "fullDescription": {"text": "It is `odd`. Source: none."},
        "help": {
            "text": "A thing is odd.\n\nIt is `odd`.\n\nSource: none.\n\nRemedy: Make it even.",
            "markdown": (
                "**A thing is odd.**\n\nIt is ``odd``.\n\nSource: none."
                "\n\n**Remedy:** Make it even."
            ),
        },
        "defaultConfiguration": {"level": "error"},
        "properties": {
            "problem.severity": "error",
            "precision": "very-high",
            "tags": ["mpijob", "job"],
        },
    }


def test_long_doc_is_cut_in_the_description_alone() -> None:
    """GitHub takes 1024 characters of a description, and more of a help."""
    long = replace(rule(), doc="word " * 500)
    [descriptor] = run(report(replace(found(), rule=long)))["tool"]["driver"]["rules"]

    assert len(descriptor["fullDescription"]["text"]) <= 1024
    assert descriptor["fullDescription"]["text"].endswith("word ...")
    assert descriptor["help"]["text"].count("word") == 500


@pytest.mark.parametrize(
    ("severity", "level", "problem"),
    [
        (Severity.CRITICAL, "error", "error"),
        (Severity.HIGH, "error", "error"),
        (Severity.MEDIUM, "warning", "warning"),
        (Severity.LOW, "note", "recommendation"),
    ],
)
def test_levels_are_those_of_the_format(severity: Severity, level: str, problem: str) -> None:
    """A validator may let an unknown one pass."""
    made = run(report(found(severity=severity)))

    assert made["results"][0]["level"] == level
    [descriptor] = made["tool"]["driver"]["rules"]
    assert descriptor["defaultConfiguration"]["level"] == level
    assert descriptor["properties"]["problem.severity"] == problem


def test_every_result_finds_its_rule() -> None:
    """Symptoms have rules too; a rule stands there once."""
    cause = replace(found(name="MPA903"), explains=(found(name="MPA901"),))
    made = run(report(cause, found(name="MPA901")))

    ids = [r["id"] for r in made["tool"]["driver"]["rules"]]
    assert ids == ["MPA901", "MPA903"]
    assert [r["ruleId"] for r in made["results"]] == ["MPA903", "MPA901", "MPA901"]
    assert [ids[r["ruleIndex"]] for r in made["results"]] == [r["ruleId"] for r in made["results"]]
    assert [r["properties"]["followsFrom"] for r in made["results"]] == [
        *(None, "MPA903", None),
    ]


def test_equal_fingerprints_are_numbered() -> None:
    """GitHub merges results that have the same."""
    made = report(found(message="a"), found(message="b"))

    prints = [r["partialFingerprints"]["primaryLocationLineHash"] for r in results(made)]

    assert prints == ["fda3625679002aa3:1", "fda3625679002aa3:2"]


def test_a_baseline_says_what_is_new() -> None:
    """Viewers filter by it; without a baseline nothing is called new."""
    made = results(report(replace(found(), new=True), replace(found(at("other")), new=False)))

    assert [r["baselineState"] for r in made] == ["new", "unchanged"]
    assert "baselineState" not in results(report(found()))[0]


def test_suppressed_findings_open_no_alert() -> None:
    """GitHub pays no heed to ``suppressions``, so no result is one; none is dropped either."""
    made = run(replace(report(found()), suppressed=(found(at("other")),)))

    assert [r["partialFingerprints"] for r in made["results"]] == [
        {"primaryLocationLineHash": f"{found().fingerprint}:1"}
    ]
    (note,) = made["invocations"][0]["toolExecutionNotifications"]
    assert note["level"] == "note"
    assert "suppressed: MPIJob ml/other" in note["message"]["text"]


@pytest.mark.parametrize(
    ("source", "uri"),
    [
        ("./jobs/pi.yaml", "jobs/pi.yaml"),
        ("a b/ü%:#?[].yaml", "a%20b/%C3%BC%25%3A%23%3F%5B%5D.yaml"),
        ("a.tgz:jobs/pi.yaml", "a.tgz%3Ajobs/pi.yaml"),
        ("/elsewhere/a b.yaml", "file:///elsewhere/a%20b.yaml"),
    ],
)
def test_uri_of_a_file(source: str, uri: str) -> None:
    """It is relative, and nothing in a name means anything else."""
    [result] = results(report(found(at(source=source))))

    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": uri}


def test_absolute_path_below_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GitHub looks for the file from the root of the repository."""
    monkeypatch.chdir(tmp_path)
    [result] = results(report(found(at(source=f"{tmp_path}/jobs/pi.yaml"))))

    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "jobs/pi.yaml"


def test_live_object_has_a_made_up_path_and_a_region() -> None:
    """A result without either is refused; the logical location is the true one."""
    [result] = results(report(found(live())))

    place = result["locations"][0]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "cluster/prod_eu/ml/MPIJob/pi.yaml"},
        "region": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2},
    }
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "ml/MPIJob/pi.spec"


def test_other_places_are_related_locations() -> None:
    """They are numbered and named."""
    hit = replace(found().hit, also=(at("e", "e.yaml"), live("f")))
    [result] = results(report(replace(found(), hit=hit)))

    related = result["relatedLocations"]
    assert [(r["id"], r["message"]["text"]) for r in related] == [
        *((1, "MPIJob ml/e."), (2, "MPIJob ml/f.")),
    ]
    assert related[0]["physicalLocation"]["artifactLocation"]["uri"] == "e.yaml"


def test_fix_is_pasted_only_as_it_is() -> None:
    """Braces are doubled in a message, and a command with doubled braces is another command."""
    plain = replace(found().hit, fix=Fix("makes it even", "a: 2"))
    braced = replace(found().hit, fix=Fix("makes it even", "patch -p '{}'"))
    made = results(report(replace(found(), hit=plain), replace(found(), hit=braced)))

    assert made[0]["message"]["text"].endswith("Fix (safe; makes it even):\na: 2")
    assert made[1]["message"]["text"].endswith("\nFix: Make it even.")
    assert made[1]["properties"]["fix"] == {
        "summary": "makes it even",
        "text": "patch -p '{}'",
        "disposition": "safe",
    }


def test_what_was_not_read_fails_the_invocation() -> None:
    """No green from nothing."""
    made = replace(
        report(faults=("b.yaml:1:1: bad",), skips=(skip("may not list pods"),)),
        gaps={"pods": Gap("may not list pods")},
    )

    assert not run(made)["invocations"][0]["executionSuccessful"]
    assert notifications(made) == [
        ("error", "b.yaml:1:1: bad."),
        ("error", "Pods: may not list pods."),
        ("error", "MPA902 not judged: may not list pods."),
    ]


def test_what_was_not_given_is_a_note() -> None:
    """It is not judged, and nobody is to blame."""
    made = report(skips=(skip("no pods among the files", unreadable=False),))

    [invocation] = run(made)["invocations"]
    assert invocation["executionSuccessful"]
    assert invocation["toolExecutionNotifications"] == [
        {
            "level": "note",
            "message": {"text": "MPA902 not judged: no pods among the files."},
            "associatedRule": {"id": "MPA902"},
        }
    ]


def test_hint_is_shown_to_the_pedantic() -> None:
    """Others are told that there is one."""
    made = report(possible(found()))

    assert results(made) == []
    assert notifications(made) == [
        ("note", "1 finding that may be nothing, hidden (--pedantic shows all).")
    ]
    assert len(results(made, Look(pedantic=True))) == 1
    assert notifications(made, Look(pedantic=True)) == []


@settings(deadline=None)
@given(st.text() | st.just(NASTY))
def test_no_name_is_a_placeholder_or_a_link(text: str) -> None:
    """SARIF 2.1.0, 3.11.5 and 3.11.6: a viewer would act on them."""
    made = report(found(at(text, source=BROKEN + text), BROKEN + text))

    document = json.loads(render(made, "sarif").encode())
    [result] = document["runs"][0]["results"]
    said = result["message"]["text"]
    assert not {*"{}"} & {*said.replace("{{", "").replace("}}", "")}
    assert not re.search(r"\[[^]]*\]\(", said)
    [place] = result["locations"]
    assert re.fullmatch(
        r"(file://)?[\w.~/%-]*", place["physicalLocation"]["artifactLocation"]["uri"], re.ASCII
    )


def test_sample_cluster() -> None:
    """The symptom follows its cause, and what passed is on record."""
    made = run(sample("two-operators", "MPA001", "MPA003", "MPA028", "MPA087"))

    assert [r["ruleId"] for r in made["results"]] == ["MPA003", "MPA028", "MPA087"]
    assert made["properties"] == {"grade": "F (34)", "passed": ["MPA001"]}


@pytest.fixture(scope="module")
def multitool() -> Path:
    """Return Microsoft's validator, which knows the schema and what GitHub asks for."""
    binary = Path(os.environ.get("MPIAUDIT_SARIF_MULTITOOL", MULTITOOL))
    if not os.access(binary, os.X_OK):
        pytest.skip(f"{binary} is not there; `make consumers` fetches it")
    return binary


def complaints(multitool: Path, folder: Path) -> dict[str, set[str]]:
    """Return the ids of the rules that each file in *folder* breaks; its exit code is always 0."""
    out = folder / "out" / "complaints.sarif"
    out.parent.mkdir()
    kinds = ("--rule-kind", "Sarif;Ghas")
    command = [str(multitool), "validate", f"{folder}/*.sarif", *kinds, "--output", str(out)]
    subprocess.run([*command, "--log", "ForceOverwrite"], check=True, capture_output=True)
    validated = json.loads(out.read_text("utf-8-sig"))["runs"][0]
    broken: dict[str, set[str]] = {}
    for result in validated["results"]:
        place = result["locations"][0]["physicalLocation"]["artifactLocation"]
        uri = place.get("uri") or validated["artifacts"][place["index"]]["location"]["uri"]
        broken.setdefault(Path(uri).stem, set()).add(result["ruleId"])
    return broken


@pytest.mark.slow
def test_validator_has_nothing_to_say(multitool: Path, tmp_path: Path) -> None:
    """Every sample and an odd report pass; a file that must not pass shows that it looks."""
    odd = report(found(at(NASTY, BROKEN), BROKEN), found(live()), skips=(skip(BROKEN),))
    made = {p.name: sample(p.name) for p in SAMPLES.iterdir() if p.is_dir()}
    made["odd"] = replace(odd, suppressed=(found(),))
    for name, each in made.items():
        (tmp_path / f"{name}.sarif").write_text(render(each, "sarif"))
    wrong = render(odd, "sarif").replace('"startLine": 3', '"startLine": 0')
    (tmp_path / "wrong.sarif").write_text(wrong)

    broken = complaints(multitool, tmp_path)

    assert broken.pop("wrong") > {UNKNOWN_HOME}
    assert broken == {name: {UNKNOWN_HOME} for name in made}
