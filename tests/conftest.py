"""Options and fixtures that more than one test module uses."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CLUSTER = Path(__file__).parent / "cluster"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--bless``."""
    parser.addoption("--bless", action="store_true", help="Rewrite the report book to match.")


def pytest_xdist_auto_num_workers() -> int:
    """Run more workers than there are cores: tests of the testbed wait more than they work."""
    return 2 * (os.cpu_count() or 1)


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
