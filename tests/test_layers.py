"""The floors of the house: imports go down this list and never up it, and rooms stay small."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "mpiaudit"
LAYERS = [
    ("__main__",),
    ("cli",),
    ("engine", "compare", "config", "render"),
    ("suppress", "fold"),
    ("report", "checks"),
    ("grade", "verdict"),
    ("rule",),
    ("collect",),
    ("inventory",),
    ("facts", "manifest", "policy", "schema", "reading"),
    ("model",),
]
RANK = {name: rank for rank, names in enumerate(reversed(LAYERS)) for name in names}
SOURCES = sorted(PACKAGE.rglob("*.py"))


def module(source: Path) -> str:
    """Return ``mpiaudit.checks.fixes`` of its file, and the package of an ``__init__``."""
    dotted = ".".join(source.relative_to(ROOT).with_suffix("").parts)
    return dotted.removesuffix(".__init__")


MODULES = {module(s): s for s in SOURCES}


def imported(source: Path) -> set[str]:
    """Return the modules of ours that a file imports, at any depth in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            names |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{a.name}" for a in node.names}
            names |= {n for n in inner if n in MODULES} or {node.module}
    return names & MODULES.keys()


def part(dotted: str) -> str:
    """Return ``checks`` of ``mpiaudit.checks.fixes``, and nothing of the package itself."""
    return dotted.split(".")[1] if "." in dotted else ""


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_down(name: str) -> None:
    """A module imports only from its own part or from a lower layer."""
    here = part(name)

    for there in {part(n) for n in imported(MODULES[name])} - {"", here}:
        assert RANK[there] < RANK[here], f"{here} imports {there}"


def test_no_import_leads_back_to_itself() -> None:
    """The house has no circular stair."""
    graph = {name: imported(source) - {name} for name, source in MODULES.items()}

    while leaves := {name for name, needs in graph.items() if not needs & graph.keys()}:
        graph = {name: needs for name, needs in graph.items() if name not in leaves}

    assert sorted(graph) == []


@pytest.mark.parametrize("name", MODULES)
def test_rooms_are_small(name: str) -> None:
    """No module is longer than 250 lines, no function than 40 beside its docstring."""
    text = MODULES[name].read_text()
    functions = [
        n
        for n in ast.walk(ast.parse(text))
        if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
    ]

    assert text.count("\n") <= 250
    assert {f.name: length(f) for f in functions if length(f) > 40} == {}


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function without its docstring."""
    doc = ast.get_docstring(function, clean=False)
    lines = (function.end_lineno or 0) - function.lineno + 1
    return lines - (doc.count("\n") + 1 if doc else 0)
