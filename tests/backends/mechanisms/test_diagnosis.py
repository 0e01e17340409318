"""What NMODL and the C++ compiler print becomes one sentence with the line of the `.mod` file."""

from __future__ import annotations

from pathlib import Path

import pytest

from backends.mechanisms.diagnosis import diagnose
from backends.mechanisms.sources import read_sources

HEAD = """NEURON {
    SUFFIX kx
    NONSPECIFIC_CURRENT i
}
PARAMETER { g = 1 }
ASSIGNED { v i }
"""
_VERBATIM = "VERBATIM\n  double* q = _p + 3;\nENDVERBATIM\n"

CASES = {
    "a line that NMODL names": (
        "BREAKPOINT { i = g*(v+70 }",
        "syntax error:\n Illegal expression:\n Illegal statement:\n"
        " Error: Illegal block at line 7 in file kx.mod\nBREAKPOINT {\n",
        ("mod-syntax", 7, "illegal expression"),
    ),
    "a cause above the block": (
        "BREAKPOINT { i = g[2]*v }",
        "variable is not an array:\n Illegal statement:\n Error: Illegal block at line 7 in file kx.mod\nBREAK\n",
        ("mod-syntax", 7, "not an array"),
    ),
    "a block that is left open": (
        "INITIAL {\n  g = 2\nBREAKPOINT { i = g }\n",
        "syntax error:\n Illegal statement:\n Error: Illegal block at line 9 in file kx.mod\nBREAK\n",
        ("mod-syntax", 7, "INITIAL"),
    ),
    "what NMODL notices at the end of the file": (
        "INITIAL { net_send(1, 1) }\nBREAKPOINT { i = g }\n",
        "Error: can't use net_send if there is no NET_RECEIVE block at line 9 in file kx.mod\n^\n",
        ("mod-syntax", 7, "net_send"),
    ),
    "a name used twice": (
        "PARAMETER { t = 3 }\nBREAKPOINT { i = g }\n",
        "t is a PARAMETER\nt is a INDEPENDENT\nError: multiple uses for same variable at line 9 in file kx.mod\n^\n",
        ("mod-syntax", 7, ": t"),
    ),
    "a file that is not there": (
        'INCLUDE "more.inc"',
        "Translating kx.mod into /there/kx.cpp\nCouldn't open: more.inc\n"
        "make: *** [makemod2c_inc:3: kx.cpp] Error 1\n",
        ("mod-refused", 7, "more.inc"),
    ),
    "an undeclared name, in the words of GCC": (
        "BREAKPOINT { i = g*(v-ek) }",
        "/there/kx.cpp:2:18: error: 'ek' was not declared in this scope; did you mean 'k'?\n",
        ("mod-undeclared", 7, "ek"),
    ),
    "an undeclared name, in the words of Clang": (
        "BREAKPOINT { i = g*(v-ek) }",
        "/there/kx.cpp:2:18: error: use of undeclared identifier 'ek'\n",
        ("mod-undeclared", 7, "ek"),
    ),
    "a VERBATIM block of an older NEURON": (
        _VERBATIM,
        "/there/kx.cpp:3:9: error: '_p' was not declared in this scope\n",
        ("old-verbatim", 8, "VERBATIM"),
    ),
    "something else": (
        "BREAKPOINT { i = g }",
        "bash: it broke\n",
        ("compiler-failed", 0, "it broke"),
    ),
}
CPP = "// generated\n   i = g * ( v - ek ) ;\n  double* q = _p + 3;\n"


@pytest.mark.parametrize("case", CASES)
def test_the_error_has_the_line_of_the_mod_file(tmp_path: Path, case: str) -> None:
    body, output, (code, line, word) = CASES[case]
    path = tmp_path / "kx.mod"
    path.write_text(HEAD + body)
    (tmp_path / "x86_64").mkdir()
    (tmp_path / "x86_64" / "kx.cpp").write_text(CPP)
    error = diagnose(output, 2, read_sources([path]), tmp_path)
    assert (error.code, error.line) == (code, line)
    assert word in error.message
    assert error.details == output
    if code != "compiler-failed":
        assert error.file == str(path.resolve())
        assert "kx.mod" in error.message


def test_of_several_errors_the_first_counts(tmp_path: Path) -> None:
    paths = [tmp_path / "ka.mod", tmp_path / "kb.mod"]
    for path in paths:
        path.write_text(HEAD + "BREAKPOINT { i = g }")
    output = "".join(
        f"syntax error:\n Error: Illegal block at line 3 in file {name}.mod\nx\n"
        for name in ("kb", "ka")
    )
    error = diagnose(output, 2, read_sources(paths), tmp_path)
    assert (error.file, error.line) == (str(paths[1].resolve()), 3)
