"""A library is built once, completely or not at all, and a build can be ended; nrnivmodl is a small script here."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from backends.errors import SessionCancelled
from backends.mechanisms import compilation as building, tools
from backends.mechanisms.compilation import Progress, build, built_library, cache_folder
from backends.mechanisms.errors import MechanismError
from tests.support.mechanism_files import SUCCESS, fake_nrnivmodl, write_leak

ROOT = Path(__file__).resolve().parents[3]
_SLEEPER = "sleep 1000 & echo $! > {pid}; wait"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(building, "cache_folder", lambda: tmp_path / "cache" / "mechanisms")
    monkeypatch.setattr(building, "check_tools", lambda: None)


def use(monkeypatch: pytest.MonkeyPatch, folder: Path, body: str = SUCCESS) -> Path:
    """Use a script in the place of nrnivmodl; return the log of its runs."""
    script, log = fake_nrnivmodl(folder / "bin", body)
    monkeypatch.setattr(building, "find_nrnivmodl", lambda: script)
    return log


def left() -> list[str]:
    """Return what is in the cache, locks apart."""
    folder = building.cache_folder()
    return [each.name for each in folder.glob("*") if each.suffix != ".lock"]


def test_a_library_is_built_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = use(monkeypatch, tmp_path)
    files = [write_leak(tmp_path / "model", "kx")]
    assert built_library(files) is None
    library = build(files)
    assert library.read_text() == files[0].read_text()
    monkeypatch.setattr(building, "check_tools", lambda: pytest.fail("no compiler is needed"))
    assert build(files) == built_library(files) == library
    assert log.read_text() == "run\n"
    assert os.listdir(tmp_path / "model") == ["kx.mod"]
    assert left() == [library.parent.name]


def test_a_changed_file_gives_another_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, tmp_path)
    path = write_leak(tmp_path / "model", "kx")
    first = build([path])
    path.write_text(path.read_text().replace("60", "61"))
    second = build([path])
    assert first != second
    assert "61" in second.read_text()


def test_progress_counts_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, tmp_path)
    seen: list[Progress] = []
    build([write_leak(tmp_path, "kx"), write_leak(tmp_path, "ky")], on_progress=seen.append)
    assert [each.sentence for each in seen if "Compiling" in each.sentence] == [
        "Compiling kx.mod (1 of 2)",
        "Compiling ky.mod (2 of 2)",
    ]
    fractions = [each.fraction for each in seen]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] < fractions[-1] <= 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("echo something broke; exit 3", "compiler-failed"),
        (SUCCESS + "exit 1", "compiler-failed"),
        ("exit 0", "compiler-failed"),
        ("echo 'as: No space left on device'; exit 1", "disk-full"),
    ],
)
def test_a_failed_build_leaves_nothing_and_uses_nothing_older(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, code: str
) -> None:
    use(monkeypatch, tmp_path)
    path = write_leak(tmp_path / "model", "kx")
    older = build([path])
    path.write_text(path.read_text().replace("60", "61"))
    use(monkeypatch, tmp_path, body)
    with pytest.raises(MechanismError) as caught:
        build([path])
    assert caught.value.code == code
    assert built_library([path]) is None
    assert left() == [older.parent.name]


def test_cancel_ends_all_processes_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = tmp_path / "pid"
    use(monkeypatch, tmp_path, _SLEEPER.format(pid=pid))
    cancelled = threading.Event()
    watched: list[psutil.Process] = []

    def is_cancelled() -> bool:
        if not watched and pid.exists() and pid.read_text().strip():
            watched.append(psutil.Process(int(pid.read_text())))
            cancelled.set()
        return cancelled.is_set()

    with pytest.raises(SessionCancelled):
        build([write_leak(tmp_path / "model", "kx")], is_cancelled=is_cancelled)
    psutil.wait_procs(watched, timeout=5)
    assert watched
    assert not watched[0].is_running() or watched[0].status() == psutil.STATUS_ZOMBIE
    assert left() == []


_CHILD = """
import sys
from pathlib import Path
from backends.mechanisms import compilation as building
building.find_nrnivmodl = lambda: Path(sys.argv[1])
building.check_tools = lambda: None
building.cache_folder = lambda: Path(sys.argv[2])
print(building.build([Path(sys.argv[3])]), flush=True)
"""


def other_process(tmp_path: Path, path: Path) -> subprocess.Popen[str]:
    """Start a process that builds."""
    arguments = [tmp_path / "bin" / "nrnivmodl", tmp_path / "cache" / "mechanisms", path]
    return subprocess.Popen(
        [sys.executable, "-c", _CHILD, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_killed_process_takes_its_compiler_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = tmp_path / "pid"
    use(monkeypatch, tmp_path, _SLEEPER.format(pid=pid))
    process = other_process(tmp_path, write_leak(tmp_path / "model", "kx"))
    end = time.monotonic() + 60
    while not (pid.exists() and pid.read_text().strip()) and time.monotonic() < end:
        time.sleep(0.02)
    sleeper = psutil.Process(int(pid.read_text()))
    process.kill()
    process.communicate()
    gone, _ = psutil.wait_procs([sleeper], timeout=20)
    assert gone or sleeper.status() == psutil.STATUS_ZOMBIE
    end = time.monotonic() + 20
    while left() and time.monotonic() < end:
        time.sleep(0.02)
    assert left() == []


def test_two_processes_build_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = use(monkeypatch, tmp_path, "sleep 0.5\n" + SUCCESS)
    path = write_leak(tmp_path / "model", "kx")
    both = [other_process(tmp_path, path) for _ in range(2)]
    printed = {each.communicate()[0] for each in both}
    assert len(printed) == 1
    assert Path(printed.pop().strip()).exists()
    assert log.read_text() == "run\n"


def test_a_cache_that_cannot_be_written_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, tmp_path)
    path = write_leak(tmp_path / "model", "kx")
    for number, code in ((errno.EACCES, "no-write-permission"), (errno.ENOSPC, "disk-full")):

        def refuse(*_args: object, number: int = number, **_options: object) -> str:
            raise OSError(number, os.strerror(number))

        with monkeypatch.context() as patch:
            patch.setattr(building.tempfile, "mkdtemp", refuse)
            with pytest.raises(MechanismError) as caught:
                build([path])
        assert caught.value.code == code
        assert str(building.cache_folder()) in caught.value.message


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tools.sys, "platform", "linux")
    environ = {"PATH": str(tmp_path)}
    assert tools.missing_tools(environ) == ("a C++ compiler", "make", "bash")
    for name in ("c++", "bash"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    assert tools.missing_tools(environ) == ("make",)
    with pytest.raises(MechanismError) as caught:
        tools.check_tools(environ)
    assert (caught.value.code, caught.value.hint) == ("compiler-missing", "install-compiler")
    assert "make" in caught.value.message


def test_the_nrnivmodl_is_that_of_this_pythons_neuron(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, _ = fake_nrnivmodl(tmp_path / "site" / "neuron" / ".data" / "bin")
    monkeypatch.setattr(tools, "_package_folder", lambda: tmp_path / "site" / "neuron")
    assert tools.find_nrnivmodl() == script
    environ = tools.environment_of(script, {"PATH": os.environ["PATH"], "MAKEFLAGS": "k"})
    assert environ["NRNHOME"] == str(tmp_path / "site" / "neuron" / ".data")
    assert "MAKEFLAGS" not in environ
    script.unlink()
    scripts, _ = fake_nrnivmodl(tmp_path / "bin")
    monkeypatch.setattr(tools.sys, "executable", str(tmp_path / "bin" / "python"))
    assert tools.find_nrnivmodl() == scripts


def test_old_libraries_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, tmp_path)
    monkeypatch.setattr(building, "MAX_SAVED", 1)
    paths = [write_leak(tmp_path / "model", name) for name in ("ka", "kb", "kc")]
    built = []
    for age, path in zip((300, 200, 100), paths, strict=True):
        library = build([path])
        os.utime(library.parent, (time.time() - age,) * 2)
        built.append(library)
    assert [each.exists() for each in built] == [False, True, True]


def test_the_cache_is_the_users() -> None:
    assert cache_folder().parent.name == "somascope"
