"""`make pictures`: draws the README's pictures, from the real window with real sessions.

Writes PNGs and an animation into docs/pictures. Run under an X display (the Makefile starts one).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.archive.connection.options import ArchiveOptions
from app.compare.window import CompareWindow
from app.window.controller import Controller
from app.window.launch import make_application, open_window
from app.window.settings import Settings
from backends.messages import CaptureTrace, RunFor, SetSpeed
from neuromorpho.records.readiness import readiness
from tests.benchmarks.waiting import wait_until
from tests.example_pictures import draw_all as draw_examples
from tests.moving_picture import record
from tests.neuromorpho.server import Server
from tests.screen_pictures import draw_all
from tests.view_pictures import draw_views

FOLDER = Path("docs/pictures")
SIZE, COMPARISON_SIZE = (1344, 840), (1280, 800)
SMALLEST = 0  # Qt's "quality" of a PNG: 0 compresses most
WORDS, PREVIEW = "pyramidal", 2
SAMPLES_AFTER_PEAK = 10  # the spike is then on its way up the trunk


def main(folder: Path = FOLDER) -> None:
    """Draw every picture."""
    folder.mkdir(parents=True, exist_ok=True)
    make_application()
    for theme in ("dark", "light"):
        controller = opened("pyramidal", theme)
        spike(controller)
        save(controller.window, folder / f"window-{theme}.png")
        closed(controller)
    controller = opened("pyramidal", "dark")
    record(controller, folder / "somascope.webp")
    closed(controller)
    controller = opened("pyramidal", "dark")
    save(compared(controller), folder / "compare.png")
    closed(controller)
    with Server() as server:
        controller = opened("ball_and_stick", "dark", archive_of(server))
        found_in_archive(controller)
        save(controller.window, folder / "neuromorpho-dock.png")
        closed(controller)
    controller = opened("ball_and_stick", "dark")
    with tempfile.TemporaryDirectory() as scratch:
        bad = Path(scratch) / "broken.swc"
        bad.write_text("1 1 0 0 0 8 -1\n2 3 12 abc 0 1 1\n")
        controller.opener.open_text(str(bad))
        wait_until(lambda: bool(controller.window.banner.message))
    save(controller.window, folder / "refused-file.png")
    closed(controller)
    draw_views(folder)
    draw_all(folder)
    draw_examples()


def opened(
    source: str,
    theme: str,
    archive: ArchiveOptions | None = None,
    size: tuple[int, int] = SIZE,
) -> Controller:
    """Open the window on a source, in a theme, and wait until it is complete."""
    store = QSettings(
        str(Path(tempfile.mkdtemp(prefix="somascope-pictures-")) / "settings.ini"),
        QSettings.Format.IniFormat,
    )
    settings = Settings(store)
    settings.theme = theme
    controller = open_window(
        source, backend=None, in_process=False, settings=settings, archive=archive
    )
    controller.window.resize(*size)
    wait_until(lambda: controller.commands.traces is not None and bool(controller.model.traces))
    return controller


def archive_of(server: Server) -> ArchiveOptions:
    """Return a NeuroMorpho.Org on this machine, with made-up cells and an empty cache."""
    return ArchiveOptions(server.url, Path(tempfile.mkdtemp(prefix="somascope-pictures-")))


def found_in_archive(controller: Controller) -> None:
    """Search with keys, preview a cell in 3-D, load it, and stop during a spike."""
    window = controller.window
    window.activateWindow()
    wait_until(window.isActiveWindow)
    QTest.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    archive = controller.archive_dock
    line, detail = archive.dock.search.line, archive.dock.detail
    wait_until(line.hasFocus)
    QTest.keyClicks(line, WORDS)
    wait_until(line.list.isVisible)
    QTest.keyClick(line, Qt.Key.Key_Return)
    wait_until(lambda: archive.search.model.results.total() > 0)
    wait_until(lambda: archive.search.model.results.neuron_at(0) is not None)
    found = archive.search.model.results.neurons_in(range(archive.search.model.results.total()))
    ready = next(each for each in found if readiness(each).level == "ready")
    results = archive.dock.results.table
    results.setCurrentIndex(results.model().index(found.index(ready), 0))
    wait_until(lambda: detail.neuron_id == ready.neuron_id)
    detail.tabs.setCurrentIndex(PREVIEW)
    detail.preview.show_button.click()
    wait_until(lambda: detail.preview.canvas.viewport is not None)
    detail.load.click()
    wait_until(lambda: controller.model.scene.title == ready.neuron_name)
    wait_until(lambda: bool(controller.model.traces))
    until_spike(controller)


def spike(controller: Controller) -> None:
    """Trace the soma, the tuft, a basal dendrite and the axon, and stop during a spike."""
    model = controller.model
    geometry = model.geometry
    assert geometry is not None
    for swc_type in (4, 3, 2):
        of_type = [i for i in range(geometry.n_segments) if geometry.swc_type[i] == swc_type]
        far = max(of_type, key=lambda i: float(geometry.path_distance[i]))
        near = min(
            of_type, key=lambda i: abs(geometry.path_distance[i] - geometry.path_distance[far] / 2)
        )
        for segment in (near, far) if swc_type == 4 else (far,):
            controller.post(CaptureTrace(model.segment_id(segment)))
    wait_until(lambda: len(model.traces) == 5)
    until_spike(controller)


def until_spike(controller: Controller) -> None:
    """Run for 45 ms and on to the next spike, and stop during it."""
    model = controller.model
    soma = model.root_segment()
    controller.post(SetSpeed(None))
    controller.post(RunFor(45.0))
    wait_until(lambda: model.run_status.time_ms > 44.9 and not model.run_status.running)
    for _ in range(400):
        before = model.run_status.time_ms
        controller.post(RunFor(0.1))
        wait_until(lambda t=before: model.run_status.time_ms > t and not model.run_status.running)
        if model.value_of(soma) > 0:
            break
    controller.post(RunFor(0.5))
    model.select(-1)
    settle()


def settle() -> None:
    """Let the last frames be drawn in full detail."""
    import time

    end = time.perf_counter() + 0.8
    wait_until(lambda: time.perf_counter() > end)


def compared(controller: Controller) -> CompareWindow:
    """Trace soma, trunk and tuft, compare the simulators over 30 ms, and stop where the soma fires."""
    model = controller.model
    geometry = model.geometry
    assert geometry is not None
    apical = [i for i in range(geometry.n_segments) if geometry.swc_type[i] == 4]
    far = max(apical, key=lambda i: float(geometry.path_distance[i]))
    half = geometry.path_distance[far] / 2
    near = min(apical, key=lambda i: abs(geometry.path_distance[i] - half))
    for segment in (near, far):
        controller.post(CaptureTrace(model.segment_id(segment)))
    wait_until(lambda: len(model.traces) == 3)
    controller.window.command_actions["compare"].trigger()
    comparer = controller.commands.comparer
    assert comparer is not None
    assert comparer.window is not None
    assert comparer.presenter is not None
    comparer.window.resize(*COMPARISON_SIZE)
    comparer.start(30.0)
    wait_until(lambda: not comparer.is_running)
    result = comparer.presenter.result
    assert result is not None, comparer.window.banner.message
    soma = result.comparison.left[:, model.root_segment()]
    comparer.window.time_bar.set_sample(int(soma.argmax()) + SAMPLES_AFTER_PEAK)
    comparer.window.centralWidget().setFocus()
    return comparer.window


def save(window: QWidget, path: Path) -> None:
    """Write a picture of a window."""
    settle()
    window.grab().save(str(path), "PNG", SMALLEST)
    sys.stdout.write(f"{path}\n")


def closed(controller: Controller) -> None:
    """Close the window and wait for its session's end."""
    controller.window.close()
    controller.close()
    controller.window.deleteLater()
    QApplication.processEvents()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else FOLDER)
