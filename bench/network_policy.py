"""Measure the index of network policies against a search of all of them, in one run.

The search does the same for each pod, one policy after the other; as it takes long it is shown a
part of the pods, and its time is multiplied. The target is printed and gates nothing.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mpiaudit.policy.network import Pod, Policies
from mpiaudit.policy.network_rule import Policy, Rule
from mpiaudit.policy.selector import Labels, Requirement, Selector

JOB, ROLE, INDEX, TEAM = "job-name", "job-role", "replica-index", "team"
WORKERS = 9
"""Of each job, beside its launcher."""

SHARE = 100
"""One pod of so many is shown to the search."""


@dataclass(frozen=True)
class Scene:
    """One way in which policies and pods lie."""

    name: str
    namespaces: int
    kinds: Sequence[str]
    """What policies select, in turn: ``all``, a ``job``, a ``role``, or all with a ``team``."""


SCENES = (
    Scene("50 namespaces, all kinds of selectors", 50, ("all", "job", "role", "team")),
    Scene("1 namespace, a policy a job", 1, ("job",)),
    Scene("1 namespace, expressions alone", 1, ("team",)),
    Scene("1,000 namespaces, closed by default", 1000, ("all", "role")),
)


def policies(scene: Scene, count: int, jobs: int) -> Iterator[Policy]:
    """Yield *count* policies."""
    for i in range(count):
        selectors = {
            "all": Selector(),
            "job": Selector((Requirement(JOB, "In", frozenset((f"job-{i % jobs}",))),)),
            "role": Selector((Requirement(ROLE, "In", frozenset(("worker",))),)),
            "team": Selector((Requirement(TEAM, "Exists"),)),
        }
        selector = selectors[scene.kinds[i % len(scene.kinds)]]
        yield Policy(f"ns-{i % scene.namespaces}", f"p-{i}", selector, (Rule(),), ())


def pods(scene: Scene, count: int) -> Iterator[Pod]:
    """Yield *count* pods, a launcher and its workers after the other."""
    for i in range(count):
        job, index = divmod(i, WORKERS + 1)
        role = "worker" if index else "launcher"
        labels = {JOB: f"job-{job}", ROLE: role, INDEX: str(index)}
        yield Pod(f"ns-{job % scene.namespaces}", Labels(labels | ({TEAM: "a"} if job % 2 else {})))


def search(all_policies: Sequence[Policy], some: Sequence[Pod]) -> int:
    """Return how many policies isolate each of *some* pods, in sum, without an index."""
    return sum(
        policy.namespace == pod.namespace and policy.selector.surely(pod.labels)
        for pod in some
        for policy in all_policies
    )


def measure(scene: Scene, many: int, crowd: int) -> str:
    """Return the line of the report for one scene.

    Raises:
        SystemExit: The index and the search disagree.
    """
    ours = list(policies(scene, many, crowd // (WORKERS + 1)))
    theirs = list(pods(scene, crowd))
    start = time.perf_counter()
    index = Policies(ours)
    found = [len(index.isolating(pod, "Ingress")) for pod in theirs]
    indexed = time.perf_counter() - start
    start = time.perf_counter()
    searched = search(ours, theirs[::SHARE])
    whole = (time.perf_counter() - start) * SHARE
    if searched != sum(found[::SHARE]):
        raise SystemExit(f"{scene.name}: {searched} and {sum(found[::SHARE])}")
    return (
        f"{scene.name}\n    {whole / indexed:.0f}x faster  {indexed:.2f} s (<= 1 s) / {whole:.1f} s"
    )


def main() -> None:
    """Measure every scene."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--policies", type=int, default=2000)
    parser.add_argument("--pods", type=int, default=50_000)
    chosen = parser.parse_args()
    for scene in SCENES:
        print(measure(scene, chosen.policies, chosen.pods), flush=True)


if __name__ == "__main__":
    main()
