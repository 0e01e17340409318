"""Ctrl+C ends Somascope at every moment of its start; nothing of it goes on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[3]
START = """
import sys
import app.window.launch as launch
moment = sys.argv.pop(1)
import os, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
def interrupted(function):
    def wrapper(*args, **options):
        done = function(*args, **options)
        os.kill(os.getpid(), signal.SIGINT)
        return done
    return wrapper
owner, name = {
    "shown": (launch.MainWindow, "show"),
    "child": (__import__("app.session.first_child", fromlist=["*"]), "start_first_child"),
    "opened": (launch, "start_session"),
    "created": (__import__("app.window.controller", fromlist=["Controller"]).Controller, "create_panels"),
}[moment]
setattr(owner, name, interrupted(getattr(owner, name)))
from app.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(not os.environ.get("DISPLAY"), reason="needs a display")
@pytest.mark.parametrize(
    "moment",
    [pytest.param(each, marks=pytest.mark.slow) for each in ("shown", "child", "created")]
    + ["opened"],
)
def test_ctrl_c_while_it_starts_leaves_no_process(tmp_path: Path, moment: str) -> None:
    environ = os.environ | {"PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-c", START, moment, "ball_and_stick"],
        cwd=tmp_path,
        env=environ,
        stderr=subprocess.PIPE,
    )
    children: set[psutil.Process] = set()
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        try:
            children |= set(psutil.Process(process.pid).children(recursive=True))
        except psutil.NoSuchProcess:
            break
        time.sleep(0.02)
    code = process.poll()
    process.kill()
    process.communicate()
    assert code is not None, "it did not end"
    psutil.wait_procs(children, timeout=10)
    assert not [each for each in children if each.is_running()]
