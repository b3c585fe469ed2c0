"""The unknown fields of real manifests, as a careful reader listed them."""

import csv
import re
from collections import defaultdict
from pathlib import Path

from mpiaudit import engine
from mpiaudit.collect import files
from mpiaudit.inventory.build import build
from mpiaudit.report import Coverage

Place = tuple[str, int]

IDS = {"MPA016", "MPA017", "MPA212", "MPA213"}
RULES = [rule for rule in engine.load_rules() if rule.id in IDS]


def test_exactly_the_labelled_fields_are_found(reference: Path) -> None:
    """Neither a field that gets lost is missed in public repositories, nor a good one accused."""
    corpus = reference / "corpus"

    labelled = _labelled(corpus)

    assert {rule.id for rule in RULES} == IDS
    assert labelled
    assert _found(corpus, {name for name, _ in labelled}) == {
        place: paths for place, paths in labelled.items() if paths
    }


def _labelled(corpus: Path) -> dict[Place, set[str]]:
    """Return the fields labelled as unknown of every job of a version with a known schema."""
    with (corpus / "LABELS.tsv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))
    return {
        (row["file"], int(row["doc"])): set(
            re.findall(r"W_UNKNOWN_FIELD \.(\S+)", row["warnings"])
            + re.findall(r"E_SCHEMA \.(\S+)", row["errors"])
        )
        for row in rows
        if row["class"] == "mpijob"
        and row["embedded_in"] == "none"
        and row["apiVersion"] in {"kubeflow.org/v1", "kubeflow.org/v2beta1"}
        and "T_UNSUBSTITUTED" not in row["warnings"]
    }


def _found(corpus: Path, names: set[str]) -> dict[Place, set[str]]:
    found = defaultdict(set)
    for name in names:
        reading = files.collect([str(corpus / name)], frozenset({"MPIJob"}))
        report = engine.audit(build(reading), RULES, Coverage("corpus", live=False))
        for finding in report.findings:
            about = finding.hit.at
            path = ".".join(str(step) for step in about.path)
            found[name, about.object.document].add(path)
    return dict(found)
