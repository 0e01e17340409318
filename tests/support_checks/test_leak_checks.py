"""The leak check must itself be able to fail: each kind of leak, made on purpose and named."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading

import pytest
from PySide6.QtCore import QThread
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from tests.support import leaks
from tests.support.leaks import Footprint


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "GRACE_S", 0.05)


def test_a_test_that_leaves_nothing_behind_is_clean() -> None:
    assert Footprint.take().leaked() == []


def test_a_thread_that_still_runs_is_named() -> None:
    before, stop = Footprint.take(), threading.Event()
    thread = threading.Thread(target=stop.wait, name="left-over")
    thread.start()
    assert before.leaked() == ["thread 'left-over'"]
    stop.set()
    thread.join()


def test_a_child_process_that_still_lives_is_named_with_its_command() -> None:
    before = Footprint.take()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    (line,) = before.leaked()
    assert line.startswith(f"child process {child.pid}: ")
    assert "input()" in line
    child.communicate(b"\n")


class Sleeper(QThread):
    """Runs an event loop until told to quit."""


@pytest.mark.usefixtures("qapp")
def test_a_running_qthread_is_named_by_its_class() -> None:
    before, thread = Footprint.take(), Sleeper()
    thread.start()
    assert before.leaked() == ["running Sleeper"]
    thread.quit()
    thread.wait()


@pytest.mark.usefixtures("qapp")
def test_a_window_that_nobody_closed_is_named_and_one_deleted_later_is_not() -> None:
    before, window = Footprint.take(), QWidget()
    window.setWindowTitle("forgotten")
    assert before.leaked() == ["top-level QWidget titled 'forgotten'"]
    window.deleteLater()
    assert before.leaked() == []


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="nameless memory files are Linux's")
def test_a_frame_block_that_is_still_open_is_named() -> None:
    before = Footprint.take()
    descriptor = os.memfd_create("somascope-frames")
    assert before.leaked() == [f"shared memory /memfd:somascope-frames (descriptor {descriptor})"]
    os.close(descriptor)


def test_no_test_reaches_the_network() -> None:
    with socket.socket() as outward, pytest.raises(AssertionError, match="reached for the network"):
        outward.connect(("192.0.2.1", 80))


def test_this_machine_may_be_reached() -> None:
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())


def test_an_unexpected_dialog_fails_with_its_text(qtbot: QtBot) -> None:
    with pytest.raises(
        pytest.fail.Exception, match=r"QMessageBox.warning: Title · The disk is full"
    ):
        QMessageBox.warning(None, "Title", "The disk is full")


@pytest.mark.usefixtures("qapp")
def test_tests_draw_on_a_display_of_their_own() -> None:
    assert QApplication.platformName() == os.environ["QT_QPA_PLATFORM"]
