"""Kustomizations: what they may patch, which files they use, and whether one is safe to build."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from mpiaudit.collect import walk
from mpiaudit.manifest.build import Document, documents

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""kubernetes-sigs/kustomize api/v0.18.0 api/konfig/general.go."""

COMMAND = "kustomize build {} | mpiaudit scan -"
"""What judges a kustomization, with its folder."""

_BUILT_OF = ("resources", "bases", "components")
"""What leads to other kustomizations."""

_PROGRAMS = (
    "generators",
    "transformers",
    "validators",
    "helmcharts",
    "helmchartinflationgenerator",
)
"""What plug-ins and Helm are configured by; in small letters, as all keys are compared."""

_PLAIN = frozenset(
    {"apiversion", "kind", "metadata", "openapi", "nameprefix", "namesuffix", "namespace"}
    | {"commonlabels", "labels", "commonannotations", "patchesstrategicmerge", "patchesjson6902"}
    | {"patches", "images", "imagetags", "replacements", "replicas", "vars", "sortoptions"}
    | {"resources", "components", "crds", "bases", "configmapgenerator", "secretgenerator"}
    | {"generatoroptions", "configurations", "buildmetadata"}
)
"""What a kustomization may say that runs no program.

kubernetes-sigs/kustomize api/v0.20.1 types/kustomization.go (``Kustomization``); Go's JSON takes
its keys in capitals and small letters alike.
"""

_NO_PATHS = frozenset(
    {"commonannotations", "commonlabels", "labels", "annotations", "literals", "patch"}
)
_REMOTE = re.compile(r"(?:^|=)\s*https?:", re.IGNORECASE)
"""What kustomize fetches wherever a file may be named.

kubernetes-sigs/kustomize api/v0.20.1 internal/loader/fileloader.go (``IsRemoteFile``).
"""

_LARGEST = 1 << 20
"""Bytes of a kustomization."""

_SAID = 80
"""Characters of a text that a doubt quotes."""

_LOCAL = re.compile(r"(?!.*github\.com)[\w./+ -]+", re.IGNORECASE | re.ASCII)
"""What cannot be taken for a repository, which is tried before a folder.

kubernetes-sigs/kustomize api/v0.20.1 internal/git/repospec.go (``extractHost``): it takes a
scheme, a user, or the host github.com.
"""


@dataclass(slots=True)
class Build:
    """What building one kustomization would read."""

    files: set[str] = field(default_factory=set)
    """The real paths of the local files."""

    folders: set[str] = field(default_factory=set)
    """The real paths of the kustomizations that it is built of, its own among them."""

    component: bool = False
    """Whether it can be built as a part of others only."""

    doubts: list[str] = field(default_factory=list)
    """Why it must not be built, or cannot."""


def beside_kustomization(path: str) -> bool:
    """Return whether *path*, or the folder above it, has a kustomization next to it.

    Patches lie beside their kustomization or in a folder of their own below it.
    """
    return nearest(path) is not None


def nearest(path: str) -> str | None:
    """Return the kustomization next to *path* or the folder above it; none is by standard input."""
    if path == walk.STDIN:
        return None
    folder = os.path.dirname(path)  # noqa: PTH120 - as all of collect
    return named_in(folder) or named_in(os.path.normpath(os.path.join(folder, os.pardir)))  # noqa: PTH118


def named_in(folder: str) -> str | None:
    """Return the path of the kustomization in *folder*; None where there is none."""
    name = _name_in(os.path.abspath(folder))  # noqa: PTH100
    return os.path.join(folder, name) if name else None  # noqa: PTH118


@lru_cache(1 << 10)
def _name_in(folder: str) -> str | None:
    paths = ((name, os.path.join(folder, name)) for name in NAMES)  # noqa: PTH118
    return next((name for name, path in paths if os.path.exists(path)), None)  # noqa: PTH110


def examine(folder: str) -> Build:
    """Return what building the kustomization in *folder* would read, without building it."""
    build = Build()
    _examine(folder, build)
    build.component = _body(folder, Build()).get("kind") == "Component"
    return build


def _examine(folder: str, build: Build) -> None:
    """Add what the kustomization in *folder*, and those it is built of, would read."""
    real = os.path.realpath(folder)
    if real in build.folders:
        return
    build.folders.add(real)
    body = {key.lower(): value for key, value in _body(folder, build).items()}
    path = named_in(folder) or folder
    if programs := sorted(body.keys() & set(_PROGRAMS)):
        build.doubts.append(f"{path}: {programs[0]} run programs")
    elif odd := sorted(body.keys() - _PLAIN):
        build.doubts.append(f"{path}: {odd[0]} is not known")
    build.doubts += (f"{path}: {_short(t)} is remote" for t in _texts(body) if _REMOTE.search(t))
    for text in _sources(body):
        if os.path.isfile(one := os.path.join(folder, text)):  # noqa: PTH113, PTH118
            build.files.add(os.path.realpath(one))
    for key in _BUILT_OF:
        entries = body.get(key) or []
        if not isinstance(entries, list):
            build.doubts.append(f"{path}: {key} is no list")
            continue
        for entry in map(str, entries):
            _follow(folder, entry, build)


def _follow(folder: str, entry: str, build: Build) -> None:
    """Add what *entry*, of a kustomization in *folder*, leads to."""
    below = os.path.normpath(os.path.join(folder, entry))  # noqa: PTH118
    if not _LOCAL.fullmatch(entry) or not os.path.exists(below):  # noqa: PTH110
        build.doubts.append(f"{named_in(folder) or folder}: {_short(entry)} is remote or missing")
    elif os.path.isdir(below):  # noqa: PTH112
        _examine(below, build)


def _sources(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what may name the files that objects are made of, or patched with.

    kubernetes-sigs/kustomize api/v0.20.1 types/kustomization.go, types/patch.go and
    types/kvpairsources.go.
    """
    for key in (*_BUILT_OF, "patchesstrategicmerge", "crds", "configurations"):
        yield from _plain(body.get(key))
    for key in ("patches", "patchesjson6902", "replacements"):
        yield from (
            text for each in _mappings(body.get(key)) for text in _plain([each.get("path")])
        )
    for each in _mappings(body.get("configmapgenerator")):
        for key in ("files", "envs"):
            yield from (text.rpartition("=")[2] for text in _plain(each.get(key)))


def _plain(value: object) -> list[str]:
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [v for v in value if isinstance(v, Mapping)] if isinstance(value, list) else []


def _short(text: str) -> str:
    """Return as much of *text* as stands on a line."""
    return text if len(text) <= _SAID else f"{text[:_SAID]}..."


def _body(folder: str, build: Build) -> Mapping[str, Any]:
    """Return what the kustomization says; a doubt and nothing where that is not clear."""
    path = named_in(folder)
    if path is None:
        build.doubts.append(f"{folder}: has no kustomization")
        return {}
    build.files.add(os.path.realpath(path))
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > _LARGEST:  # noqa: PTH113, PTH202
            build.doubts.append(f"{path}: no file of a usual size")
            return {}
        with open(path, "rb") as stream:  # noqa: PTH123
            found = list(documents(stream.read()))
    except OSError as error:
        build.doubts.append(f"{path}: {error.strerror or error}")
        return {}
    match found:
        case [Document(value=dict() as body, repeated=False)]:
            return body
    build.doubts.append(f"{path}: cannot be read as one kustomization")
    return {}


def _texts(value: object) -> Iterator[str]:
    """Yield each text of *value* that may name a file; one of several lines is a patch itself."""
    if isinstance(value, str):
        yield from () if "\n" in value else (value,)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            if str(key).lower() not in _NO_PATHS:
                yield from _texts(each)
