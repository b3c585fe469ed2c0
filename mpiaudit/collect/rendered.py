"""Charts and kustomizations, built by the user's own helm and kustomize, offline."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mpiaudit.collect import kustomize, offline, walk
from mpiaudit.manifest import template

CHART = "Chart.yaml"
"""helm/helm v3.16.0 pkg/chartutil/create.go (``ChartfileName``); templates lie in
``templates``."""

_PARTS = ("templates", "crds", "charts")
_HELM = (
    *("template", ".", "--include-crds", "--skip-schema-validation"),
    *("--dependency-update=false", "--enable-dns=false"),
)
"""A schema of values may refer to others in the network, so none is read.

helm/helm v3.16.0 cmd/helm/install.go (``addInstallFlags``), pkg/chartutil/jsonschema.go.
"""

_KUSTOMIZE = (
    *(".", "--enable-helm=false", "--enable-alpha-plugins=false", "--network=false"),
    "--load-restrictor=LoadRestrictionsRootOnly",
)
_SOURCE = re.compile(r"^---\n# Source: (.+)\n", re.MULTILINE)


class Text(NamedTuple):
    """Manifests that a program made."""

    source: str
    """The template, or the kustomization, that they were made of."""

    content: bytes


@dataclass(slots=True)
class Rendering:
    """What is made of the charts and kustomizations in some folders, and what stands for it."""

    texts: list[Text] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """Why some were not built, one line each."""

    folders: list[str] = field(default_factory=list)
    """The real paths of what helm reads manifests from in the charts that were rendered."""

    files: set[str] = field(default_factory=set)
    """The real paths of the files that kustomizations were built of."""

    def covers(self, path: str) -> bool:
        """Return whether *path* was used for `texts`, so that it is not to be read by itself."""
        real = os.path.realpath(path)
        return real in self.files or real.startswith(tuple(self.folders))


def render(paths: Sequence[str]) -> Rendering:
    """Return what helm and kustomize make of the charts and kustomizations below *paths*.

    Nothing is fetched and no plug-in runs: a kustomization that names something remote, or a
    program, is refused, as is a chart whose dependencies are not there. A kustomization that
    others are built of is not built by itself.
    """
    rendering = Rendering()
    charts, kustomized = _found(paths)
    for folder in charts:
        _chart(folder, rendering)
    builds = {folder: kustomize.examine(folder) for folder in kustomized}
    for folder, build in builds.items():
        real = os.path.realpath(folder)
        others = (b for f, b in builds.items() if os.path.realpath(f) != real)
        if not build.component and not any(real in other.folders for other in others):
            _kustomization(folder, build, rendering)
    return rendering


def _found(paths: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the folders of charts and of kustomizations; inside a chart none is looked for."""
    charts, kustomized = [], []
    for path in (p for p in paths if p != walk.STDIN):
        for folder, folders, names in os.walk(path):
            folders.sort()
            if CHART in names and "templates" in folders:
                charts.append(folder)
                folders.clear()
            elif not set(kustomize.NAMES).isdisjoint(names):
                kustomized.append(folder)
    return charts, kustomized


def _chart(folder: str, rendering: Rendering) -> None:
    helm = offline.find("helm")
    text, why = offline.run([helm, *_HELM], folder) if helm else ("", "helm is not on PATH")
    if why:
        command = template.COMMAND.format(shlex.quote(folder))
        rendering.faults.append(f"{folder}: a chart that is not rendered: {why}; or: {command}")
        return
    ahead, *made = _SOURCE.split(text)
    if ahead.strip():
        rendering.faults.append(f"{folder}: a chart whose output does not name its templates")
        return
    parts = (os.path.join(folder, part, "") for part in _PARTS)  # noqa: PTH118
    rendering.folders += [os.path.join(os.path.realpath(part), "") for part in parts]  # noqa: PTH118
    for source, content in zip(made[::2], made[1::2], strict=True):
        inside = source.partition("/")[2]
        path = os.path.join(folder, inside)  # noqa: PTH118 - as all of collect
        rendering.texts.append(Text(path, content.encode()))


def _kustomization(folder: str, build: kustomize.Build, rendering: Rendering) -> None:
    program = _kustomize()
    why, text = "; ".join(build.doubts), ""
    if not why and program is None:
        why = "neither kustomize nor kubectl is on PATH"
    if not why and program:
        text, why = offline.run([*program, *_KUSTOMIZE], folder)
    if why:
        command = kustomize.COMMAND.format(shlex.quote(folder))
        rendering.faults.append(
            f"{folder}: a kustomization that is not built: {why}; or: {command}"
        )
        return
    rendering.files |= build.files
    path = kustomize.named_in(folder) or folder
    rendering.texts.append(Text(path, text.encode()))


def _kustomize() -> list[str] | None:
    for name, command in (("kustomize", "build"), ("kubectl", "kustomize")):
        if program := offline.find(name):
            return [program, command]
    return None


def chart_of(path: str) -> str | None:
    """Return the folder of the chart that *path* is a template of; None where it is of none."""
    folder, last = os.path.split(path)
    while last:
        if last == "templates" and os.path.isfile(os.path.join(folder, CHART)):  # noqa: PTH113, PTH118
            return folder or os.curdir
        folder, last = os.path.split(folder)
    return None
