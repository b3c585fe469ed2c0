"""Options and fixtures that more than one test module uses."""

import os
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parent.parent
CLUSTER = Path(__file__).parent / "cluster"
PREDICTIONS = "tests/cluster/predictions/test_predictions.py"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--bless``."""
    parser.addoption("--bless", action="store_true", help="Rewrite the report book to match.")


def pytest_configure(config: pytest.Config) -> None:
    """Name the marks."""
    config.addinivalue_line("markers", "slow: waits for other programs, so it begins early.")


def pytest_xdist_auto_num_workers() -> int:
    """Run more workers than there are cores: tests of the testbed wait more than they work."""
    return 3 * (os.cpu_count() or 1)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> "ByCluster":
    """Share tests out in the order in which they are collected."""
    config.option.loadscopereorder = False
    return ByCluster(config, log)


class ByCluster(LoadScopeScheduling):  # type: ignore[misc] # of a package without types
    """Gives all tests of a module of ``tests/cluster`` to one worker, for they share a cluster."""

    def _split_scope(self, nodeid: str) -> str:
        """Return what is not to be divided: a module, or one test."""
        module, _, _ = nodeid.partition("::")
        shares = module.startswith("tests/cluster/") and module != PREDICTIONS
        return module if shares else nodeid


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is left with it in the end."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    if item.get_closest_marker("slow"):
        return 0
    return 1 if CLUSTER in item.path.parents else 2


@pytest.fixture(scope="session")
def reference() -> Path:
    """Return the folder of recordings and real manifests that ``MPIAUDIT_SHARED`` names."""
    folder = Path(os.environ.get("MPIAUDIT_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        missing = f"{folder} is not there; MPIAUDIT_SHARED names the folder of recordings"
        if os.environ.get("MPIAUDIT_REQUIRE_CORPUS") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    return folder
