#!/usr/bin/env python3
"""Build the testbed: a Kubernetes control plane and the MPIJob controllers, for the tests.

    tools/testbed/build.py [NAME ...]

Everything is kept in ``$MPIAUDIT_TESTBED`` (default ``~/.cache/mpiaudit/testbed``): ``bin/NAME``,
``manifests/NAME.yaml``, ``log/NAME.log``. What is there is not built again.
"""

# ruff: noqa: S603, S607, T201 - it runs go, and says what it does

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

BINARIES = Path(__file__).with_name("binaries.toml")
WRAPPER = "testbed.invalid/wrapper"
"""The name of the throw-away main module that each program is built from."""

KUBECTL = "kubectl-1.34.4"
"""Renders the manifests of the releases."""

PRUNED = (1, 17)
"""The first language version whose go.mod names all that a build needs."""


class BuildError(Exception):
    """One line for the user: what failed, and where to look."""


@dataclass(frozen=True, slots=True)
class Binary:
    """One entry of ``binaries.toml``, which says what each field means."""

    name: str
    module: str
    version: str
    package: str = ""
    replace: tuple[str, ...] = ()
    ldflags: str = ""
    staging: bool = False
    overlay: str = ""
    definitions: tuple[str, ...] = ()


def main(names: list[str]) -> int:
    """Build what *names* asks for, everything where it is empty, and return the exit code."""
    folder = testbed()
    steps = {"etcd": partial(install_etcd, folder)}
    for binary in binaries():
        if binary.package:
            steps[binary.name] = partial(build, folder, binary)
        if binary.overlay or binary.definitions:
            steps[f"{binary.name}.yaml"] = partial(render, folder, binary)
    if unknown := sorted(set(names) - steps.keys()):
        return fail(f"not in {BINARIES.name}: {', '.join(unknown)}")
    if not shutil.which("go"):
        return fail("there is no Go (https://go.dev/dl, 1.26 or later), which builds all of it")
    for part in ("bin", "log", "src", "manifests"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    print(f"testbed in {folder}", flush=True)
    failures = [name for name in names or steps if not run(name, steps[name])]
    return fail(f"not built: {', '.join(failures)}") if failures else 0


def testbed() -> Path:
    """Return the folder that the testbed lives in."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("MPIAUDIT_TESTBED") or Path(caches, "mpiaudit", "testbed"))


def binaries() -> Iterator[Binary]:
    """Yield the entries of ``binaries.toml``."""
    for entry in tomllib.loads(BINARIES.read_text())["binary"]:
        yield Binary(**{k: tuple(v) if isinstance(v, list) else v for k, v in entry.items()})


def run(name: str, step: Callable[[], str]) -> bool:
    """Take one step, say what it did and how long it took, and return whether it worked."""
    started = time.monotonic()
    try:
        outcome, worked = step(), True
    except BuildError as error:
        outcome, worked = f"FAILED: {error}", False
    print(f"  {name:32} {time.monotonic() - started:6.1f} s  {outcome}", flush=True)
    return worked


def install_etcd(folder: Path) -> str:
    """Install Debian's etcd where there is none."""
    target = folder / "bin" / "etcd"
    if target.exists():
        return "is there"
    log = folder / "log" / "etcd.log"
    if not (found := shutil.which("etcd")):
        install = ["apt-get", "install", "-y", "--no-install-recommends", "etcd-server"]
        for command in (["apt-get", "update"], install):
            logged(command, log)
        found = shutil.which("etcd")
    if not found:
        raise BuildError(f"no etcd although etcd-server is installed; see {log}")
    target.unlink(missing_ok=True)
    target.symlink_to(found)
    return f"linked from {found}"


def build(folder: Path, binary: Binary) -> str:
    """Build *binary* in a main module of its own, which repeats the replacements of its module."""
    target = folder / "bin" / binary.name
    if target.exists():
        return "is there"
    source = folder / "src" / f"{binary.module.rpartition('/')[2]}-{binary.version}"
    log = folder / "log" / f"{binary.name}.log"
    log.unlink(missing_ok=True)
    if not (source / "go.mod").exists():
        wrap(binary, source, log)
    stamp = " ".join(f"-X {name}={value}" for name, value in stamps(binary).items())
    flags = f"-s -w {binary.ldflags} {stamp}"
    unfinished = target.with_name(f".{target.name}")
    go("build", "-trimpath", "-ldflags", flags, "-o", str(unfinished), binary.package,
       folder=source, log=log)  # fmt: skip
    unfinished.rename(target)
    return f"built, {target.stat().st_size / 1e6:.0f} MB"


def render(folder: Path, binary: Binary) -> str:
    """Render the manifests that a release ships, exactly as it ships them."""
    target = folder / "manifests" / f"{binary.name}.yaml"
    if target.exists():
        return "is there"
    log = folder / "log" / f"{binary.name}.yaml.log"
    module = downloaded(binary, log)["Dir"]
    if binary.definitions:
        target.write_text("".join((module / d).read_text() for d in binary.definitions))
        return f"copied from {binary.module}@{binary.version}"
    copied = folder / "src" / f"{binary.name}-manifests"  # kubectl takes an @ for a git revision
    shutil.rmtree(copied, ignore_errors=True)
    logged(["cp", "-r", "--no-preserve=mode", str(module / "manifests"), str(copied)], log)
    kubectl = str(folder / "bin" / KUBECTL)
    target.write_text(logged([kubectl, "kustomize", str(copied / binary.overlay)], log))
    return f"rendered from {binary.module}@{binary.version}/manifests/{binary.overlay}"


def wrap(binary: Binary, source: Path, log: Path) -> None:
    """Write the main module in *source* that requires the module of *binary*."""
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    described = json.loads(go("mod", "edit", "-json", str(downloaded(binary, log)["GoMod"])))
    language = described.get("Go", "1.16")
    if tuple(int(part) for part in language.split(".")[:2]) < PRUNED:
        language = "1.16"
    edits = [f"-go={language}", f"-require={binary.module}@{binary.version}"]
    edits += (f"-replace={r}" for r in (*inherited(described), *binary.replace))
    if binary.staging:
        edits += (f"-replace={r}" for r in staged(described, binary.version))
    go("mod", "init", WRAPPER, folder=source, log=log)
    try:
        go("mod", "edit", *edits, folder=source, log=log)
    except BuildError:
        (source / "go.mod").unlink()
        raise


def inherited(described: dict[str, Any]) -> Iterator[str]:
    """Yield the replacements of a module, but for folders of its own repository."""
    for replacement in described.get("Replace") or ():
        old, new = replacement["Old"], replacement["New"]
        if not new["Path"].startswith("."):
            at = f"@{old['Version']}" if old.get("Version") else ""
            yield f"{old['Path']}{at}={new['Path']}@{new['Version']}"


def staged(described: dict[str, Any], version: str) -> Iterator[str]:
    """Yield a replacement for every part of Kubernetes that is required at no version."""
    for required in described["Require"]:
        if required["Version"] == "v0.0.0":
            yield f"{required['Path']}={required['Path']}@{version.replace('v1.', 'v0.')}"


def stamps(binary: Binary) -> dict[str, str]:
    """Return the variables that a release build sets, so that a program knows its version."""
    if not binary.staging:
        return {f"{binary.module}/pkg/version.Version": binary.version}
    major, minor, _ = binary.version.removeprefix("v").split(".")
    values = {"gitVersion": binary.version, "gitMajor": major, "gitMinor": minor}
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return {f"{package}.{name}": v for package in packages for name, v in values.items()}


def downloaded(binary: Binary, log: Path) -> dict[str, Path]:
    """Return where the module of *binary* lies (``Dir``) and its go.mod (``GoMod``)."""
    answer = go("mod", "download", "-json", f"{binary.module}@{binary.version}", log=log)
    return {name: Path(json.loads(answer)[name]) for name in ("Dir", "GoMod")}


def go(*arguments: str, folder: Path = Path("/"), log: Path | None = None) -> str:
    """Run the Go client and return what it printed.

    It asks the first module proxy only, never a repository itself, and obeys no go.mod that
    asks for another toolchain.
    """
    proxy = subprocess.run(["go", "env", "GOPROXY"], capture_output=True, text=True, check=True)
    settings = {
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=mod -buildvcs=false",
        "GOPROXY": proxy.stdout.strip().split(",")[0],
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }
    return logged(["go", *arguments], log, folder=folder, env={**os.environ, **settings})


def logged(
    command: list[str],
    log: Path | None,
    *,
    folder: Path | None = None,
    env: dict[str, str] | None = None,
) -> str:
    """Run *command*, append what it says on standard error to *log*, return what it prints.

    Raises:
        BuildError: It fails.
    """
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if log:
        with log.open("a") as stream:
            stream.write(f"$ {' '.join(command)}\n{done.stderr}")
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "downloading" not in line]
        where = f"; see {log}" if log else ""
        raise BuildError(f"{' '.join(command[:3])}: {(said or ['no word'])[-1]}{where}")
    return done.stdout


def fail(reason: str) -> int:
    """Print why, and return the exit code."""
    print(f"testbed: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
