"""A wheel has every data file that the program opens, and finds them when installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("app", "backends", "neuromorpho", "resources")
DATA_SUFFIXES = {".png", ".pyi", ".svg", ".swc", ".typed"}

BUILD = """
import sys
from setuptools import build_meta
build_meta.build_wheel(sys.argv[1])
"""

USE = """
import re, sys
from pathlib import Path
installed = Path(sys.argv[1])
import resources
from PySide6.QtCore import QFile
from app.palette import THEMES
from app.ui import style
from backends.jaxley.compiled.cache import digested_files
from backends.swc import read_swc
for module in (resources, style):
    assert installed in Path(module.__file__).parents, module.__file__
assert len(digested_files()) > 25
assert len(resources.bundled()) == 3
from resources.example_models import examples
assert all(each.path.is_file() and each.picture.is_file() for each in examples())
for cell in resources.bundled():
    assert read_swc(cell.path).sections, cell
icons = [name for theme in THEMES.values()
         for name in re.findall(r"somascopeicons:[\\w.-]+", style.stylesheet(theme))]
assert len(set(icons)) >= 6, icons
assert [name for name in icons if not QFile.exists(name)] == []
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a wheel from a copy of the sources."""
    pytest.importorskip("setuptools", minversion="77")
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BUILD, out],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    (path,) = out.glob("*.whl")
    return path


def test_a_wheel_has_every_module_and_data_file(wheel: Path) -> None:
    wanted = {
        path.relative_to(ROOT).as_posix().replace("app/somascope/", "somascope/")
        for name in PACKAGES
        for path in (ROOT / name).rglob("*")
        if path.suffix in DATA_SUFFIXES | {".py"}
    }
    assert {Path(each).suffix for each in wanted} >= {".py", ".pyi", ".svg", ".swc"}
    with zipfile.ZipFile(wheel) as archive:
        assert wanted - set(archive.namelist()) == set()


def test_an_installed_wheel_finds_its_cells_icons_and_lazy_names(
    wheel: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    done = subprocess.run(
        [sys.executable, "-c", USE, tmp_path / "installed"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
