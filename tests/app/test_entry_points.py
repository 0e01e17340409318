"""Modules that are started by their name, and files found by their path: a move must not lose them."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QFileInfo

from app.headless.picture import SIZE, picture_request_of
from app.palette import THEMES
from app.ui.style import stylesheet
from backends.messages import FieldReplace
from tests.support.ramp import Ramp

ROOT = Path(__file__).resolve().parents[2]
_BY_NAME = re.compile(r"""-m["',\s]+((?:app|backends|neuromorpho|resources|tests)(?:\.\w+)*)\b""")


def started_by_name() -> list[str]:
    """Return the modules of this repository that something starts by ``-m``."""
    files = [ROOT / "Makefile", ROOT / "pyproject.toml", *(ROOT / ".ci").iterdir()]
    for folder in ("app", "backends", "neuromorpho", "resources", "tests"):
        files += (ROOT / folder).rglob("*.py")
    texts = [path.read_text(encoding="utf-8") for path in files]
    return sorted({name for text in texts for name in _BY_NAME.findall(text)})


def run_module(*words: str, stdin: bytes = b"", **environ: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m`` with words."""
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT, env=os.environ | environ, input=stdin, capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    texts = done.stdout.decode(), done.stderr.decode()
    return subprocess.CompletedProcess(done.args, done.returncode, *texts)


@pytest.mark.parametrize("name", started_by_name())
def test_a_module_that_is_started_by_its_name_exists_and_can_be_started(name: str) -> None:
    spec = find_spec(name)
    assert spec is not None, name
    if spec.submodule_search_locations is not None:
        spec = find_spec(f"{name}.__main__")
    assert spec is not None, f"{name} is a package without __main__"
    assert spec.origin is not None
    assert "__name__ ==" in Path(spec.origin).read_text(encoding="utf-8"), name


def test_the_modules_started_by_name_are_found_in_the_makefile_and_in_the_code() -> None:
    assert {"app", "app.doctor.setup_check", "app.headless.picture", "tests.pictures"} <= set(
        started_by_name()
    )


def test_python_m_app_is_the_command_line() -> None:
    done = run_module("app", "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("somascope ")


def test_the_setup_check_runs_and_installs_nothing_without_apt_get(tmp_path: Path) -> None:
    done = run_module("app.doctor.setup_check", PATH=str(tmp_path))
    assert (done.returncode, done.stderr) == (1, "")
    assert "xvfb" in done.stdout


@pytest.mark.slow
def test_the_picture_is_drawn_by_a_process_that_is_started_by_its_name(tmp_path: Path) -> None:
    scene = Ramp(n_segments=5).initialize()
    frame = FieldReplace("display", np.arange(5.0), 12.5)
    path = tmp_path / "cell.png"
    request = pickle.dumps(picture_request_of(scene, frame, ()))
    done = run_module("app.headless.picture", str(path), stdin=request)
    assert done.returncode == 0, done.stderr
    with Image.open(path) as image:
        assert image.size == SIZE


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
def test_every_icon_of_the_style_sheet_is_a_file(theme) -> None:  # type: ignore[no-untyped-def]
    names = re.findall(r"url\((somascopeicons:[^)]+)\)", stylesheet(theme))
    assert len(names) >= 4
    for name in names:
        assert QFileInfo(name).size() > 0, name
