"""What a user sees of a model before it runs: its scripts with their first comments, and its readme as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from backends.errors import SourceError
from backends.opened.description import describe_model
from tests.support.neuron_folders import template_cell, write_folder


def test_a_folder_is_described_by_its_scripts_and_readme(tmp_path: Path) -> None:
    found = describe_model(template_cell(tmp_path))
    assert found.default == found.entries[0].name == "mosinit.hoc"
    assert found.folder == tmp_path
    assert found.title == "A small cell with its own panel. Run mosinit.hoc."


def test_several_scripts_are_left_to_the_user(tmp_path: Path) -> None:
    found = describe_model(write_folder(tmp_path, {"init.hoc": "", "a.ses": ""}))
    assert [each.name for each in found.entries] == ["init.hoc", "a.ses"]
    assert (found.default, found.readme, found.title) == (None, "", "")


def test_a_file_is_its_own_beginning(tmp_path: Path) -> None:
    found = describe_model(template_cell(tmp_path) / "cell.hoc")
    assert [each.name for each in found.entries] == ["cell.hoc"]
    assert found.default == "cell.hoc"
    assert "panel" in found.readme


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("create soma // none", ""),
        ("// Figure 2: a spike //\ncreate soma", "Figure 2: a spike"),
        ("/*\n * Figure 3\n */", "Figure 3"),
        ('load_file("nrngui.hoc")\n// Figure 4\n', "Figure 4"),
        ("//" + "x" * 500, "x" * 120 + "…"),
        ("", ""),
    ],
)
def test_a_comment_at_the_top_is_the_summary(tmp_path: Path, text: str, summary: str) -> None:
    found = describe_model(write_folder(tmp_path, {"init.hoc": text}))
    assert found.entries[0].summary == summary


def test_a_readme_in_html_is_read_as_text(tmp_path: Path) -> None:
    files = {"init.hoc": "", "README.html": "<html><style>p {}</style><p>A &amp; B"}
    found = describe_model(write_folder(tmp_path, files))
    assert (found.readme, found.title) == ("A & B", "A & B")
    (tmp_path / "README.html").unlink()
    write_folder(tmp_path, {"readme.txt": "==========\n v < 3 and w > 2\n"})
    assert describe_model(tmp_path).title == "v < 3 and w > 2"


def test_a_folder_without_scripts_is_one_sentence(tmp_path: Path) -> None:
    write_folder(tmp_path, {"cell.swc": "", "notes.txt": ""})
    with pytest.raises(SourceError) as caught:
        describe_model(tmp_path)
    assert caught.value.code == "no-entry-script"
