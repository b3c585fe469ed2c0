"""Charts and kustomizations: refused where they reach out, built where a program is there.

The programs here are stand-ins of a few lines that show how they are called; the real kustomize
and kubectl are run by ``tests/cluster/test_kustomize.py``.
"""

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
