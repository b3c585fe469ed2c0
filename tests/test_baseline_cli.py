"""Baselines as a shell meets them: written, kept, given to a scan, compared."""

import json
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
from click.testing import CliRunner, Result

from mpiaudit.cli import commands, run

ROOT = Path(__file__).parent.parent
SAMPLE = str(ROOT / "mpiaudit/cli/sample/cluster.yaml")
HEALTHY = str(ROOT / "reports/healthy/cluster.yaml")
UNREADABLE = str(ROOT / "reports/unreadable/manifests")
SCHEMA = json.loads((ROOT / "mpiaudit/render/report.schema.json").read_text())

JOB = """
apiVersion: kubeflow.org/v2beta1
kind: MPIJob
metadata: {name: bert, namespace: ml}
spec:
  mpiReplicaSpecs:
    Launcher: {template: {spec: {containers: [{name: l, image: example/bert:1}]}}}
    Worker:
      replicas: 2
      restartPolicy: ExitCode
      template: {spec: {containers: [{name: w, image: example/bert:1}]}}
---
"""
"""MPA087, which is high, and no other finding of that severity."""

ENTRY = {
    "fingerprint": "0" * 16,
    "rule": "MPA087",
    "severity": "high",
    "object": "MPIJob ml/was-here",
    "path": ".spec",
    "message": "was here",
}


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def call(*arguments: str) -> Result:
    """Return what ``mpiaudit`` does with *arguments*."""
    done = CliRunner().invoke(commands, arguments, standalone_mode=False)
    if done.exception:
        raise done.exception
    return done


def written(*paths: str) -> str:
    """Return the name of a baseline of *paths*."""
    assert call("baseline", "write", "base.json", *paths).return_value == 0
    return "base.json"


def jobs(*names: str) -> str:
    """Return the path of a manifest of jobs with one fault each."""
    Path("jobs.yaml").write_text("".join(JOB.replace("bert", n) for n in names))
    return "jobs.yaml"


def changed(**fields: object) -> str:
    """Return the name of a baseline of a sound cluster, with other *fields*."""
    document: dict[str, Any] = json.loads(Path(written(HEALTHY)).read_text())
    Path("changed.json").write_text(json.dumps(document | fields))
    return "changed.json"


def test_only_what_is_new_fails() -> None:
    """A repository with old faults turns the gate on, and it closes for new ones."""
    baseline = written(jobs("bert"))

    old = call("scan", "jobs.yaml", "--baseline", baseline)
    new = call("scan", jobs("bert", "gpt"), "--baseline", baseline)

    assert call("scan", jobs("bert")).return_value == 1
    assert (old.return_value, new.return_value) == (0, 1)
    assert "MPIJob ml/bert\n" in new.output
    assert "MPIJob ml/gpt  (new)\n" in new.output
    assert "(new)" not in old.output


def test_the_text_report_counts_what_the_baseline_knows() -> None:
    """Known findings are shown and graded as ever; what is fixed is said."""
    baseline = written(jobs("bert", "gpt", "t5"))

    before = call("scan", "jobs.yaml", "--baseline", baseline, "--select", "MPA087").output
    after = call("scan", jobs("new"), "--baseline", baseline, "--select", "MPA087").output

    assert "\n3 known by the baseline, 0 new; 3 not judged\n" in before
    assert "MPA087 A replica's restartPolicy" in before
    assert (
        "\n0 known by the baseline, 1 new; 3 fixed or no longer in the input (write it\n"
        "again); 3 not judged\n"
    ) in after


def test_a_new_finding_is_shown_before_the_known_ones_of_its_rule() -> None:
    """Of many findings of a rule ten are shown; the new one is among them."""
    known = [f"a{number:02}" for number in range(12)]
    baseline = written(jobs(*known))

    shown = call("scan", jobs(*known, "z"), "--baseline", baseline).output

    assert shown.count("MPIJob ml/z  (new)") >= 1
    assert "and 3 more" in shown


def test_fail_on_holds_for_new_findings() -> None:
    """A new finding below the threshold fails nothing."""
    baseline = written(HEALTHY)

    high = call("scan", jobs("bert"), "--baseline", baseline)
    critical = call("scan", jobs("bert"), "--baseline", baseline, "--fail-on", "critical")

    assert (high.return_value, critical.return_value) == (1, 0)


def test_a_known_finding_hides_no_gap() -> None:
    """Where not all could be read the exit code says so, whatever the baseline knows."""
    done = call("scan", UNREADABLE, "--baseline", written(SAMPLE))

    assert done.return_value == 3


def test_json_tells_new_from_known_and_fits_the_schema() -> None:
    """Programs read the same as people; without a baseline nothing changes for them."""
    baseline = written(jobs("bert"))

    report = json.loads(
        call("scan", jobs("bert", "gpt"), "--baseline", baseline, "-o", "json").output
    )
    plain = json.loads(call("scan", "jobs.yaml", "-o", "json").output)

    jsonschema.Draft202012Validator(SCHEMA).validate(report)
    refused = [f for f in report["findings"] if f["rule"] == "MPA087"]
    assert {f["object"]["name"]: f["new"] for f in refused} == {"bert": False, "gpt": True}
    assert report["baseline"]["gone"] == report["baseline"]["unjudged"] == 0
    assert report["baseline"]["known"] == report["baseline"]["new"] > 0
    assert "baseline" not in plain
    assert not any("new" in f for f in plain["findings"])


def test_a_baseline_is_a_finding_a_line() -> None:
    """A reviewer reads its diff; the same audit makes the same bytes."""
    path = Path(written(jobs("gpt", "bert")))
    once = path.read_text()
    written("jobs.yaml")

    document = json.loads(once)
    lines = [line.strip().rstrip(",") for line in once.splitlines()]
    refused = [f for f in document["findings"] if f["rule"] == "MPA087"]
    assert path.read_text() == once
    assert all(json.dumps(f) in lines for f in document["findings"])
    assert document["schema"] == 1
    assert refused == [
        {
            "fingerprint": refused[0]["fingerprint"],
            "rule": "MPA087",
            "severity": "high",
            "object": "MPIJob ml/bert",
            "path": ".spec.mpiReplicaSpecs.Worker.restartPolicy",
            "message": "Worker.restartPolicy is ExitCode",
        },
        refused[1],
    ]
    assert [f["rule"] for f in document["findings"]] == sorted(
        f["rule"] for f in document["findings"]
    )


def test_a_baseline_names_the_rules_that_were_not_judged() -> None:
    """Files cannot prove that something is missing: what was not looked for is no green."""
    document = json.loads(Path(written(jobs("bert"))).read_text())

    assert "MPA087" in document["judged"]
    assert "MPA003" in document["not_judged"]
    assert not set(document["judged"]) & set(document["not_judged"])


def test_names_with_odd_characters_come_back() -> None:
    """A name from a hostile manifest breaks no line, and is known again."""
    Path("jobs.yaml").write_text(JOB.replace("name: bert", 'name: "be\\nrt\\u2028\\e[31m, é"'))
    baseline = written("jobs.yaml")

    known = call("scan", "jobs.yaml", "--baseline", baseline, "-o", "json=report.json")
    shown = call("diff", "report.json", changed(findings=[ENTRY | {"object": "MPIJob \x1b[31m"}]))

    assert known.return_value == 0
    assert Path(baseline).read_text().isascii()
    assert "MPIJob ml/be\\nrt\\u2028\\x1b[31m, é" in shown.output
    assert "MPIJob \\x1b[31m" in shown.output
    assert "\x1b" not in shown.output


def test_an_incomplete_audit_makes_no_baseline(capsys: pytest.CaptureFixture[str]) -> None:
    """What could not be read would be new as soon as it can be."""
    code = run(["baseline", "write", "base.json", UNREADABLE])

    told = capsys.readouterr().err
    assert (code, Path("base.json").exists()) == (3, False)
    assert told.startswith("mpiaudit: base.json: not written: not all could be read")
    assert told.count("\n") == 1


def test_an_incomplete_audit_makes_one_on_demand() -> None:
    """It names what was not read."""
    done = call("baseline", "write", "base.json", UNREADABLE, "--allow-partial")

    assert done.return_value == 0
    assert "broken.yaml" in " ".join(json.loads(Path("base.json").read_text())["not_read"])


def test_a_baseline_is_not_written_over_something_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """``baseline write jobs.yaml`` forgot the FILE, and must not cost the manifest."""
    path = jobs("bert")

    code = run(["baseline", "write", path, path])

    assert code == 2
    assert Path(path).read_text() == JOB
    assert f"{path}: no baseline, so it is not written over" in capsys.readouterr().err


def test_a_baseline_of_a_later_schema_may_be_written_over() -> None:
    """Whoever goes back to an older mpiaudit writes it again."""
    path = changed(schema=2)

    assert call("baseline", "write", path, HEALTHY).return_value == 0
    assert json.loads(Path(path).read_text())["schema"] == 1


def test_a_baseline_in_the_folder_that_is_scanned_is_no_manifest() -> None:
    """It may lie beside the manifests."""
    Path("manifests").mkdir()
    Path(jobs("bert")).rename("manifests/jobs.yaml")

    wrote = call("baseline", "write", "manifests/base.json", "manifests")
    done = call("scan", "manifests", "--parse-all", "--baseline", "manifests/base.json")

    assert (wrote.return_value, done.return_value) == (0, 0)
    assert "Not read" not in done.output


def test_several_clusters_have_no_common_baseline() -> None:
    """One cluster's fault would pass for another's."""
    baseline = written(HEALTHY)
    Path("config").write_text('{"contexts": [], "clusters": [], "users": []}')
    several = ["--kubeconfig", "config", "--context", "a,b"]

    with pytest.raises(click.UsageError, match="scan one after the other"):
        call("scan", *several, "--baseline", baseline)
    with pytest.raises(click.UsageError, match="write one for each"):
        call("baseline", "write", baseline, *several)


def test_diff_of_two_reports() -> None:
    """What came and what went, the worst first, and how many stayed."""
    call("scan", jobs("bert", "gpt"), "-o", "json=old.json", "--select", "MPA087")
    call("scan", jobs("gpt", "t5"), "-o", "json=new.json", "--select", "MPA087")

    done = call("diff", "old.json", "new.json")

    assert done.return_value == 1
    assert done.output == (
        "1 new, 1 resolved, 1 unchanged, 0 incomparable\n"
        "\n"
        "New\n"
        "  high      MPA087  MPIJob ml/t5  .spec.mpiReplicaSpecs.Worker.restartPolicy\n"
        "            Worker.restartPolicy is ExitCode\n"
        "\n"
        "Resolved\n"
        "  high      MPA087  MPIJob ml/bert  .spec.mpiReplicaSpecs.Worker.restartPolicy\n"
        "            Worker.restartPolicy is ExitCode\n"
    )


def test_diff_of_a_baseline_and_its_report() -> None:
    """Both say the same of one audit, symptoms, fields and objects included."""
    baseline = written(SAMPLE)
    call("scan", SAMPLE, "-o", "json=report.json", "--exit-zero")

    for pair in ([baseline, "report.json"], ["report.json", baseline]):
        done = call("diff", *pair)
        assert done.return_value == 0
        assert done.output == "0 new, 0 resolved, 7 unchanged, 0 incomparable\n"


def test_diff_claims_nothing_of_rules_that_one_side_did_not_judge() -> None:
    """A scan of fewer rules resolves nothing; what one of more finds may be new: no green."""
    call("scan", jobs("bert"), "-o", "json=all.json", "--select", "MPA087,MPA016")
    call("scan", "jobs.yaml", "-o", "json=few.json", "--select", "MPA016")

    fewer, more = call("diff", "all.json", "few.json"), call("diff", "few.json", "all.json")

    assert (fewer.return_value, more.return_value) == (0, 3)
    for done in (fewer, more):
        assert done.output.startswith("0 new, 0 resolved, 0 unchanged, 1 incomparable\n")
        assert "Judged in all.json only: 1 of the rules" in done.output
    assert "\nPerhaps resolved: few.json did not judge these rules" in fewer.output
    assert "\nPerhaps new: few.json did not judge these rules" in more.output


def test_diff_as_json() -> None:
    """Programs get every entry and every rule."""
    call("scan", jobs("bert"), "-o", "json=old.json", "--select", "MPA087,MPA016")
    call("scan", jobs("gpt"), "-o", "json=new.json", "--select", "MPA087")

    document = json.loads(call("diff", "old.json", "new.json", "-o", "json").output)

    assert [e["object"] for e in document["new"]] == ["MPIJob ml/gpt"]
    assert [e["object"] for e in document["resolved"]] == ["MPIJob ml/bert"]
    assert document["judged_before"] == ["MPA016"]
    assert (document["schema"], document["unchanged"], document["judged_now"]) == (1, 0, [])


def test_diff_knows_what_was_ignored() -> None:
    """--ignore moves a finding aside: that is no resolution, and without it the finding is new."""
    call("scan", jobs("bert"), "-o", "json=old.json", "--select", "MPA087")
    call("scan", "jobs.yaml", "-o", "json=new.json", "--select", "MPA087", "--ignore", "MPA087")

    assert call("diff", "old.json", "new.json").output.startswith("0 new, 0 resolved, 0 unchanged")
    assert call("diff", "new.json", "old.json").output.startswith("1 new, 0 resolved")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[", "neither a baseline nor a JSON report"),
        (b"kind: MPIJob\n", "neither a baseline nor a JSON report"),
        (b"\xff\xfe{\x00", "neither a baseline nor a JSON report"),
        (b"[]", "neither a baseline nor a JSON report"),
        (b"{}", "it has no field `schema`"),
        (b'{"schema": "1"}', "neither a baseline nor a JSON report"),
        (b'{"schema": 1}', "neither a baseline nor a JSON report"),
        (b'{"schema": 2}', "schema 2, and this mpiaudit reads 1; write it again"),
        (b'{"schema": 9, "mpiaudit": "9"}', "schema 9, and this mpiaudit reads 1; write it again"),
        (b'{"schema": 1, "reports": []}', "several reports; give the report of one cluster"),
        (b'{"schema": 1, "a": ' + b"[" * 100_000, "neither a baseline nor a JSON report"),
    ],
)
def test_a_foreign_file_is_refused_in_one_line(
    content: bytes, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line names the file and what to do; there is never a traceback."""
    Path("odd.json").write_bytes(content)

    codes = [
        run(["scan", HEALTHY, "--baseline", "odd.json"]),
        run(["diff", "odd.json", "odd.json"]),
    ]

    told = capsys.readouterr().err.splitlines()
    assert codes == [2, 2]
    assert len(told) == 2
    assert all(line.startswith("mpiaudit: odd.json: ") and says in line for line in told)


@pytest.mark.parametrize(
    "broken",
    [
        [ENTRY | {"severity": "bad"}],
        [ENTRY | {"message": None}],
        [{k: v for k, v in ENTRY.items() if k != "rule"}],
        {},
    ],
)
def test_a_baseline_with_a_broken_finding_is_refused(
    broken: object, capsys: pytest.CaptureFixture[str]
) -> None:
    """An edit by hand never makes a known finding of nothing."""
    path = changed(findings=broken)

    assert run(["scan", HEALTHY, "--baseline", path]) == 2
    assert "$.findings" in capsys.readouterr().err


def test_a_missing_baseline_is_no_empty_one(capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt name would make all findings new, or in `diff` none resolved."""
    codes = [run(["scan", HEALTHY, "--baseline", "none.json"]), run(["diff", "none.json", "."])]

    told = capsys.readouterr().err
    assert codes == [2, 2]
    assert told.count("mpiaudit: none.json: cannot read it: no such file or directory") == 2
