"""`ss.show`: the window from a script, the same script without a window, in a notebook, and after Restart."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

import somascope as ss
from app.ui.number_field import NumberField
from app.window import showing
from app.window.controller import Controller
from backends.errors import ProtocolError
from backends.inline import registry
from backends.messages import InvokeAction, RunFor, SetControl, SetSpeed
from backends.neuron.simulator import all_sections, load_neuron
from somascope import opening
from tests.support.inline_scripts import BALL_AND_STICK, written

ROOT = Path(__file__).resolve().parents[3]
LONG_MS = 20_000
OpenSomascope = Callable[..., Controller]

SHOWN = f"""{BALL_AND_STICK}
view = ss.neuron()
cell = view.morphology("v", limits=(-90, 50))
volt = view.trace(soma(0.5)._ref_v, title="Voltage (mV)")
gate = view.trace(soma(0.5)._ref_m_hh)
view.slider("Amplitude (nA)", stim, "amp", 0, 2)
view.button("Off", lambda: setattr(stim, "amp", 0))
ss.layout(((cell, ss.column(volt, gate)),))
ss.show(title="Ball and stick")
"""


def somascope_run(path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `somascope run` on a script."""
    return subprocess.run(
        [sys.executable, "-m", "app", "run", str(path), *words],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.mark.slow
def test_the_window_shows_a_script_and_restart_builds_it_again(
    tmp_path: Path, qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    path = written(tmp_path, SHOWN)
    controller = open_somascope(str(path))
    model = controller.model
    assert model.scene.title == "Ball and stick"
    controller.post(SetSpeed(None))
    controller.post(SetControl("amplitude", 1.5))
    controller.post(RunFor(5.0))
    qtbot.waitUntil(lambda: model.run_status.time_ms > 4.99, timeout=LONG_MS)
    assert model.control_values["amplitude"] == 1.5
    assert float(model.values.max()) > -65
    shown = {each.view_id: each for each in controller.views.plan.places}
    assert list(shown) == ["morphology", "voltage", "soma-0-5-m_hh"]
    path.write_text(path.read_text().replace('title="Ball and stick"', 'title="Changed"'))
    controller.opener.restart()
    qtbot.waitUntil(lambda: model.scene.title == "Changed", timeout=LONG_MS)
    qtbot.waitUntil(lambda: model.control_values.get("amplitude") == 1.5, timeout=LONG_MS)
    controller.post(InvokeAction("off"))
    qtbot.waitUntil(lambda: model.control_values["amplitude"] == 0, timeout=LONG_MS)


def test_readme_s_first_own_model_is_shown_as_printed_and_follows_mouse_and_keys(
    tmp_path: Path, qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    lines = [line for line in code.splitlines() if line]
    ours = [line for line in lines if re.search(r"\bss\b|\bview\.", line)]
    assert len(lines) <= 20
    assert len(ours) <= 12
    controller = open_somascope(str(written(tmp_path, code)))
    model, window = controller.model, controller.window
    assert [place.view_id for place in controller.views.plan.places] == [
        "morphology", "voltage", "gates",
    ]  # fmt: skip
    assert set(model.traces) == {"soma(0.5).v", "dend(1).v"}  # and none that nobody asked for
    assert not window.docks["traces"].isVisible()
    (field,) = window.docks["controls"].findChildren(NumberField)
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(field, "0.7")
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: model.control_values["amplitude"] == 0.7, timeout=LONG_MS)
    window.centralWidget().setFocus()
    QTest.keyClick(window.centralWidget(), Qt.Key.Key_O)
    qtbot.waitUntil(lambda: model.control_values["amplitude"] == 0, timeout=LONG_MS)
    viewport = controller.views.active_viewport()
    soma = model.geometry.index_of("soma(0.5)")
    viewport.segmentClicked.emit(soma)
    qtbot.waitUntil(lambda: "soma(0.5)" in model.traces, timeout=LONG_MS)
    qtbot.waitUntil(window.docks["traces"].isVisible, timeout=LONG_MS)


@pytest.mark.slow
def test_the_window_begins_with_the_speed_of_a_source_and_goes_back_to_the_user_s(
    tmp_path: Path, qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    text = """
    import somascope as ss
    src = ss.source(dt=16)
    src.trace(lambda ctx: ctx.t, title="Time")
    src.image([[0, 1], [2, 3]], title="Picture")
    ss.show()
    """
    controller = open_somascope(str(written(tmp_path, text)))
    bar = controller.window.run_bar
    assert bar.chosen_speed == 960
    controller.opener.open_text("ball_and_stick")
    qtbot.waitUntil(lambda: controller.model.geometry is not None, timeout=LONG_MS)
    assert bar.chosen_speed == 20
    bar.speed.setCurrentIndex(bar.speed.findData(5.0))
    bar.speed.activated.emit(bar.speed.currentIndex())
    controller.opener.open_text(str(tmp_path / "my_model.py"))
    qtbot.waitUntil(lambda: controller.model.geometry is None, timeout=LONG_MS)
    assert bar.chosen_speed == 960
    controller.opener.open_text("ball_and_stick")
    qtbot.waitUntil(lambda: controller.model.geometry is not None, timeout=LONG_MS)
    assert bar.chosen_speed == 5


def test_in_the_window_s_own_process_a_script_is_built_again_without_leftovers(
    tmp_path: Path, qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope(str(written(tmp_path, SHOWN)), in_process=True)
    model = controller.model
    controller.post(SetSpeed(None))
    controller.post(RunFor(2.0))
    qtbot.waitUntil(lambda: model.run_status.time_ms > 1.99, timeout=LONG_MS)
    first = model.scene
    controller.opener.restart()
    qtbot.waitUntil(lambda: model.scene is not first, timeout=LONG_MS)
    controller.post(RunFor(2.0))
    qtbot.waitUntil(lambda: model.run_status.time_ms > 1.99, timeout=LONG_MS)
    assert model.geometry.n_segments == first.geometry.n_segments
    assert [str(each) for each in all_sections(load_neuron())] == ["soma", "dend"]


@pytest.mark.slow
def test_a_script_with_a_mistake_is_refused_with_its_line_and_the_window_stays(
    tmp_path: Path, qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope("ball_and_stick")
    before = controller.model.scene
    path = written(tmp_path, "import somascope as ss\nview = ss.source()\nview.trace(3)\n")
    controller.opener.open_text(str(path))
    banner = controller.window.banner
    qtbot.waitUntil(banner.isVisible, timeout=LONG_MS)
    assert "my_model.py, line 3" in controller.notices.items[-1].message
    assert controller.model.scene is before


def test_the_same_script_runs_without_a_window(tmp_path: Path) -> None:
    table = tmp_path / "out.csv"
    done = somascope_run(written(tmp_path, SHOWN), "--for", "5", "--traces", str(table))
    assert (done.returncode, done.stderr) == (0, "")
    heading = table.read_text().splitlines()[0]
    for name in ("soma(0.5).v", "soma(0.5).m_hh"):
        assert name in heading
    assert np.isfinite(np.genfromtxt(table, delimiter=",", skip_header=1)).any()


def test_without_a_window_a_mistake_is_one_sentence(tmp_path: Path) -> None:
    done = somascope_run(written(tmp_path, "import somascope as ss\nss.show()\n"), "--for", "5")
    assert done.returncode == 1
    assert done.stderr.startswith("somascope: my_model.py, line 2: ")
    assert done.stderr.count("\n") == 1


def test_python_opens_the_window_and_goes_on_when_it_is_closed(tmp_path: Path) -> None:
    path = written(tmp_path, f"import sys\n{SHOWN}print('after', len(list(h.allsec())))\n")
    text = path.read_text().replace('title="Ball and stick"', 'title=" ".join(sys.argv[1:])')
    path.write_text(text)
    runner = tmp_path / "run.py"
    runner.write_text(
        "import runpy, sys\n"
        "import app.window.launch as launch\n"
        "from PySide6.QtCore import QTimer\n"
        "start = launch.start_session\n"
        "def started(*words, **named):\n"
        "    controller = start(*words, **named)\n"
        "    def look():\n"
        "        if controller.model.has_scene:\n"
        "            print('shown', controller.model.scene.title)\n"
        "            controller.window.close()\n"
        "        else:\n"
        "            QTimer.singleShot(50, look)\n"
        "    QTimer.singleShot(50, look)\n"
        "    return controller\n"
        "launch.start_session = started\n"
        f"sys.argv = [{str(path)!r}, 'Ball', 'and', 'stick']\n"
        f"runpy.run_path({str(path)!r}, run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, str(runner)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr  # VTK may warn of a library of X11 that is missing
    assert done.stdout.splitlines() == ["shown Ball and stick", "after 2"]


def test_a_second_show_in_a_script_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_has_shown", True)
    monkeypatch.setattr(sys.modules["__main__"], "__file__", "my_model.py", raising=False)
    with pytest.raises(ProtocolError) as caught:
        ss.show()
    assert caught.value.code == "shown-twice"


@pytest.fixture
def interactive(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process without a script, as that of a notebook."""
    monkeypatch.delattr(sys.modules["__main__"], "__file__", raising=False)
    monkeypatch.setattr(showing, "_has_said", False)
    registry.start_again()
    yield
    registry.start_again()


@pytest.mark.slow
def test_in_ipython_show_opens_the_model_that_is_there_and_returns_at_once(
    interactive: None, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Shell:
        active_eventloop = "qt"

    monkeypatch.setattr(showing, "_shell", Shell)
    monkeypatch.setattr("sys.excepthook", sys.excepthook)
    monkeypatch.setattr("threading.excepthook", threading.excepthook)
    ss.layout(((ss.source().trace(lambda ctx: ctx.t, title="Time"),),))
    view = ss.source(dt=4)  # a cell that is run again
    amount = view.slider("Amount", 0, 9)
    view.trace(lambda: amount.value, title="Amount")
    controller = ss.show(title="Second")
    try:
        qtbot.waitUntil(lambda: controller.model.has_scene, timeout=LONG_MS)
        assert (controller.model.scene.dt_ms, controller.model.scene.title) == (4, "Second")
        assert controller.notices.items[0].message == showing.NOT_ISOLATED
        controller.post(SetControl("amount", 5.0))
        controller.post(RunFor(40.0))
        qtbot.waitUntil(lambda: controller.model.run_status.time_ms == 40, timeout=LONG_MS)
        assert amount.value == 5  # it is this process's own
        assert registry.registry().view is None
    finally:
        qtbot.waitUntil(lambda: controller.commands.traces is not None, timeout=LONG_MS)
        controller.window.close()
        controller.close()
        controller.window.deleteLater()


def test_what_is_typed_in_without_views_is_refused(interactive: None) -> None:
    ss.source()
    with pytest.raises(ProtocolError) as caught:
        ss.show()
    assert caught.value.code == "no-views"
