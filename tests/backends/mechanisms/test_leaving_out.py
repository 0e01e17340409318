"""A `.mod` file that cannot be compiled is left out, with a word, only where no script of the model names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from backends.mechanisms import compilation, leaving_out
from backends.mechanisms.errors import MechanismError
from backends.mechanisms.leaving_out import build_used, text_of_programs
from tests.support.mechanism_files import SUCCESS, fake_nrnivmodl, write_leak

REFUSES_KX = """if [ -f src/kx.mod ]; then
    printf 'syntax error:\\n Error: Illegal block at line 3 in file kx.mod\\nx\\n'; exit 1
fi
"""


def build_with(files: list[Path], text: str, left_out: list[MechanismError]) -> Path | None:
    return build_used(
        files,
        text,
        on_left_out=left_out.append,
        on_progress=lambda _progress: None,
        is_cancelled=lambda: False,
    )


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Use an nrnivmodl that refuses kx.mod; return the log of its runs."""
    script, log = fake_nrnivmodl(tmp_path / "bin", REFUSES_KX + SUCCESS)
    for module in (compilation, leaving_out):
        monkeypatch.setattr(module, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(compilation, "find_nrnivmodl", lambda: script)
    monkeypatch.setattr(compilation, "check_tools", lambda: None)
    return log


def test_what_no_script_names_is_left_out_and_tried_once(tmp_path: Path, runs: Path) -> None:
    files = [write_leak(tmp_path / "model", name) for name in ("kx", "ky")]
    built = []
    for _ in range(2):
        left_out: list[MechanismError] = []
        built.append(build_with(files, "insert ky", left_out))
        assert [(each.code, each.file, each.line) for each in left_out] == [
            ("mod-syntax", str(files[0].resolve()), 3)
        ]
    assert built[0] == built[1]
    assert built[0] is not None
    assert "ky" in built[0].read_text()
    assert runs.read_text() == "run\n" * 2


def test_what_a_script_names_stops_the_model(tmp_path: Path, runs: Path) -> None:
    files = [write_leak(tmp_path / "model", name) for name in ("kx", "ky")]
    for _ in range(2):
        with pytest.raises(MechanismError) as caught:
            build_with(files, "insert kx", [])
        assert (caught.value.code, caught.value.line) == ("mod-syntax", 3)


def test_the_scripts_of_a_model_are_read(tmp_path: Path) -> None:
    for name in ("a.hoc", "b/c.py", "d.mod", ".git/e.hoc"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"in {name}")
    assert sorted(text_of_programs(tmp_path).splitlines()) == ["in a.hoc", "in b/c.py"]


def test_without_a_compiler_only_a_model_that_names_a_mechanism_is_told_so(
    tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "compiler-missing"

    def no_compiler() -> None:
        raise MechanismError("No compiler.", code=code)

    monkeypatch.setattr(compilation, "check_tools", no_compiler)
    files = [write_leak(tmp_path / "model", "ky")]
    left_out: list[MechanismError] = []
    assert build_with(files, "insert hh", left_out) is None
    assert left_out == []
    with pytest.raises(MechanismError) as caught:
        build_with(files, "insert ky", left_out)
    assert caught.value.code == "compiler-missing"
    code = "disk-full"
    other = [write_leak(tmp_path / "other", "kz")]
    with pytest.raises(MechanismError) as caught:
        build_with(other, "insert hh", left_out)
    assert caught.value.code == "disk-full"
