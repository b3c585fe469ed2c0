"""A repository keeps its options in a file; what is wrong in that file is told with its line."""

import json
from pathlib import Path

import jsonschema
import pytest

from mpiaudit.cli import run

FAULTY = Path(__file__).parent.parent / "rules/job/MPA087-restart-policy-refused/bad.yaml"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with a faulty job in ``jobs``, which is the working directory."""
    folder = tmp_path / "repository"
    (folder / ".git").mkdir(parents=True)
    (folder / "jobs").mkdir()
    (folder / "jobs/job.yaml").write_text(FAULTY.read_text())
    monkeypatch.chdir(folder / "jobs")
    return folder


def scan(*arguments: str) -> int:
    """Audit the faulty job."""
    return run(["scan", "job.yaml", *arguments])


@pytest.mark.parametrize(
    ("name", "table"), [("mpiaudit.toml", "mpiaudit"), ("pyproject.toml", "tool.mpiaudit")]
)
def test_found_upward(repository: Path, name: str, table: str) -> None:
    """It holds in every folder of the repository."""
    assert scan() == 1
    (repository / name).write_text(f'[{table}]\nignore = ["MPA087"]\n')
    assert scan() == 0


def test_the_command_line_counts_more(repository: Path) -> None:
    """Whoever types an option means it."""
    (repository / "mpiaudit.toml").write_text('[mpiaudit]\nfail-on = "critical"\n')
    assert scan() == 0
    assert scan("--fail-on", "high") == 1


def test_the_nearest_counts(repository: Path) -> None:
    """A pyproject.toml of another tool is passed by; mpiaudit.toml comes before pyproject.toml."""
    (repository / "mpiaudit.toml").write_text("[mpiaudit]\nexit-zero = true\n")
    (repository / "jobs/pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert scan() == 0
    (repository / "pyproject.toml").write_text("[tool.mpiaudit]\nexit-zero = false\n")
    assert scan() == 0
    (repository / "jobs/pyproject.toml").write_text("[tool.mpiaudit]\nexit-zero = false\n")
    assert scan() == 1


def test_nothing_above_the_repository(repository: Path) -> None:
    """A file that somebody left above is not this repository's."""
    (repository.parent / "mpiaudit.toml").write_text("[mpiaudit]\nexit-zero = true\n")
    assert scan() == 1
    assert scan("--config", str(repository.parent / "mpiaudit.toml")) == 0


def test_nothing_at_all(repository: Path) -> None:
    """``--config /dev/null`` leaves the repository's settings out."""
    (repository / "mpiaudit.toml").write_text("[mpiaudit]\nexit-zero = true\n")
    assert scan("--config", "/dev/null") == 1


def test_a_baseline_lies_beside_its_settings(repository: Path) -> None:
    """A path in the file is relative to the file."""
    assert run(["baseline", "write", str(repository / "known.json"), "job.yaml"]) == 0
    (repository / "mpiaudit.toml").write_text('[mpiaudit]\nbaseline = "known.json"\n')
    assert scan() == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[mpiaudit]\n\nignroe = []\n",
            "mpiaudit.toml:3: unknown key 'ignroe'; did you mean ignore?",
        ),
        (
            "[mpiaudit]\nzebra = 1\n",
            "mpiaudit.toml:2: unknown key 'zebra'; there are select, ignore",
        ),
        ("[mpiaudit]\nignore = 'MPA087'\n", "mpiaudit.toml:2: ignore is 'MPA087'; write a list"),
        ("[mpiaudit]\nfail-on = 'hgh'\n", "mpiaudit.toml:2: fail-on is 'hgh'; choose from low,"),
        ("[mpiaudit]\npedantic = 1\n", "mpiaudit.toml:2: pedantic is 1; write true or false"),
        ("[mpiaudit]\nbaseline = true\n", "mpiaudit.toml:2: baseline is True; write the name of"),
        ("[mpiaudit\n", "mpiaudit.toml: not TOML: "),
        ("[mpiaudit]\nignore = ['MPA8']\n", "no rule is named 'MPA8'"),
    ],
)
def test_what_is_wrong(
    repository: Path, text: str, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """A misspelt setting would let a gate pass, or fail, for no reason anybody sees."""
    (repository / "mpiaudit.toml").write_text(text)
    assert scan() == 2
    assert said in capfd.readouterr().err


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("missing.toml", None, "missing.toml: no such file or directory"),
        ("other.toml", "[tool.mpiaudit]\n", "other.toml: there is no table [mpiaudit]"),
        ("pyproject.toml", "[mpiaudit]\n", "pyproject.toml: there is no table [tool.mpiaudit]"),
    ],
)
def test_a_file_that_was_named(
    repository: Path, name: str, text: str | None, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whoever names a file wants what is in it."""
    if text is not None:
        (repository / name).write_text(text)
    assert scan("--config", str(repository / name)) == 2
    assert said in capfd.readouterr().err


def test_schema(capfd: pytest.CaptureFixture[str]) -> None:
    """Editors complete and check the file by a schema that is made of the options."""
    assert run(["schema", "settings"]) == 0
    schema = json.loads(capfd.readouterr().out)

    assert schema["properties"]["fail-on"]["enum"] == ["low", "medium", "high", "critical"]
    assert schema["properties"]["ignore"]["items"] == {"type": "string"}
    assert schema["properties"]["exit-zero"]["type"] == "boolean"
    assert schema["additionalProperties"] is False
    suppress = {"rules": ["MPA087"], "reason": "x", "until": "2027-01-31", "name": "p*"}
    fits = jsonschema.Draft202012Validator(schema).is_valid
    assert fits({"suppress": [suppress], "fail-under": "B"})
    assert not fits({"suppress": [suppress | {"reason": ""}]})
    assert not fits({"severity": [{"rules": ["MPA087"], "severity": "low"}]})


def test_schema_of_reports(capfd: pytest.CaptureFixture[str]) -> None:
    """Whoever reads ``-o json`` can check it."""
    assert run(["schema", "report"]) == 0
    assert json.loads(capfd.readouterr().out)["properties"]["grade"]


def test_the_report_names_the_file(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever wonders why the gate is open learns who opened it."""
    (repository / "mpiaudit.toml").write_text("[mpiaudit]\nexit-zero = true\n")

    assert scan() == 0
    assert ", with the settings of ../mpiaudit.toml.\n" in capsys.readouterr().out
    scan("-o", "json")
    assert json.loads(capsys.readouterr().out)["coverage"]["settings"] == "../mpiaudit.toml"
