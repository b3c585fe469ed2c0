"""Reading a test server, and what is said of it."""

from pathlib import Path

from collect.server import ApiServer, kubeconfig
from mpiaudit.collect.live import Options, collect
from mpiaudit.reading import Reading

PODS = frozenset({"Pod"})
MPI_PODS = ["team-a/old-worker-0", "team-a/pi-worker-0", "team-b/pi-worker-0"]
"""The pods of MPIJobs in the small cluster."""

MALFORMED = '{"kind": "PodList", "metadata": {}, "items": [{]}'


def read(
    server: ApiServer,
    folder: Path,
    kinds: frozenset[str],
    *,
    timeout: float = 10,
    chunk: int = 500,
) -> tuple[list[str], Reading]:
    """Return the sorted names of what is read, and the reading."""
    options = Options(
        kubeconfig(folder / "config", server), request_timeout=timeout, chunk_size=chunk
    )
    reading = collect(kinds, options)
    return sorted(resource.reference.key for resource in reading.resources), reading


def reasons(reading: Reading) -> dict[str, str]:
    """Return the reason of each gap, by kind; all of them make an audit incomplete."""
    assert all(gap.unreadable for gap in reading.gaps.values())
    return {kind: gap.reason for kind, gap in reading.gaps.items()}
