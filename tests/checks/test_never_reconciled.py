"""A job that waits its turn is not called forgotten."""

from datetime import UTC, datetime, timedelta

import pytest

from mpiaudit.checks.job.never_reconciled import never_reconciled
from mpiaudit.inventory.job import Job
from mpiaudit.model import Resource

BEGIN = datetime(2026, 11, 24, 9, tzinfo=UTC)


def job(number: int, *, seen: bool) -> Job:
    """Return one of the jobs that were all created at `BEGIN`."""
    body = {
        "apiVersion": "kubeflow.org/v2beta1",
        "kind": "MPIJob",
        "metadata": {
            "name": f"pi-{number}",
            "namespace": "ml",
            "uid": f"uid-{number}",
            "creationTimestamp": BEGIN.isoformat(),
        },
        "spec": {},
        **({"status": {"conditions": [{"type": "Created", "status": "True"}]}} if seen else {}),
    }
    parsed = Job.parse(Resource(body, "cluster:lab"))
    assert parsed is not None
    return parsed


@pytest.mark.parametrize(("seconds", "forgotten"), [(200, 0), (240, 5)])
def test_those_that_had_their_turn_count_as_the_queue(seconds: int, forgotten: int) -> None:
    """Of 150 jobs the last is looked at after 214 s; that only 5 still wait does not hurry it."""
    jobs = tuple(job(n, seen=n >= 5) for n in range(150))

    found = list(never_reconciled.check(jobs=jobs, now=BEGIN + timedelta(seconds=seconds)))

    assert len(found) == forgotten
