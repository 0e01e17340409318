"""The face of each package: it says what is inside, and hands out names without importing more than they need."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FACES = sorted(
    path.relative_to(ROOT)
    for package in ("app", "backends", "neuromorpho")
    for path in (ROOT / package).rglob("__init__.py")
)
STUBS = [path.with_suffix(".pyi") for path in FACES if (ROOT / path).with_suffix(".pyi").exists()]
MOST_MODULES = 22
PUBLIC = {
    "backends.controls": ("ControlSpec", "ScalarValueSpec", "ChoiceValueSpec", "ActionSpec"),
    "backends.neuron": ("NeuronSession", "NeuronSceneBuilder", "HistoryCaptureMode"),
    "backends.jaxley": ("JaxleySession", "JaxleySceneBuilder", "HistoryCaptureMode"),
    "backends.session": ("Session", "BufferedSession"),
    "backends.swc": ("read_swc",),
    "backends.isolated": ("IsolatedSession",),
    "neuromorpho": ("NeuroMorphoClient", "NeuroMorphoQuery", "NeuroMorphoCache", "Library"),
    "neuromorpho.provenance": ("write_provenance",),
}


def module_of(path: Path) -> str:
    """Return the dotted name of a package by its face."""
    return ".".join(path.parent.parts)


@pytest.mark.parametrize("path", FACES, ids=module_of)
def test_a_face_says_in_two_sentences_what_is_inside(path: Path) -> None:
    text = ast.get_docstring(ast.parse((ROOT / path).read_text(encoding="utf-8"))) or ""
    assert len(re.findall(r"\.(?=\s|$)", text)) >= 2


@pytest.mark.parametrize("path", STUBS, ids=module_of)
def test_every_name_that_a_face_lists_is_there(path: Path) -> None:
    face = importlib.import_module(module_of(path))
    listed = [
        alias.asname or alias.name
        for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    assert sorted(face.__all__) == sorted(listed)
    for name in listed:
        assert getattr(face, name) is not None


@pytest.mark.parametrize("module", PUBLIC)
def test_the_import_paths_of_the_documentation_stay_valid(module: str) -> None:
    imported = importlib.import_module(module)
    for name in PUBLIC[module]:
        assert hasattr(imported, name), name


def test_a_face_imports_none_of_what_is_inside() -> None:
    lazy = {module_of(path) for path in STUBS} - {
        "backends.jaxley.compiled"
    }  # its parent's face is not lazy
    script = (
        f"import sys, importlib; [importlib.import_module(each) for each in {sorted(lazy)!r}]; "
        "print([each for each in sys.modules if each.split('.')[0] in ('backends', 'neuromorpho')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(ast.literal_eval(done.stdout)) == {
        each for each in lazy if not each.startswith("app.")
    } | {"backends"}


@pytest.mark.parametrize("path", FACES, ids=module_of)
def test_a_folder_is_not_crowded(path: Path) -> None:
    assert len(list((ROOT / path).parent.glob("*.py"))) <= MOST_MODULES


@pytest.mark.parametrize("package", ["backends", "neuromorpho"])
def test_a_package_tells_type_checkers_that_it_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()
