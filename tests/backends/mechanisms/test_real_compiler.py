"""NEURON's own nrnivmodl and a C++ compiler: what is built can be loaded, and what they refuse is found in the file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from backends.mechanisms import MechanismError, build, find_mod_files
from tests.support.mechanism_files import HAS_COMPILER, leak, write_leak

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not HAS_COMPILER, reason="mechanisms need make and a C++ compiler"),
]
ROOT = Path(__file__).resolve().parents[3]
_LOAD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from neuron import h
from backends.mechanisms import MechanismError, load
for library in map(Path, sys.argv[2:]):
    try:
        load(h, library)
        load(h, library)
    except MechanismError as error:
        print(error.code, error.message)
    else:
        soma = h.Section("soma")
        soma.insert("kx")
        print("loaded", soma(0.5).kx.g)
"""


def load_in_a_process(tmp_path: Path, *libraries: Path) -> list[str]:
    """Load libraries into a new NEURON; return what came of each."""
    done = subprocess.run(
        [sys.executable, "-c", _LOAD, str(ROOT), *map(str, libraries)],
        cwd=tmp_path, capture_output=True, text=True, check=True, timeout=100,
    )  # fmt: skip
    return [
        each
        for each in done.stdout.splitlines()
        if each.startswith(("loaded", "bad-", "undef", "dupl"))
    ]


def test_a_folder_with_spaces_is_compiled_and_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "my cache"))
    model = tmp_path / "my model"
    write_leak(model, "kx").write_text(
        'INCLUDE "more.inc"\n' + leak("kx").replace("PARAMETER { g = 0.0005 (S/cm2) }", "")
    )
    (model / "more.inc").write_text("PARAMETER { g = 0.25 }\n")
    write_leak(model / "mod files", "ky")
    write_leak(model / "mod", "kz")
    library = build(find_mod_files(model))
    broken = tmp_path / "libnrnmech.so"
    broken.write_bytes(b"no library")
    other = build([write_leak(tmp_path / "other", "kx")])
    first, second, third = load_in_a_process(tmp_path, library, broken, other)
    assert first == "loaded 0.25"
    assert second.startswith("bad-mechanisms")
    assert third.startswith("duplicate-mechanism")
    assert "kx" in third
    assert sorted(each.name for each in model.iterdir()) == [
        "kx.mod",
        "mod",
        "mod files",
        "more.inc",
    ]


ERRORS = {
    "undeclared": ("BREAKPOINT { i = g * (v - ek) }", "mod-undeclared", 9),
    "open": ("INITIAL {\n g = 1\nPROCEDURE f() {\n g = 2\n}", "mod-syntax", 9),
    "bracket": ("BREAKPOINT { i = g * (v + 60 }", "mod-syntax", 9),
    "old": ("VERBATIM\nstatic double f() { return _p[0]; }\nENDVERBATIM", "old-verbatim", 10),
}


@pytest.mark.parametrize("kind", ERRORS)
def test_what_the_compilers_refuse_is_found_in_the_file(tmp_path: Path, kind: str) -> None:
    body, code, line = ERRORS[kind]
    path = write_leak(tmp_path, "kx")
    path.write_text("\n".join(leak("kx").splitlines()[:-1]) + f"\n\n{body}\n")
    with pytest.raises(MechanismError) as caught:
        build([path])
    assert (caught.value.code, caught.value.line) == (code, line)
    assert caught.value.file == str(path.resolve())


def test_a_missing_function_is_named_when_the_library_is_loaded(tmp_path: Path) -> None:
    path = write_leak(tmp_path, "kx")
    path.write_text(
        leak("kx") + "VERBATIM\nextern double absent_function(double);\nENDVERBATIM\n"
        "PROCEDURE f() {\nVERBATIM\n  absent_function(1.);\nENDVERBATIM\n}\n"
    )
    (line,) = load_in_a_process(tmp_path, build([path]))
    assert line.startswith("undefined-symbol")
    assert "absent_function" in line
