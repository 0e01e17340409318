"""On a full disk the graphics driver works without its cache, and that is said."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.viewport.opengl.driver_cache import keep_driver_cache_off_full_disk


def with_free(monkeypatch: pytest.MonkeyPatch, free: int) -> list[Any]:
    asked: list[Any] = []

    def usage(path: Any) -> SimpleNamespace:
        asked.append(Path(path))
        return SimpleNamespace(free=free)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    return asked


def test_a_full_disk_switches_the_cache_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = with_free(monkeypatch, 0)
    environ = {"XDG_CACHE_HOME": str(tmp_path / "not" / "there")}
    assert "full" in keep_driver_cache_off_full_disk(environ)
    assert environ["MESA_SHADER_CACHE_DISABLE"] == "true"
    assert asked == [tmp_path]


def test_with_room_or_a_choice_of_the_user_nothing_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_free(monkeypatch, 1 << 40)
    environ = {"XDG_CACHE_HOME": str(tmp_path)}
    assert keep_driver_cache_off_full_disk(environ) == ""
    with_free(monkeypatch, 0)
    chosen = {"XDG_CACHE_HOME": str(tmp_path), "MESA_SHADER_CACHE_DISABLE": "false"}
    assert keep_driver_cache_off_full_disk(chosen) == ""
    assert "MESA_SHADER_CACHE_DISABLE" not in environ
