"""The terminal is asked once, and told little."""

import io
import sys

import pytest

from mpiaudit.cli import _screen


class Terminal(io.StringIO):
    """A standard error that is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def test_no_progress_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log file is not filled with progress."""
    monkeypatch.setattr(sys, "stderr", io.StringIO())

    with _screen.progress() as show:
        assert show is None


def test_quick_scan_shows_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes less than two seconds needs no explanation."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)

    with _screen.progress() as show:
        assert show is not None
        show("500 Pod")

    assert terminal.getvalue() == ""


def test_long_scan_shows_one_line_and_wipes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits sees that something happens; the report starts on a clean line."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(_screen, "PATIENCE", -1.0)

    with _screen.progress() as show:
        assert show is not None
        show("500 Pod")
        show("1000 Pod")

    assert terminal.getvalue() == "\r\x1b[K500 Pod\r\x1b[K1000 Pod\r\x1b[K"


@pytest.mark.parametrize(("columns", "width"), [("80", 80), ("100", 100), ("400", 120)])
def test_width_is_the_terminals_up_to_what_reads_well(
    monkeypatch: pytest.MonkeyPatch, columns: str, width: int
) -> None:
    """A report fits the window, and no line is longer than the eye follows."""
    monkeypatch.setenv("COLUMNS", columns)

    assert _screen.look("never", pedantic=False).width == width
