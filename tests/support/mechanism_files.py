"""Small `.mod` files for tests, and a stand-in for nrnivmodl that compiles nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

HAS_COMPILER = bool(shutil.which("make") and (shutil.which("g++") or shutil.which("c++")))

LEAK = """NEURON {{
    SUFFIX {name}
    NONSPECIFIC_CURRENT i
    RANGE g
}}
PARAMETER {{ g = 0.0005 (S/cm2) }}
ASSIGNED {{ v (mV) i (mA/cm2) }}
BREAKPOINT {{ i = g * (v + 60) }}
"""

FAKE = """#!/bin/bash
echo run >> {log}
mkdir -p x86_64
{body}
"""
SUCCESS = """for f in src/*.mod; do
    b=$(basename $f .mod)
    printf ' -> \\033[32mNMODL\\033[0m ../%s\\n' $f
    printf ' -> \\033[32mCompiling\\033[0m /there/x86_64/%s.cpp\\n' $b
done
cat src/*.mod > x86_64/libnrnmech.so
"""


def leak(name: str) -> str:
    """Return the source of a leak current."""
    return LEAK.format(name=name)


def write_leak(folder: Path, name: str, file_name: str = "") -> Path:
    """Write a leak current's `.mod` file; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (file_name or f"{name}.mod")
    path.write_text(leak(name), encoding="utf-8")
    return path


def fake_nrnivmodl(folder: Path, body: str = SUCCESS) -> tuple[Path, Path]:
    """Write a script in the place of nrnivmodl; return it, and the file that has a line for each of its runs."""
    folder.mkdir(parents=True, exist_ok=True)
    script, log = folder / "nrnivmodl", folder / "runs"
    log.touch()
    script.write_text(FAKE.format(log=log, body=body), encoding="utf-8")
    script.chmod(0o755)
    return script, log
