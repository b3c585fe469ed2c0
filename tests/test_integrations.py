"""mpiaudit runs where it is offered: pre-commit, GitHub, GitLab, images, clusters, shells."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from mpiaudit.policy.pod_security import Standard, breaches

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
PROGRAMS = Path(sys.executable).parent
FAULTY = ROOT / "reports/two-operators/cluster.yaml"
HEALTHY = ROOT / "reports/healthy/cluster.yaml"
HOOKS = ".pre-commit-hooks.yaml"
CACHES = shutil.ignore_patterns("__pycache__")
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
AUTHOR = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org"}
GIT = {
    **AUTHOR,
    **{name.replace("AUTHOR", "COMMITTER"): value for name, value in AUTHOR.items()},
    "GIT_CONFIG_GLOBAL": os.devnull,
}
UNCOMPILED = {"PIP_NO_COMPILE": "0"}
"""Has pip compile nothing: the value is what ``compile`` becomes."""

BASH = "source <(mpiaudit completion bash); COMP_WORDS=(mpiaudit sn) COMP_CWORD=1"
ZSH = "autoload -U compinit; compinit -D -u; source <(mpiaudit completion zsh)"


def run(
    *command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Return what *command* does, with the programs of this environment on its path."""
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=os.environ | {"PATH": path} | (env or {}),
        capture_output=True,
        text=True,
        check=False,
    )


def repository(folder: Path) -> None:
    """Commit all that *folder* holds to a new repository in it."""
    for command in (["init", "-q"], ["add", "--force", "."], ["commit", "-q", "-m", "all"]):
        done = run("git", *command, cwd=folder, env=GIT)
        assert done.returncode == 0, done.stderr


def published(folder: Path) -> Path:
    """Return a copy, in *folder*, of what the image and the hook are built of."""
    folder.mkdir()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for name in (HOOKS, *(line[1:] for line in ignored if line.startswith("!"))):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=CACHES)
        else:
            shutil.copy(ROOT / name, folder)
    return folder


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("github-actions", "action.yml"),
        ("github-workflows", "examples/github-workflow.yaml"),
        ("gitlab-ci", "examples/gitlab-ci.yml"),
    ],
)
def test_file_is_of_its_schema(schema: str, file: str) -> None:
    """GitHub and GitLab take the file as it is."""
    done = run("check-jsonschema", "--builtin-schema", f"vendor.{schema}", file)

    assert done.returncode == 0, done.stdout


def test_workflow_and_action_are_safe() -> None:
    """No script holds an expression that a pull request writes, and every action is pinned."""
    files = ("action.yml", "examples/github-workflow.yaml", HOOKS)

    done = run("zizmor", "--offline", "--no-progress", "--persona=pedantic", *files)

    assert done.returncode == 0, done.stdout


def test_image_is_built_as_it_should_be() -> None:
    """Nothing that hadolint warns of, a base that is fixed, a user that runAsNonRoot can judge."""
    done = run("hadolint", "Dockerfile")

    assert done.returncode == 0, done.stdout
    text = (ROOT / "Dockerfile").read_text()
    last = text.rpartition("\nFROM ")[2]
    assert re.search(r"^ARG BASE=python:[\w.-]+@sha256:[0-9a-f]{64}$", text, re.MULTILINE)
    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) == {"${BASE}"}
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", last, re.MULTILINE)


@pytest.mark.parametrize(
    ("manifest", "code", "head"),
    [
        (FAULTY, 1, "MPIJob in .pre-commit-config.yaml cluster.yaml other.json\n"),
        (HEALTHY, 0, "A (100)  3 files, "),
    ],
)
def test_hook_reads_all_manifests_in_one_run(
    manifest: Path, code: int, head: str, tmp_path: Path
) -> None:
    """pre-commit gives it YAML and JSON files, and no others."""
    (hook,) = yaml.safe_load((ROOT / HOOKS).read_text())
    repos = {"repos": [{"repo": "local", "hooks": [hook | {"language": "system"}]}]}
    (tmp_path / ".pre-commit-config.yaml").write_text(json.dumps(repos))
    shutil.copy(manifest, tmp_path / "cluster.yaml")
    (tmp_path / "other.json").write_text('{"apiVersion": "v1", "kind": "ConfigMap"}')
    (tmp_path / "notes.txt").write_text("{")
    repository(tmp_path)

    done = run("pre-commit", "run", "--all-files", "--verbose", cwd=tmp_path, env=GIT)

    assert run("pre-commit", "validate-manifest", HOOKS).returncode == 0
    assert done.returncode == code, done.stdout
    assert f"\n{head}" in done.stdout


@pytest.mark.slow
def test_hook_installs_itself(tmp_path: Path) -> None:
    """A user names the repository, and pre-commit does the rest."""
    hook = published(tmp_path / "hook")
    repository(hook)
    (tmp_path / "jobs").mkdir()
    shutil.copy(FAULTY, tmp_path / "jobs")
    repository(tmp_path / "jobs")

    tried = ("pre-commit", "try-repo", hook, "mpiaudit", "--all-files")
    done = run(*tried, cwd=tmp_path / "jobs", env=GIT | UNCOMPILED)

    assert done.returncode == 1, done.stdout + done.stderr
    assert "MPA003" in done.stdout


def step(
    name: str, runner: Path, inputs: dict[str, str], **env: str
) -> subprocess.CompletedProcess[str]:
    """Run one step of the action as GitHub's *runner* does, in its ``workspace``."""
    (script,) = (s for s in ACTION["runs"]["steps"] if s["name"] == name)
    given = {key: value["default"] for key, value in ACTION["inputs"].items()} | inputs
    (runner / "step.sh").write_text(script["run"])
    expressions = {
        key: re.sub(r"^\$\{\{ inputs\.([\w-]+) \}\}$", lambda found: given[found[1]], value)
        for key, value in script["env"].items()
    }
    return run(
        *("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", runner / "step.sh"),
        cwd=runner / "workspace",
        env={
            "RUNNER_TEMP": str(runner),
            "GITHUB_STEP_SUMMARY": str(runner / "summary.md"),
            "GITHUB_OUTPUT": str(runner / "output"),
            **expressions,
            **env,
        },
    )


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """Return a runner that has installed mpiaudit and checked out one repository."""
    (tmp_path / "mpiaudit").mkdir()
    (tmp_path / "mpiaudit/bin").symlink_to(PROGRAMS)
    (tmp_path / "workspace/my jobs").mkdir(parents=True)
    shutil.copy(FAULTY, tmp_path / "workspace/my jobs")
    return tmp_path


def test_action_annotates_and_sums_up(runner: Path) -> None:
    """Findings are at their lines in the pull request, and the report is the run's summary."""
    done = step("Audit", runner, {"paths": "\nmy jobs\n"})

    assert done.returncode == 1, done.stderr
    assert re.search(r"^::error file=my jobs/cluster\.yaml,line=\d+,", done.stdout, re.MULTILINE)
    assert "MPA003" in (runner / "summary.md").read_text()
    assert (runner / "output").read_text() == "exit-code=1\n"


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"paths": str(HEALTHY)}, 0),
        ({"paths": f"{HEALTHY}\nmy jobs"}, 1),
        ({"args": " --ignore MPA0,MPA1\n --pedantic "}, 0),
        ({"fail-on": "often"}, 2),
        ({"paths": "$(touch made)"}, 2),
        ({"args": "; touch made"}, 2),
        ({"fail-on": "`touch made`"}, 2),
        ({"paths": "--exit-zero"}, 2),
    ],
)
def test_action_takes_inputs_as_words(inputs: dict[str, str], code: int, runner: Path) -> None:
    """Paths are lines, options are words, and neither is ever a command."""
    done = step("Audit", runner, inputs)

    assert done.returncode == code, done.stdout + done.stderr
    assert (runner / "output").read_text() == f"exit-code={code}\n"
    assert not (runner / "workspace/made").exists()


@pytest.mark.slow
def test_action_and_image_install_a_whole_program(tmp_path: Path) -> None:
    """What the image is built of is enough, and the action installs its own revision."""
    source = published(tmp_path / "source")
    (tmp_path / "workspace").mkdir()

    done = step("Install mpiaudit", tmp_path, {}, GITHUB_ACTION_PATH=str(source), **UNCOMPILED)

    assert done.returncode == 0, done.stderr
    explained = run(tmp_path / "mpiaudit/bin/mpiaudit", "explain", "MPA003", cwd=tmp_path)
    assert "Not flagged:" in explained.stdout, explained.stderr


def test_action_installs_the_release_asked_for(tmp_path: Path) -> None:
    """A version is an exact one, and nothing else is looked at."""
    (tmp_path / "workspace").mkdir()

    done = step("Install mpiaudit", tmp_path, {"version": "0.0.0"}, PIP_NO_INDEX="1")

    assert done.returncode == 1
    assert "No matching distribution found for mpiaudit==0.0.0" in done.stderr


def documents(name: str) -> list[dict[str, Any]]:
    """Return what the example *name* holds."""
    return [*yaml.safe_load_all((EXAMPLES / name).read_text())]


@pytest.fixture
def team(tmp_path: Path) -> Path:
    """Return a repository's folder with a fault in its ``manifests``."""
    (tmp_path / "manifests").mkdir()
    shutil.copy(FAULTY, tmp_path / "manifests")
    return tmp_path


def test_examples_are_what_kubernetes_reads() -> None:
    """Nothing in them is unreadable, or at fault."""
    done = run("mpiaudit", "scan", "--parse-all", "-o", "json", "examples")

    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["coverage"]["inputs"] == len([*EXAMPLES.rglob("*.y*ml")])


def test_gitlab_job_leaves_its_reports(team: Path) -> None:
    """The job fails, and what it says it leaves is there."""
    (job,) = documents("gitlab-ci.yml")[0].values()

    done = run("bash", "-e", "-c", "\n".join(job["script"]), cwd=team)

    assert done.returncode == 1, done.stderr
    for report in job["artifacts"]["reports"].values():
        assert "MPA003" in (team / report).read_text()


def test_tekton_task_audits_the_workspace(team: Path) -> None:
    """The step's arguments, with the parameters' defaults, find the fault."""
    (task,) = documents("tekton-task.yaml")
    defaults = {p["name"]: p["default"] for p in task["spec"]["params"]}
    (scan,) = task["spec"]["steps"]
    words: list[str] = []
    for word in (*scan["command"], *scan["args"]):
        found = re.fullmatch(r"\$\(params\.([\w-]+)(\[\*\])?\)", word)
        value = defaults[found[1]] if found else word
        words += value if found and found[2] else [value]

    done = run(*words, cwd=team)

    assert done.returncode == 1, done.stderr
    assert "MPA003" in done.stdout


def test_argo_workflow_audits_the_repository(team: Path) -> None:
    """The container's arguments, with the parameters' defaults, find the fault."""
    (workflow,) = documents("argo-workflow.yaml")
    spec = workflow["spec"]
    values = {p["name"]: p["value"] for p in spec["arguments"]["parameters"]}
    (template,) = (t for t in spec["templates"] if t["name"] == spec["entrypoint"])
    command = shlex.join(template["container"]["command"] + template["container"]["args"])
    filled = re.sub(r"\{\{workflow\.parameters\.([\w-]+)\}\}", lambda m: values[m[1]], command)

    done = run(*shlex.split(filled), cwd=team)

    assert done.returncode == 1, done.stderr
    assert "MPA003" in done.stdout
    assert template["container"]["workingDir"] == template["inputs"]["artifacts"][0]["path"]


def test_cron_job_may_run_and_read() -> None:
    """Its namespace lets the pod in, and the role that it is told to apply is its account's."""
    text = (EXAMPLES / "cronjob.yaml").read_text()
    namespace, account, cron = documents("cronjob.yaml")
    pod = cron["spec"]["jobTemplate"]["spec"]["template"]
    (edit,) = re.findall(r"mpiaudit rbac \| (sed '.+') \| kubectl apply", text)

    applied = run("bash", "-c", f"mpiaudit rbac | {edit}").stdout

    (subject,) = [*yaml.safe_load_all(applied)][1]["subjects"]
    assert [*breaches(pod, Standard("restricted"))] == []
    assert namespace["metadata"]["name"] == account["metadata"]["namespace"] == subject["namespace"]
    assert pod["spec"]["serviceAccountName"] == account["metadata"]["name"] == subject["name"]
    assert cron["metadata"]["namespace"] == subject["namespace"]


@pytest.mark.parametrize(
    ("shell", "script", "says"),
    [
        ("bash", f"{BASH}; _mpiaudit_completion mpiaudit; echo $COMPREPLY", "snapshot\n"),
        ("zsh", f"{ZSH}; echo $_comps[mpiaudit]", "_mpiaudit_completion\n"),
        ("fish", "mpiaudit completion fish | source; complete -C 'mpiaudit sn'", "snapshot\t"),
    ],
)
def test_shell_completes_words(shell: str, script: str, says: str, tmp_path: Path) -> None:
    """A user has the words of the program in each shell."""
    if not shutil.which(shell):
        pytest.skip(f"no {shell} on this machine")

    done = run(shell, "-c", script, cwd=tmp_path, env={"HOME": str(tmp_path)})

    assert done.stdout.startswith(says), done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["expl"], "explain\tExplain a rule, with a manifest on both...\n:4\n"),
        (["scan", "--fail-o"], "--fail-on\tExit 1 for a finding at least this severe.\n:4\n"),
        (["scan", "--fail-on", "h"], "high\n:4\n"),
        (["scan", "-o", "jun"], "junit\n:4\n"),
        (
            ["scan", "--ignore", "mpa214"],
            "MPA214\tMPIJob is written in v2beta1, which is not served\n:4\n",
        ),
        (["scan", "manifests/"], ":0\n"),
    ],
)
def test_plug_in_completes_words(words: list[str], says: str) -> None:
    """The words come as kubectl reads them, and files where there are none."""
    assert run("kubectl_complete-mpiaudit", *words).stdout == says
