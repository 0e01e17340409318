"""`somascope models`: what a model has, as text and as JSON; nothing of it runs without ``--build``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from app.cli.main import main
from tests.support.neuron_folders import plain_script, template_cell, write_folder

Printed = pytest.CaptureFixture[str]
MOD = "NEURON { SUFFIX kd }\n"


def test_scripts_mechanisms_and_the_readmes_title_are_listed(
    tmp_path: Path, capsys: Printed
) -> None:
    files = {
        "fig1.hoc": "// Figure 1\n",
        "fig2.hoc": "",
        "readme.md": "# Two figures\n",
        "mod/kd.mod": MOD,
    }
    folder = write_folder(tmp_path / "m", files)
    assert main(["models", str(folder)]) == 0
    words = capsys.readouterr().out.split()
    assert {"fig1.hoc", "fig2.hoc", "mod/kd.mod", "kd"} <= set(words)
    assert main(["models", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "folder": str(folder),
        "title": "Two figures",
        "default_script": None,
        "scripts": [
            {"file": "fig1.hoc", "summary": "Figure 1"},
            {"file": "fig2.hoc", "summary": ""},
        ],
        "mechanisms": [{"file": "mod/kd.mod", "name": "kd"}],
    }


def test_an_archive_is_looked_into(
    tmp_path: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        archive.writestr("m/mosinit.hoc", "")
    assert main(["models", str(tmp_path / "m.zip"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["default_script"] == "mosinit.hoc"


@pytest.mark.parametrize(
    ("options", "word"),
    [(["nowhere"], "nowhere"), (["."], "no NEURON model"), ([".", "--script", "a"], "--build")],
)
def test_what_cannot_be_listed_is_one_sentence(
    tmp_path: Path,
    capsys: Printed,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    word: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["models", *options]) == 1
    error = capsys.readouterr().err
    assert word in error
    assert error.count("\n") == 1


@pytest.mark.slow
def test_build_adds_sections_panels_and_graphs(tmp_path: Path, capsys: Printed) -> None:
    pytest.importorskip("neuron")
    folder = template_cell(tmp_path / "pyr")
    assert main(["models", str(folder), "--build", "--json"]) == 0
    built = json.loads(capsys.readouterr().out)["built"]
    assert built["script"] == "mosinit.hoc"
    assert "Pyr[0].dend[2]" in built["sections"]
    assert built["segments"] == 10
    (panel,) = built["panels"]
    assert panel["name"] == "Stimulus"
    assert panel["actions"] == ["Weak current", "Strong current"]
    assert built["graphs"]


@pytest.mark.slow
def test_another_script_is_built_if_it_is_named(tmp_path: Path, capsys: Printed) -> None:
    pytest.importorskip("neuron")
    folder = write_folder(
        tmp_path / "m", {"a.hoc": "create soma\n", "b.hoc": "create soma, dend\n"}
    )
    assert main(["models", str(folder), "--build", "--script", "b.hoc"]) == 0
    assert "soma, dend" in capsys.readouterr().out
    assert main(["models", str(folder), "--build", "--script", "c.hoc"]) == 1
    assert "c.hoc" in capsys.readouterr().err


@pytest.mark.slow
def test_a_run_writes_its_files_where_the_user_is_and_not_into_the_model(tmp_path: Path) -> None:
    model = plain_script(tmp_path / "my_model")
    words = [
        "run",
        "my_model",
        "--for",
        "5",
        "--traces",
        "v.csv",
        "--audit",
        "a.json",
        "--image",
        "p.png",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "app", *words],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert {each.name for each in tmp_path.iterdir()} == {"my_model", "v.csv", "a.json", "p.png"}
    assert [each.name for each in model.iterdir() if each.is_file()] == ["simulate.py"]
    assert len((tmp_path / "v.csv").read_text().splitlines()) == 202  # its dt is 0.025 ms
