"""Which scripts of a folder can begin a model, and what a user may write to name one."""

from __future__ import annotations

from pathlib import Path

import pytest
from neuron_folders import plain_script, template_cell, write_folder

from backends.errors import SourceError
from backends.opened.folder import builds_a_model, chosen_entry, model_folder, readme_of
from backends.sources.source import SessionSource

SCRIPT = "from neuron import h\nsoma = h.Section(name='soma')\n"


def test_mosinit_is_the_beginning_whatever_else_there_is(tmp_path: Path) -> None:
    write_folder(tmp_path, {"init.hoc": "", "mosinit.hoc": "", "run_all.py": SCRIPT, "a.ses": ""})
    found = model_folder(tmp_path)
    assert found.entries == ("mosinit.hoc", "init.hoc", "a.ses", "run_all.py")
    assert found.default == "mosinit.hoc"


def test_of_several_scripts_one_must_be_chosen(tmp_path: Path) -> None:
    write_folder(tmp_path, {"main.hoc": "", "b.ses": "", "cell.hoc": ""})
    assert model_folder(tmp_path).default is None
    with pytest.raises(SourceError) as caught:
        chosen_entry(tmp_path, None)
    assert caught.value.code == "several-entries"
    assert caught.value.details.split("\n") == ["main.hoc", "b.ses"]
    assert chosen_entry(tmp_path, "cell.hoc") == "cell.hoc"
    with pytest.raises(SourceError, match=r"nothing\.hoc") as caught:
        chosen_entry(tmp_path, "nothing.hoc")
    assert caught.value.code == "not-found"


def test_a_script_outside_the_folder_cannot_be_chosen(tmp_path: Path) -> None:
    write_folder(tmp_path, {"model/main.hoc": "", "other.hoc": ""})
    with pytest.raises(SourceError):
        chosen_entry(tmp_path / "model", "../other.hoc")


def test_a_folder_in_the_folder_is_searched_where_there_is_no_script(tmp_path: Path) -> None:
    write_folder(tmp_path, {"readme.txt": "Read me", "model/mosinit.hoc": "", "model/cell.hoc": ""})
    assert model_folder(tmp_path).default == "model/mosinit.hoc"
    assert readme_of(tmp_path) == "Read me"


def test_only_a_script_that_runs_neuron_by_itself_is_a_model(tmp_path: Path) -> None:
    texts = {
        "builds.py": (SCRIPT, True),
        "defines.py": ("from neuron import h\ndef build():\n    return h.Section()\n", False),
        "views.py": (f"import somascope as ss\n{SCRIPT}", False),
        "plots.py": ("import math\nprint(math.pi)\n", False),
        "broken.py": ("from neuron import h\nh.(\n", False),
    }
    for name, (text, is_model) in texts.items():
        (tmp_path / name).write_text(text)
        assert builds_a_model(tmp_path / name) is is_model
        kind = SessionSource.parse(str(tmp_path / name)).kind
        assert kind == ("model" if is_model else "script")


def test_a_folder_a_hoc_file_and_a_chosen_script_are_models(tmp_path: Path) -> None:
    folder = template_cell(tmp_path / "Small cell")
    for text, entry, title in (
        (str(folder), "", "Small cell"),
        (f"{folder}:cell.hoc", "cell.hoc", "Small cell"),
        (str(folder / "mosinit.hoc"), "", "mosinit"),
    ):
        source = SessionSource.parse(text)
        assert (source.kind, source.entry, source.title) == ("model", entry, title)
        assert source.is_undecided is (entry == "")
        assert not source.is_cell
    assert SessionSource.parse(str(plain_script(tmp_path / "plain"))).kind == "model"


def test_a_folder_without_a_model_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        SessionSource.parse(str(tmp_path))
    assert caught.value.code == "no-entry-script"


def test_a_model_has_its_own_step_and_simulator(tmp_path: Path) -> None:
    folder = str(template_cell(tmp_path / "model"))
    for words, hint in ((("jaxley",), "omit-backend"), (("neuron", "float32"), "use-jaxley")):
        with pytest.raises(SourceError) as caught:
            SessionSource.parse(folder, *words).create()
        assert caught.value.hint == hint
