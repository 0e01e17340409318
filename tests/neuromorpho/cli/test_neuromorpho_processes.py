"""``somascope neuromorpho`` as a process: signals, pipes, terminals, what it loads, and the README's commands."""

from __future__ import annotations

import contextlib
import json
import os
import pkgutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from neuromorpho.cli.main import main
from tests.neuromorpho.server import Server

ROOT = Path(__file__).resolve().parents[3]


def test_ctrl_c_ends_a_download_with_one_sentence_and_it_can_be_resumed(
    server: Server, tmp_path: Path
) -> None:
    words = [sys.executable, "-m", "app", "neuromorpho", "--base-url", server.url, "--cache-dir",
             str(tmp_path / "cache"), "download", "--q", "*:*", "--limit", "40", "--output-dir",
             str(tmp_path / "out")]  # fmt: skip
    process = subprocess.Popen(
        [*words, "--rate", "20"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while server.count("/dableFiles/*") < 3:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
            pytest.fail("it ended before three files were requested")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err == (
        "somascope: error: Stopped by Ctrl+C; the same command resumes where it stopped.\n"
    )
    n_files = len(list((tmp_path / "out").glob("*/*.CNG.swc")))
    assert 0 < n_files < 40
    assert main([*words[4:], "--rate", "0"]) == 0
    assert len(list((tmp_path / "out").glob("*/*.CNG.swc"))) == 40


def test_a_closed_pipe_ends_it_quietly(server: Server, tmp_path: Path) -> None:
    words = f"{sys.executable} -m app neuromorpho --base-url {server.url} --rate 0 --cache-dir {tmp_path}"
    found = subprocess.run(
        ["bash", "-c", f"{words} search --limit 120 | head -1"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert found.stdout == "matched=120\n"
    assert "Traceback" not in found.stderr


def test_the_command_loads_neither_qt_nor_a_simulator_nor_numpy(
    server: Server, tmp_path: Path
) -> None:
    script = (
        "import sys; from app.cli.main import main; "
        f"main(['neuromorpho', '--base-url', '{server.url}', '--cache-dir', {str(tmp_path)!r}, "
        "'search', '--count']); "
        "sys.exit(bool({'PySide6', 'numpy', 'vtkmodules', 'neuron', 'jax'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0


@pytest.mark.slow
def test_a_terminal_gets_progress_on_stderr_and_none_on_stdout(
    server: Server, tmp_path: Path
) -> None:
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    words = ["neuromorpho", "--base-url", server.url, "--rate", "60", "--cache-dir", str(tmp_path / "c"),
             "download", "--q", "*:*", "--limit", "20", "--output-dir", str(tmp_path / "out"), "--json"]  # fmt: skip
    environ = os.environ | {"TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, "-m", "app", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=environ,
    )
    os.close(theirs)
    out, _ = process.communicate(timeout=60)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert process.returncode == 0
    assert len(json.loads(out)["report"]["items"]) == 20
    assert b"downloading" in shown


def test_every_public_name_exists() -> None:
    import neuromorpho

    for name in neuromorpho.__all__:
        assert getattr(neuromorpho, name) is not None
    assert set(neuromorpho.__all__) <= set(dir(neuromorpho))
    modules = {each.name for each in pkgutil.iter_modules(neuromorpho.__path__)}
    assert modules.isdisjoint(
        neuromorpho.__all__
    )  # importing a module sets its name in the package
    with pytest.raises(AttributeError, match="nosuch"):
        _ = neuromorpho.nosuch


def test_importing_the_package_imports_nothing_that_takes_long() -> None:
    script = (
        "import sys, neuromorpho; "
        "sys.exit(any(name in sys.modules for name in ('numpy', 'requests', 'sqlite3', 'ssl', 'yaml')))"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0
