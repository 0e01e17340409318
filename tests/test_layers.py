"""What the import contracts in pyproject.toml cannot say: simulators are imported only when they are used.

`make check` holds the layers and that there are no circles (import-linter). Here the sources are read, and
nothing is imported.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("app", "backends", "neuromorpho", "resources")
SIMULATORS = {"neuron", "jaxley", "jax", "jaxlib", "optax"}
NEEDS_JAXLEY = {
    "backends/jaxley/channels.py",
    "backends/jaxley/tree_cell.py",
    "backends/jaxley/compiled/diagnosis.py",
    "backends/jaxley/compiled/tracing.py",
}
"""Modules that import Jaxley when they are imported, and are themselves imported only where they are used."""


def sources(package: str) -> list[Path]:
    """Return the Python files of a package; examples and templates are scripts, which nothing imports."""
    scripts = {ROOT / "resources" / "examples", ROOT / "resources" / "templates"}
    return sorted(each for each in (ROOT / package).rglob("*.py") if each.parent not in scripts)


def parsed(path: Path) -> ast.AST:
    """Return a file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(node: ast.AST) -> Iterator[str]:
    """Yield the full names that an import statement names; relative ones stay in their package."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
        yield node.module


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


def top_level(names: set[str]) -> set[str]:
    """Return the packages that modules belong to."""
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_simulator_is_imported_before_it_is_used(package: str) -> None:
    importers = {
        str(path.relative_to(ROOT))
        for path in sources(package)
        if top_level(names_at_import_time(parsed(path))) & SIMULATORS
    }
    assert importers - NEEDS_JAXLEY == set()


def test_the_modules_that_need_jaxley_are_where_this_test_looks() -> None:
    for name in NEEDS_JAXLEY:
        assert top_level(names_at_import_time(parsed(ROOT / name))) & SIMULATORS, name


@pytest.mark.parametrize("package", ["app", "backends"])
def test_what_imports_jaxley_is_itself_imported_only_where_it_is_used(package: str) -> None:
    guarded = {name.removesuffix(".py").replace("/", ".") for name in NEEDS_JAXLEY}
    importers = {
        str(path.relative_to(ROOT))
        for path in sources(package)
        if names_at_import_time(parsed(path)) & guarded
    }
    assert importers - NEEDS_JAXLEY == set()


def test_only_the_bodies_of_functions_are_exempt_from_import_time() -> None:
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
    assert top_level(names_at_import_time(ast.parse(text))) == {"a", "b", "d", "g"}
