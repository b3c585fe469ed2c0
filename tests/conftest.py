"""Options and fixtures that more than one test module uses."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--bless``."""
    parser.addoption("--bless", action="store_true", help="Rewrite the report book to match.")


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
