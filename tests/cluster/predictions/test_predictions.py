"""What a rule predicts comes true on the real programs, and what its fix promises as well."""

import pytest

from cluster.client import eventually
from cluster.cluster import Cluster, fired
from cluster.predictions import (
    conflicts,
    controllers,
    crds,
    fences,
    jobs,
    legacy,
    resumes,
    rights,
    vacancies,
)
from cluster.predictions.row import Row

ROWS = [
    *controllers.ROWS,
    *crds.ROWS,
    *rights.ROWS,
    *jobs.ROWS,
    *conflicts.ROWS,
    *fences.ROWS,
    *legacy.ROWS,
    *vacancies.ROWS,
]

SLOW = [*controllers.SLOW, *resumes.SLOW]


def parameters() -> list[object]:
    """Return the rows, the slow ones first: the others run beside them on another worker."""
    slow = [pytest.param(r, id=r.name, marks=pytest.mark.slow) for r in SLOW]
    return [*slow, *(pytest.param(r, id=r.name) for r in ROWS)]


@pytest.mark.parametrize("row", parameters())
def test_prediction(cluster: Cluster, row: Row) -> None:
    """A finding is worth an interruption: what it says happens, and the fix ends it."""
    row.arrange(cluster)
    assert row.fires <= fired(cluster.scan())

    cluster.start_controllers()
    row.happens(cluster)
    seen = row.fires | row.shows
    eventually(lambda: seen <= fired(cluster.scan()), f"{set(seen)} fire", 10)

    row.mend(cluster)
    row.works(cluster)
    silent = seen - row.stays
    eventually(lambda: not silent & fired(cluster.scan()), f"{set(silent)} are silent", 10)
