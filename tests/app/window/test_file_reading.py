"""How a file is read can be chosen where the audit says that it matters."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from app.panels.cell import CellPanel
from app.window.controller import Controller
from backends.messages import RunFor
from tests.app.conftest import OpenSomascope

TWO_TREES = "1 1 0 0 0 5 -1\n2 3 0 6 0 1 1\n3 3 0 60 0 1 2\n4 2 500 0 0 1 -1\n5 2 600 0 0 1 4\n"


def button(controller: Controller, text: str) -> QPushButton | None:
    """Return the audit's button with this text."""
    found = [
        each
        for each in controller.window.docks["cell"].findChildren(QPushButton)
        if each.text() == text and each.isVisible()
    ]
    return found[0] if found else None


def press(qtbot: QtBot, controller: Controller, text: str) -> None:
    qtbot.waitUntil(lambda: button(controller, text) is not None, timeout=20_000)
    found = button(controller, text)
    assert found is not None
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)


def n_sections(controller: Controller) -> int:
    geometry = controller.model.geometry
    return 0 if geometry is None else len(geometry.section_names)


@pytest.mark.slow
def test_trees_that_were_left_out_are_opened_by_a_button_and_left_out_again(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    path = tmp_path / "two.swc"
    path.write_text(TWO_TREES)
    controller = open_somascope(str(path))
    press(qtbot, controller, "Open all trees")
    qtbot.waitUntil(lambda: n_sections(controller) == 3, timeout=20_000)
    press(qtbot, controller, "Open the main tree only")
    qtbot.waitUntil(lambda: n_sections(controller) == 2, timeout=20_000)


def test_a_file_in_nm_is_read_in_nm_by_a_button(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    path = tmp_path / "nm.swc"
    path.write_text("1 1 0 0 0 5000 -1\n2 3 0 6000 0 500 1\n3 3 0 96000 0 500 2\n")
    controller = open_somascope(str(path))
    press(qtbot, controller, "Read as nm")
    qtbot.waitUntil(lambda: button(controller, "Read as µm") is not None, timeout=20_000)
    geometry = controller.model.geometry
    assert geometry is not None
    assert float(geometry.length.sum()) == pytest.approx(100.0)


@pytest.mark.slow
def test_a_passive_membrane_is_chosen_in_the_cell_panel_and_the_cell_stays_at_rest(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope()
    assert "demonstration" in controller.model.scene.facts["Membrane"]
    box = next(
        each
        for each in controller.window.docks["cell"].findChildren(QComboBox)
        if each.accessibleName() == "Membrane"
    )
    assert (box.isVisible(), box.currentText()) == (True, "HH (demo)")
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Down)
    qtbot.waitUntil(
        lambda: "pas" in controller.model.scene.facts.get("Membrane", ""), timeout=20_000
    )
    assert box.currentText() == "Passive"
    assert controller.opener.source is not None
    assert controller.opener.source.membrane == "passive"


def test_a_script_has_its_own_membrane(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    script = tmp_path / "mine.py"
    script.write_text(
        "from neuron import h\n"
        "from backends.neuron import NeuronSession\n"
        "class Mine(NeuronSession):\n"
        "    def build_sections(self):\n"
        "        self.soma = h.Section(name='soma')\n"
        "        self.soma.L = self.soma.diam = 20\n"
        "        return [self.soma]\n"
    )
    controller = open_somascope(str(script), wait=False)
    qtbot.waitUntil(lambda: controller.model.has_scene, timeout=20_000)
    boxes = controller.window.docks["cell"].findChildren(QComboBox)
    assert not [each for each in boxes if each.accessibleName() == "Membrane" and each.isVisible()]


def question_of(controller: Controller) -> QMessageBox | None:
    found = controller.window.findChild(QMessageBox)
    return found if isinstance(found, QMessageBox) else None


def answer(qtbot: QtBot, controller: Controller, label: str) -> None:
    """Press a button of the question whether the running cell may be built again."""
    box = question_of(controller)
    assert box is not None
    found = next(each for each in box.buttons() if each.text() == label)
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: question_of(controller) is None, timeout=20_000)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["membrane", "trees", "units"])
def test_another_reading_of_a_cell_that_has_run_is_asked_for_as_restart_is(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path, what: str
) -> None:
    path = tmp_path / "cell.swc"
    large = "1 1 0 0 0 5000 -1\n2 3 0 6000 0 500 1\n3 3 0 96000 0 500 2\n"
    path.write_text(large if what == "units" else TWO_TREES)
    controller = open_somascope(str(path))
    model = controller.model
    controller.post(RunFor(1.0))
    qtbot.waitUntil(lambda: model.run_status.time_ms > 0.9, timeout=20_000)
    qtbot.waitUntil(lambda: not model.run_status.running, timeout=20_000)
    time_ms, scene = model.run_status.time_ms, model.scene
    box = controller.window.docks["cell"].findChild(CellPanel).membranes

    def choose() -> None:
        if what == "membrane":
            box.setFocus()
            QTest.keyClick(box, Qt.Key.Key_Down)
        else:
            press(qtbot, controller, "Read as nm" if what == "units" else "Open all trees")

    choose()
    answer(qtbot, controller, "Keep it")
    assert (model.run_status.time_ms, model.scene) == (time_ms, scene)
    assert box.currentText() == "HH (demo)"
    choose()
    answer(qtbot, controller, "Open again")
    qtbot.waitUntil(lambda: model.scene is not scene, timeout=20_000)
    qtbot.waitUntil(lambda: model.run_status.time_ms == 0, timeout=20_000)
    assert question_of(controller) is None
