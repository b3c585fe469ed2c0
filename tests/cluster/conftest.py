"""The control plane, once a session, and an empty cluster for each test.

Each pytest-xdist worker has a control plane of its own, so the tests need no lock.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from cluster.alone import alone
from cluster.cluster import Cluster, add_node, emptied
from cluster.kubelet import Kubelet
from cluster.plane import RELEASE
from cluster.proxy import Proxy
from cluster.releases import definition


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Return a cluster for the session; what is left in it by the last test is still there."""
    with started(tmp_path_factory.mktemp("plane"), RELEASE) as cluster:
        yield cluster


@contextmanager
def started(folder: Path, release: str) -> Iterator[Cluster]:
    """Run a cluster whose API server is of *release*; skip the test without the testbed."""
    with alone(folder, release) as (plane, admin), ExitStack() as last:
        add_node(admin)
        kubelet = Kubelet(plane, folder)
        last.callback(kubelet.stop)
        kubelet.start()
        yield Cluster(plane, kubelet, folder, admin)


@pytest.fixture
def cluster(running: Cluster) -> Cluster:
    """Return an empty cluster, in which no controller runs before it is told to."""
    return emptied(running)


@pytest.fixture(scope="module")
def served(running: Cluster) -> Cluster:
    """Return a cluster in which MPIJob is served and nothing is wrong."""
    cluster = emptied(running)
    cluster.apply([definition("mpi-operator-0.8.0")])
    return cluster


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """Return a proxy."""
    with closing(Proxy()) as each:
        yield each
