"""The arrows between the rooms: who may import whom. Read from the sources, nothing is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("app", "backends", "neuromorpho", "resources")
ALLOWED = {
    "app": {"app", "backends", "neuromorpho", "resources"},
    "backends": {"backends", "resources"},
    "neuromorpho": {"neuromorpho"},
    "resources": {"resources"},
}
WINDOWS = {
    "PySide6",
    "PyQt6",
    "PyQt5",
    "shiboken6",
    "vtk",
    "vtkmodules",
    "pyvista",
    "pyvistaqt",
    "pyqtgraph",
}
SIMULATORS = {"neuron", "jaxley", "jax", "jaxlib", "optax"}
NEEDS_JAXLEY = ("channels", "tree_cell", "compiled.diagnosis", "compiled.tracing")
"""Modules of backends/jaxley that import Jaxley, and are themselves imported only where they are used."""


def sources(room: str) -> list[Path]:
    """Return the Python files of a room."""
    return sorted((ROOT / room).rglob("*.py"))


def imported(node: ast.AST) -> Iterator[str]:
    """Yield the full names that an import statement names; relative ones do not leave their room."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
        yield node.module


def imports(tree: ast.AST) -> set[str]:
    """Return the top-level packages imported anywhere in a file."""
    return {name.split(".")[0] for node in ast.walk(tree) for name in imported(node)}


def imports_at_import_time(tree: ast.AST) -> set[str]:
    """Return the top-level packages imported when the file itself is: outside of functions."""
    return {name.split(".")[0] for name in names_at_import_time(tree)}


def names_at_import_time(tree: ast.AST) -> set[str]:
    """Return the full names of the modules imported outside of functions."""
    found: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        found |= set(imported(node)) | names_at_import_time(node)
    return found


def needs_jaxley(path: Path) -> bool:
    """Return whether a file is one of those that import Jaxley."""
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return module.removeprefix("backends.jaxley.") in NEEDS_JAXLEY


def offenders(room: str, forbidden: set[str], *, at_import_time: bool = False) -> list[str]:
    """Return ``file: package`` for each forbidden import in a room."""
    look = imports_at_import_time if at_import_time else imports
    return [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources(room)
        for name in sorted(look(ast.parse(path.read_text(encoding="utf-8"))) & forbidden)
    ]


@pytest.mark.parametrize("room", ["app", "backends"])
def test_the_rooms_are_where_this_test_looks(room: str) -> None:
    assert len(sources(room)) > 5


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_imports_against_the_arrows(room: str) -> None:
    assert offenders(room, {*ROOMS, "tests"} - ALLOWED[room]) == []


@pytest.mark.parametrize("room", ["backends", "neuromorpho", "resources"])
def test_no_window_is_needed_outside_the_app(room: str) -> None:
    assert offenders(room, WINDOWS) == []


@pytest.mark.parametrize("room", ["app", "backends", "neuromorpho", "resources"])
def test_no_simulator_is_imported_before_it_is_used(room: str) -> None:
    found = offenders(room, SIMULATORS, at_import_time=True)
    exempt = tuple(f"backends/jaxley/{name.replace('.', '/')}.py: " for name in NEEDS_JAXLEY)
    assert [each for each in found if not each.startswith(exempt)] == []


@pytest.mark.parametrize("room", ["app", "backends"])
def test_what_imports_jaxley_is_itself_imported_only_where_it_is_used(room: str) -> None:
    guarded = {f"backends.jaxley.{name}" for name in NEEDS_JAXLEY}
    importers = {
        path.relative_to(ROOT)
        for path in sources(room)
        if not needs_jaxley(path)
        and names_at_import_time(ast.parse(path.read_text(encoding="utf-8"))) & guarded
    }
    assert importers == set()


def test_the_archive_client_needs_no_simulator_at_all() -> None:
    assert offenders("neuromorpho", SIMULATORS) == []


def test_only_the_runs_of_functions_are_exempt_from_import_time() -> None:
    text = """
import a
try:
    import b.c
except ImportError:
    from d import e
class F:
    import g
    def h(self):
        import i
if TYPE_CHECKING:
    import j
"""
    assert imports_at_import_time(ast.parse(text)) == {"a", "b", "d", "g"}
    assert imports(ast.parse(text)) == set("abdgij")
