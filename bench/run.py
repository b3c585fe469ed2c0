"""Measure reading against the parsers beneath it, as ratios of whole processes.

Each pair of processes runs in turn, so that what else the machine does touches both alike. The
targets are printed and gate nothing: run it before and after a change.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import corpus

_COLLECT = """
import sys
from mpiaudit.collect.files import collect
reading = collect(sys.argv[1:], {kinds}, stdin=None)
found = sum(1 for resource in reading.resources if resource.kind == "MPIJob")
assert found and not reading.faults, (found, reading.faults)
"""
_ALL = _COLLECT.format(kinds=None)
_SOME = _COLLECT.format(kinds='frozenset({"MPIJob", "CustomResourceDefinition", "TrainJob"})')
_PYYAML = """
import os, sys, yaml
paths = [os.path.join(f, n) for f, _, names in os.walk(sys.argv[1]) for n in names]
for path in paths or sys.argv[1:]:
    with open(path, "rb") as stream:
        kept = list(yaml.load_all(stream, Loader=yaml.CSafeLoader))
"""
_MSGSPEC = """
import sys, msgspec
from typing import Any
class Metadata(msgspec.Struct):
    name: str = ""
    namespace: str = ""
class Object(msgspec.Struct):
    kind: str
    metadata: Metadata
class List(msgspec.Struct):
    items: list[Object]
with open(sys.argv[1], "rb") as stream:
    kept = msgspec.json.decode(stream.read(), type=List)
"""


@dataclass(frozen=True)
class Pair:
    """Two programs over the same input."""

    name: str
    write: Callable[[Path], None]
    ours: str
    theirs: str
    target: str
    times: int
    inverse: bool = False
    """Whether to print how many times faster, rather than the share of time."""


def pairs(scale: float) -> Iterator[Pair]:
    """Yield what is measured; *scale* shrinks the inputs."""
    million = int(corpus.MEGABYTE * scale)
    yield Pair(
        "10,000 small files / CSafeLoader",
        lambda path: corpus.small_files(path, int(10_000 * scale)),
        _SOME, _PYYAML, "<= 0.45x", 5,
    )  # fmt: skip
    yield Pair(
        "20 MB of documents, all parsed: speed / CSafeLoader's",
        lambda path: corpus.documents(path, 20 * million),
        _ALL, _PYYAML, ">= 1.8x, memory <= 8 files", 5, inverse=True,
    )  # fmt: skip
    yield Pair(
        "20 MB List, all parsed: speed / CSafeLoader's",
        lambda path: corpus.yaml_list(path, 20 * million),
        _ALL, _PYYAML, ">= 5x, memory <= 8 files", 3, inverse=True,
    )  # fmt: skip
    yield Pair(
        "200 MB List, 2 % matters / all parsed",
        lambda path: corpus.yaml_list(path, 200 * million),
        _SOME, _ALL, "<= 0.10x, memory <= 100 MB", 1,
    )  # fmt: skip
    yield Pair(
        "200 MB JSON List, 2 % matters / msgspec, typed",
        lambda path: corpus.json_list(path, 200 * million),
        _SOME, _MSGSPEC, "<= 2.5x", 5,
    )  # fmt: skip


def run(program: str, path: Path) -> tuple[float, float]:
    """Return the seconds and the peak memory, in MB, of a process.

    Raises:
        SystemExit: It failed.
    """
    start = time.perf_counter()
    child = os.posix_spawn(sys.executable, [sys.executable, "-c", program, str(path)], os.environ)
    _, status, usage = os.wait4(child, 0)
    if status:
        raise SystemExit(f"a measured program failed on {path}")
    return time.perf_counter() - start, usage.ru_maxrss / 1000


def measure(pair: Pair, folder: Path) -> str:
    """Return the line of the report for one pair."""
    path = folder / "input"
    pair.write(path)
    runs = [(run(pair.ours, path), run(pair.theirs, path)) for _ in range(pair.times)]
    ratios = [(b / a if pair.inverse else a / b) for (a, _), (b, _) in runs]
    ours = statistics.median(seconds for (seconds, _), _ in runs)
    theirs = statistics.median(seconds for _, (seconds, _) in runs)
    memory = max(peak for (_, peak), _ in runs)
    size = path.stat().st_size / corpus.MEGABYTE if path.is_file() else 0
    share = f" = {memory / size:.1f} files" if size else ""
    return (
        f"{pair.name}\n    {statistics.median(ratios):.2f}x ({min(ratios):.2f}-{max(ratios):.2f};"
        f" {pair.target})  {ours:.2f} s / {theirs:.2f} s  peak {memory:.0f} MB{share}"
    )


def main() -> None:
    """Measure every pair."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="shrink the inputs, as in 0.1")
    parser.add_argument("--only", default="", help="a part of a name")
    chosen = parser.parse_args()
    for pair in pairs(chosen.scale):
        if chosen.only in pair.name:
            with tempfile.TemporaryDirectory() as folder:
                print(measure(pair, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
