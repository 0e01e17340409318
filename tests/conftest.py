"""What every test runs in: a display, folders and settings for this process only, no network, no leaks.

With pytest-xdist each worker is such a process; the controller runs no test and starts nothing.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import ipaddress
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from platformdirs import user_cache_path

from app.doctor.system_libraries import GUI_LIBRARIES, XCB_LIBRARIES, missing_libraries
from tests.support.leaks import Footprint, delete_pending_qt_objects
from tests.support.virtual_display import NoDisplayError, environment_for, start_display

_QT_FIXTURES = {"qtbot", "qapp", "qtmodeltester"}
_STANDARD_FOLDERS = {
    "XDG_CONFIG_HOME": "config",
    "XDG_CACHE_HOME": "cache",
    "XDG_DATA_HOME": "data",
    "XDG_STATE_HOME": "state",
}
_ONE_THREAD = {"LP_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Of software OpenGL and of linear algebra, where the workers of pytest-xdist share the processor."""
_UNDO = contextlib.ExitStack()
_SERVERS: list[Any] = []  # kept, so that nobody collects a running server

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--slow``, which runs the tests that are marked slow too."""
    parser.addoption("--slow", action="store_true", help="run the tests marked slow too")


def pytest_configure(config: pytest.Config) -> None:
    """Before anything imports Qt: folders and a display for this process, and no way to the network."""
    faulthandler.enable()
    if is_controller(config):
        return
    if hasattr(config, "workerinput"):
        os.environ.update(_ONE_THREAD)
    home = Path(tempfile.mkdtemp(prefix="somascope-tests-"))
    _UNDO.callback(shutil.rmtree, home, ignore_errors=True)
    compiled = user_cache_path("somascope-tests") / "jax"  # before the folders change
    _UNDO.callback(signal.signal, signal.SIGINT, signal.getsignal(signal.SIGINT))
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # ignored, and so in children, behind "&"
    _use_folders(home)
    _use_compilation_cache(compiled)
    _use_display()
    _UNDO.enter_context(no_network())


def is_controller(config: pytest.Config) -> bool:
    """Whether this process only hands tests out to the workers of pytest-xdist."""
    return bool(getattr(config.option, "numprocesses", None)) and not hasattr(config, "workerinput")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests marked slow, unless they are asked for: by ``--slow``, by ``-m`` or by their name."""
    named = any("::" in each for each in config.args)
    if config.getoption("--slow") or config.option.markexpr or named:
        return
    slow = [each for each in items if each.get_closest_marker("slow")]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [each for each in items if not each.get_closest_marker("slow")]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """After a test, leave what exists out of collections.

    Each session on NEURON begins with one, which takes 0.2 s in a process that has imported everything.
    """
    yield
    gc.collect()
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Give back what `pytest_configure` took."""
    _UNDO.close()


def _use_folders(home: Path) -> None:
    folders = _STANDARD_FOLDERS | {"XDG_RUNTIME_DIR": "runtime", "MPLCONFIGDIR": "matplotlib"}
    for variable, name in folders.items():
        (home / name).mkdir(mode=0o700)
        os.environ[variable] = str(home / name)
    for variable in ("SOMASCOPE_DEBUG", "QT_SCALE_FACTOR", "QT_STYLE_OVERRIDE"):
        os.environ.pop(variable, None)


def _use_compilation_cache(folder: Path) -> None:
    """Let JAX's compiled programs outlast the run and be shared by the workers; a test may name another folder."""
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(folder))


def _use_display() -> None:
    """Start Xvfb where there is no display; without it or X11's libraries Qt draws off-screen."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return
    if not os.environ.get("DISPLAY"):
        if missing_libraries([*GUI_LIBRARIES, *XCB_LIBRARIES]):
            os.environ["QT_QPA_PLATFORM"] = "offscreen"
            return
        try:
            _SERVERS.append(started := start_display())
            started[0].returncode = 0  # it ends after us, with our last connection: no need to warn
        except NoDisplayError:
            os.environ["QT_QPA_PLATFORM"] = "offscreen"
            return
        os.environ.update(environment_for(started[1]))
    os.environ.pop("WAYLAND_DISPLAY", None)
    os.environ["QT_QPA_PLATFORM"] = "xcb"


@contextlib.contextmanager
def no_network() -> Iterator[None]:
    """Let sockets connect to this machine only; whatever else a test asks for is an error."""

    def guarded(connect: Any) -> Any:
        def checked(self: socket.socket, address: Any) -> Any:
            if self.family != getattr(socket, "AF_UNIX", None) and not _is_loopback(address[0]):
                raise AssertionError(f"a test reached for the network: {address[0]}:{address[1]}")
            return connect(self, address)

        return checked

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, guarded(getattr(socket.socket, name)))
        yield


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def _own_settings(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> None:
    """Give a test that has a Qt application settings of its own."""
    if _uses_qt(request):
        from PySide6.QtCore import QSettings

        folder = str(tmp_path_factory.mktemp("settings"))
        for form in (QSettings.Format.IniFormat, QSettings.Format.NativeFormat):
            QSettings.setPath(form, QSettings.Scope.UserScope, folder)


@pytest.fixture(autouse=True)
def _no_unexpected_dialog(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Fail a test in which a dialog opens that would wait for a person; a test may replace it."""
    if not _uses_qt(request):
        return
    from PySide6.QtWidgets import QDialog, QFileDialog, QInputDialog, QMessageBox

    for kind, names in {
        QMessageBox: ("about", "critical", "exec", "information", "question", "warning"),
        QFileDialog: (
            "getExistingDirectory",
            "getOpenFileName",
            "getOpenFileNames",
            "getSaveFileName",
        ),
        QInputDialog: ("getDouble", "getInt", "getItem", "getText"),
        QDialog: ("exec",),
    }.items():
        for name in names:
            monkeypatch.setattr(kind, name, _refusal(f"{kind.__name__}.{name}"))


def _refusal(name: str) -> Any:
    def refuse(*args: Any, **kwargs: Any) -> NoReturn:
        said = " · ".join(str(each) for each in args if isinstance(each, str))
        pytest.fail(f"unexpected dialog {name}: {said or 'no text'}")

    return refuse


@pytest.fixture(autouse=True)
def _no_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread, a process, a QThread, a window or shared memory behind."""
    if _uses_qt(request):
        request.getfixturevalue("qapp")
        delete_pending_qt_objects()
    before = Footprint.take()
    yield
    leaked = before.leaked()
    if leaked:
        pytest.fail("the test left behind:\n  " + "\n  ".join(leaked), pytrace=False)


def _uses_qt(request: pytest.FixtureRequest) -> bool:
    return bool(_QT_FIXTURES & set(request.fixturenames))


@pytest.fixture
def shared_data() -> Path:
    """The folder of test data beside the repository; the test is skipped where it is absent."""
    if not SHARED_DATA.exists():
        pytest.skip("the shared test data (../shared/data) is not on this machine")
    return SHARED_DATA
