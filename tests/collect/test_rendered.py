"""Charts and kustomizations: refused where they reach out, built where a program is there.

The programs here are stand-ins of a few lines that show how they are called; the real kustomize
and kubectl are run by ``tests/cluster/test_kustomize.py``.
"""

import os
from pathlib import Path

import pytest

from mpiaudit.collect import files, kustomize
from mpiaudit.model import Location, Resource
from mpiaudit.reading import Reading

JOB = "apiVersion: kubeflow.org/v1\nkind: MPIJob\nmetadata: {name: %s}\n"

HELM = """\
#!/bin/sh
pwd > called; echo "$@" >> called; echo "$HTTPS_PROXY $HELM_NO_PLUGINS" >> called
printf -- '---\\n# Source: outer/crds/a.yaml\\napiVersion: v1\\nkind: A\\n'
printf -- '---\\n# Source: outer/templates/job.yaml\\n'
printf 'apiVersion: kubeflow.org/v1\\nkind: MPIJob\\nmetadata: {name: made}\\n'
"""

FAILING = """\
#!/bin/sh
echo "Error: found in Chart.yaml, but missing in charts/ directory: a" >&2
exit 1
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder of programs there is, an empty one, beside the shell's own."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    """Return the folder of a chart with one template that no YAML parser reads."""
    folder = tmp_path / "work" / "chart"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: outer\nversion: 0.1.0\n")
    (folder / "templates" / "job.yaml").write_text(
        "{{ if .Values.job }}\n" + JOB % "{{ .Values.name }}" + "{{ end }}\n"
    )
    return folder


def install(folder: Path, name: str, script: str) -> None:
    """Put a program into *folder*."""
    path = folder / name
    path.write_text(script)
    path.chmod(0o755)


def read(folder: Path, *, render: bool = True) -> tuple[list[Resource], Reading]:
    """Return the MPIJobs below *folder*, and the reading."""
    reading = files.collect([str(folder)], frozenset({"MPIJob"}), render=render)
    return [r for r in reading.resources if r.kind == "MPIJob"], reading


def test_template_names_the_command_for_its_chart(chart: Path) -> None:
    """What is not rendered is not judged, and the command that judges it is there to paste."""
    jobs, reading = read(chart, render=False)

    assert jobs == []
    assert reading.faults == [
        (
            f"{chart}/templates/job.yaml:1:1: an unrendered template, not a manifest;"
            f" render it first: helm template {chart} | mpiaudit scan -"
        )
    ]


def test_chart_is_rendered(chart: Path, programs: Path) -> None:
    """The findings name the template, but no line: the rendered one is not in the file."""
    install(programs, "helm", HELM.replace("pwd", "/bin/pwd"))
    (chart / "examples").mkdir()
    (chart / "examples" / "job.yaml").write_text(JOB % "example")

    (job, example), reading = read(chart)
    place = Location(job.reference, ("metadata", "name"))

    assert (job.reference.name, job.source) == ("made", f"{chart}/templates/job.yaml")
    assert example.source == f"{chart}/examples/job.yaml"
    assert files.place([place])[place].line == 0
    assert reading.faults == []
    assert (chart / "called").read_text().splitlines() == [
        str(chart),
        (
            "template . --include-crds --skip-schema-validation --dependency-update=false"
            " --enable-dns=false"
        ),
        "http://127.0.0.1:9 1",
    ]


def test_chart_that_cannot_be_rendered_is_said(chart: Path, programs: Path) -> None:
    """A gate does not pass what it could not render; the program's own words say why."""
    install(programs, "helm", FAILING)

    jobs, reading = read(chart)

    assert jobs == []
    assert reading.faults[0] == (
        f"{chart}: a chart that is not rendered: helm: Error: found in Chart.yaml,"
        f" but missing in charts/ directory: a; or: helm template {chart} | mpiaudit scan -"
    )
    assert "an unrendered template" in reading.faults[1]


def test_chart_without_helm_is_said(chart: Path, programs: Path) -> None:
    """Rendering was asked for; that there is no program for it is no success."""
    assert not list(programs.iterdir())

    _, reading = read(chart)

    assert reading.faults[0] == (
        f"{chart}: a chart that is not rendered: helm is not on PATH;"
        f" or: helm template {chart} | mpiaudit scan -"
    )


def kustomization(folder: Path, text: str) -> Path:
    """Write a kustomization and a job beside it; return their folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kustomization.yaml").write_text(text)
    (folder / "job.yaml").write_text(JOB % folder.name)
    return folder


def test_kustomization_is_named_once(tmp_path: Path) -> None:
    """Its manifests are judged as they are, which is not what is applied."""
    folder = kustomization(tmp_path / "base", "resources: [job.yaml]\n")
    (folder / "other.yaml").write_text(JOB % "other")

    jobs, reading = read(folder, render=False)

    assert [job.reference.name for job in jobs] == ["base", "other"]
    assert reading.notes == [
        (
            f"{folder}/kustomization.yaml: a kustomization that is not built: its manifests are"
            " judged as they are; for what it makes of them:"
            f" kustomize build {folder} | mpiaudit scan -"
        )
    ]


def test_output_of_kustomize_is_no_patch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``kustomize build . | mpiaudit scan -`` is run where the kustomization lies."""
    monkeypatch.chdir(kustomization(tmp_path / "base", "resources: [job.yaml]\n"))

    assert not kustomize.beside_kustomization("-")
    assert kustomize.beside_kustomization("job.yaml")


REACHING_OUT = {
    "resources: ['https://example.com/a.yaml']": "https://example.com/a.yaml is remote",
    "resources: ['github.com/a/b']": "github.com/a/b is remote or missing",
    "bases: ['git@example.com:a/b.git']": "git@example.com:a/b.git is remote or missing",
    "Resources: ['HTTPS://example.com/a']": "HTTPS://example.com/a is remote",
    "components: [missing]": "missing is remote or missing",
    "patches: [{path: 'http://example.com/p.yaml'}]": "http://example.com/p.yaml is remote",
    "configMapGenerator: [{name: a, files: ['k=https://example.com/f']}]": "k=https://",
    "generators: [job.yaml]": "generators run programs",
    "helmCharts: [{name: a}]": "helmcharts run programs",
    "re\u017fources: [job.yaml]": "re\u017fources is not known",
    "resources: []\nresources: [job.yaml]": "cannot be read as one kustomization",
    "resources: [": "cannot be read as one kustomization",
}


@pytest.mark.parametrize(("text", "why"), REACHING_OUT.items())
def test_kustomization_that_reaches_out_is_not_built(
    tmp_path: Path, programs: Path, text: str, why: str
) -> None:
    """A gate that reads strangers' repositories fetches nothing and runs nothing of theirs."""
    install(programs, "kustomize", '#!/bin/sh\n: > "$0.called"\n')
    kustomization(tmp_path / "work" / "base", text)
    (tmp_path / "work" / "base" / "github.com" / "a" / "b").mkdir(parents=True)
    top = kustomization(tmp_path / "work" / "top", "resources: [../base]\n")

    _, reading = read(top)

    assert why in reading.faults[0]
    assert reading.faults[0].startswith(f"{top}: a kustomization that is not built: ")
    assert [path.name for path in programs.iterdir()] == ["kustomize"]


def test_harmless_addresses_are_no_reason(tmp_path: Path) -> None:
    """An annotation or a literal is never fetched."""
    folder = kustomization(
        tmp_path / "base",
        "resources: [job.yaml]\ncommonAnnotations: {docs: 'https://example.com'}\n"
        "configMapGenerator: [{name: a, literals: ['url=https://example.com']}]\n",
    )

    assert kustomize.examine(str(folder)).doubts == []


KUSTOMIZE = '#!/bin/sh\nwhile read -r line; do echo "$line"; done < made.yaml\n'


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    """Return the folder of a kustomization of one job, and what it is built into."""
    folder = tmp_path / "work" / "overlay"
    folder.mkdir(parents=True)
    (folder / "job.yaml").write_text(JOB % "one")
    (folder / "made.yaml").write_text(JOB % "made")
    (folder / "kustomization.yaml").write_text("resources: [job.yaml, made.yaml]\n")
    return folder


@pytest.mark.parametrize("path", ["bin", "", "."])
def test_no_program_of_the_repository_is_run(
    chart: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder on PATH that depends on where we are is the repository's, as it were."""
    (chart / "bin").mkdir()
    for folder in (chart, chart / "bin"):
        install(folder, "helm", "#!/bin/sh\ntouch run\n")
    monkeypatch.setenv("PATH", path)
    monkeypatch.chdir(chart)

    _, reading = read(chart)

    assert not (chart / "run").exists()
    assert "helm is not on PATH" in reading.faults[0]


@pytest.mark.parametrize("kind", ["endless", "pipe", "large"])
def test_a_kustomization_is_a_file(overlay: Path, programs: Path, kind: str) -> None:
    """Whatever has no end is not read."""
    install(programs, "kustomize", KUSTOMIZE)
    path = overlay / "kustomization.yaml"
    path.unlink()
    match kind:
        case "endless":
            path.symlink_to("/dev/zero")
        case "pipe":
            os.mkfifo(path)
        case _:
            path.write_text("#" * (1 << 20) + "\n")

    _, reading = read(overlay)

    assert "kustomization.yaml: no file of a usual size" in reading.faults[0]


@pytest.mark.parametrize("text", ["resources: 5\n", "bases: {a: b}\n"])
def test_what_is_no_list_is_not_built(overlay: Path, programs: Path, text: str) -> None:
    """The real kustomize refuses it, too."""
    install(programs, "kustomize", KUSTOMIZE)
    (overlay / "kustomization.yaml").write_text(text)

    _, reading = read(overlay)

    assert " is no list; or: kustomize build " in reading.faults[0]


@pytest.mark.parametrize(
    "text",
    [
        "secretGenerator: [{name: a, files: [job.yaml]}]",
        "namePrefix: job.yaml",
        "images: [{name: a, newName: job.yaml}]",
    ],
)
def test_what_is_not_built_is_read(overlay: Path, programs: Path, text: str) -> None:
    """A job is lost neither by being named elsewhere nor by being no resource."""
    install(programs, "kustomize", KUSTOMIZE)
    (overlay / "kustomization.yaml").write_text(f"resources: [made.yaml]\n{text}\n")

    jobs, reading = read(overlay)

    assert reading.faults == []
    assert sorted(job.reference.name for job in jobs) == ["made", "one"]


@pytest.mark.parametrize(
    "text",
    [
        "generatorOptions: {annotations: {doc: 'https://example.com'}}",
        "patches: [{patch: 'a: x=https://example.com', target: {kind: Pod}}]",
    ],
)
def test_texts_that_are_no_files_may_be_addresses(overlay: Path, programs: Path, text: str) -> None:
    """Only what kustomize would fetch is remote."""
    install(programs, "kustomize", KUSTOMIZE)
    (overlay / "kustomization.yaml").write_text(f"resources: [job.yaml]\n{text}\n")

    _, reading = read(overlay)

    assert reading.faults == []


def test_output_that_names_no_template_is_not_lost(chart: Path, programs: Path) -> None:
    """What helm prints is judged or said, never dropped."""
    install(programs, "helm", "#!/bin/sh\necho 'kind: MPIJob'\n")

    _, reading = read(chart)

    assert any("output does not name its templates" in fault for fault in reading.faults)
