"""Keep ``mpiaudit --help`` quick by keeping heavy modules out of it."""

import subprocess
import sys

HEAVY = {
    "kubernetes",
    "yaml",
    "tabulate",
    "packaging",
    "msgspec",
    "urllib3",
    "importlib.metadata",
    "mpiaudit.engine",
    "mpiaudit.inventory.inventory",
}


def test_help_imports_nothing_heavy() -> None:
    """``mpiaudit --help`` loads click, the commands and little else."""
    code = (
        "import sys; from mpiaudit.cli import run; "
        "run(['--help']); print(*sys.modules, file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "scan" in done.stdout
    assert HEAVY.isdisjoint(done.stderr.split())
