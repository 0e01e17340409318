"""Pictures of the examples, as the dialog shows them; a part of `make pictures`."""

from __future__ import annotations

import sys
import tempfile

from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest

from app.window.launch import make_application, open_window
from app.window.settings import Settings
from backends.messages import RunFor, SetSpeed
from resources.example_models import Example, examples
from tests.benchmarks.waiting import wait_until

SIZE = (960, 720)
WIDTH = 480
SETTLE_MS = 1500  # until surfaces and cells are drawn in full detail
RUN_MS = {
    "ball_and_stick_synapses": 35.0,
    "jaxley_ring": 60.0,
    "network_raster": 150.0,
    "fitzhugh_nagumo": 150.0,
    "integrate_and_fire": 400.0,
    "wave_2d": 60.0,
    "channel_states": 2.0,
    "replay": 18.0,
    "distances": 0.0,
}
"""How long each runs; the others 90 ms."""


def draw_all(names: tuple[str, ...] = ()) -> None:
    """Draw the pictures of all examples, or of some, into their folder."""
    make_application()
    for example in examples():
        if not names or example.name in names:
            draw(example)
            sys.stdout.write(f"{example.picture}\n")


def draw(example: Example) -> None:
    """Draw the middle of the window, with no docks around it."""
    with tempfile.TemporaryDirectory(prefix="somascope-pictures-") as folder:
        settings = Settings(QSettings(f"{folder}/settings.ini", QSettings.Format.IniFormat))
        settings.theme = "dark"
        path = str(example.path)
        controller = open_window(path, backend=None, in_process=False, settings=settings)
        controller.window.resize(*SIZE)
        wait_until(lambda: controller.commands.traces is not None and controller.model.has_scene)
        if run_ms := RUN_MS.get(example.name, 90.0):
            controller.post(SetSpeed(None))
            controller.post(RunFor(run_ms))
            wait_until(lambda: controller.model.run_status.finished)
        for dock in controller.window.docks.values():
            dock.hide()
        QTest.qWait(SETTLE_MS)
        middle = controller.window.centralWidget().grab()
        smooth = Qt.TransformationMode.SmoothTransformation
        example.picture.parent.mkdir(exist_ok=True)
        middle.scaledToWidth(WIDTH, smooth).save(str(example.picture))
        controller.window.close()
        controller.close()
        controller.window.deleteLater()


if __name__ == "__main__":
    draw_all(tuple(sys.argv[1:]))
