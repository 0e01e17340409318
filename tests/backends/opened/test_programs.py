"""A model is known again by its program files: a changed program is another model, a changed result is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from backends.opened import programs
from backends.opened.programs import digest_of_programs


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Return a folder with a program, a mechanism and data."""
    folder = tmp_path / "model"
    (folder / "mod").mkdir(parents=True)
    (folder / "mosinit.hoc").write_text("create soma")
    (folder / "mod/kd.mod").write_text("NEURON { SUFFIX kd }")
    (folder / "out.dat").write_text("1 2 3")
    return folder


def test_results_change_nothing_programs_do(model: Path) -> None:
    before = digest_of_programs(model)
    (model / "out.dat").write_text("4 5 6")
    assert digest_of_programs(model) == before != ""
    (model / "mod/kd.mod").write_text("NEURON { SUFFIX kd } : other")
    changed = digest_of_programs(model)
    assert changed != before
    (model / "new.hoc").write_text("")
    assert digest_of_programs(model) not in (before, changed)


def test_a_name_counts_too(model: Path) -> None:
    before = digest_of_programs(model)
    (model / "mosinit.hoc").rename(model / "init.hoc")
    assert digest_of_programs(model) != before


def test_a_file_is_known_with_what_is_beside_it(model: Path) -> None:
    before = digest_of_programs(model / "mosinit.hoc")
    assert before == digest_of_programs(model)
    (model / "mod/kd.mod").write_text("")
    assert digest_of_programs(model / "mosinit.hoc") != before


def test_a_copy_is_the_same_model(model: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    model.rename(copy)
    before = digest_of_programs(copy)
    copy.rename(model)
    assert digest_of_programs(model) == before


def test_a_folder_without_an_end_is_not_remembered(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "MOST_FILES", 2)
    assert digest_of_programs(model) == ""
    monkeypatch.undo()
    monkeypatch.setattr(programs, "MOST_BYTES", 20)
    assert digest_of_programs(model) == ""


def test_links_to_folders_are_not_followed(model: Path) -> None:
    (model / "self").symlink_to(model)
    (model / "gone.hoc").symlink_to(model / "nowhere")
    assert digest_of_programs(model)
