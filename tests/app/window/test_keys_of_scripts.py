"""Keys of a script beside the window's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.actions import COMMANDS
from backends.inline.window_keys import WINDOW_KEYS
from resources.example_models import examples
from tests.support.inline_scripts import opened

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = """
import somascope as ss
view = ss.source(lambda: {"x": 1.0})
view.trace("x")
view.hotkey("KEY", lambda: None)
"""


def test_the_keys_that_a_script_cannot_have_are_those_of_the_window() -> None:
    assert {key.lower() for command in COMMANDS for key in command.keys.split()} == WINDOW_KEYS


@pytest.mark.parametrize(("key", "is_taken"), [("K", True), ("shift+a", True), ("W", False)])
def test_a_hotkey_that_is_never_called_is_a_finding_with_its_line(
    tmp_path: Path, key: str, is_taken: bool
) -> None:
    with opened(tmp_path, SCRIPT.replace("KEY", key)) as model:
        findings = [each for each in model.scene.findings if each.code == "script.key-taken"]
        assert bool(findings) == is_taken
        for each in findings:
            assert "my_model.py, line 5" in each.message
            assert key in each.message


def test_no_example_and_no_page_asks_for_a_key_of_the_window() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    for path in [*pages, *(each.path for each in examples())]:
        text = path.read_text(encoding="utf-8")
        asked = re.findall(r'key="(.+?)"|shortcuts=\("(.+?)"|hotkey\("(.+?)"', text)
        taken = {name for found in asked for name in found if name.lower() in WINDOW_KEYS}
        assert not taken, path
