"""The README's moving picture: the real window runs a cell, and two segments are clicked.

Frames are grabbed at equal steps of simulated time while the session runs at the slowest speed, and are
shown at equal delays, 5 times faster. The pointer is drawn into them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from app.viewport.widget import Viewport
from app.window.controller import Controller
from app.window.run_bar import SPEEDS
from backends.messages import RunFor, SetSpeed
from tests.benchmarks.waiting import wait_until

WIDTH = 960
DELAY_MS = 80
SPEED = 1.0  # simulated ms per second, slow enough for every frame to be grabbed in time
STEP_MS = 0.4
START_MS, END_MS = 8.4, 40.4
APICAL, BASAL = 4, 3
CLICKS = ((18.4, APICAL, 0.45), (24.0, BASAL, 0.5))
"""Simulated time (ms), SWC type, and share of the longest path at which a segment is clicked."""
N_APPROACH = 12  # frames in which the pointer moves to a segment
REST_MS = 1000  # until the traces and a smooth frame are drawn
_ARROW = ((0, 0), (0, 17), (4, 13), (7, 20), (10, 19), (7, 12), (12, 12))


def record(controller: Controller, path: Path) -> None:
    """Run the open cell, click two segments, and write the animation."""
    controller.window.activateWindow()  # without a window manager it has no keyboard focus
    wait_until(controller.window.isActiveWindow)
    recorder = _Recorder(controller)
    controller.post(SetSpeed(None))
    controller.post(RunFor(START_MS))
    wait_until(lambda: controller.model.run_status.time_ms > START_MS - 0.1)
    QTest.qWait(REST_MS)
    recorder.choose_speed()
    for _ in range(10):
        recorder.grab()
    QTest.keyClick(controller.window, Qt.Key.Key_Space)
    for time_ms, swc_type, share in CLICKS:
        segment, place = visible_segment(controller, swc_type, share)
        recorder.run_until(time_ms - N_APPROACH * STEP_MS)
        recorder.approach(place)
        QTest.mouseClick(recorder.viewport, Qt.MouseButton.LeftButton, pos=place)
        segment_id = controller.model.segment_id(segment)
        wait_until(lambda id_=segment_id: id_ in controller.model.traces)
    recorder.run_until(END_MS)
    recorder.write(path)


@dataclass
class _Recorder:
    """Collects frames of a window."""

    controller: Controller
    pointer: QPoint = field(default_factory=lambda: QPoint(300, 330))
    frames: list[tuple[QImage, QPoint]] = field(default_factory=list)
    time_ms: float = START_MS

    @property
    def viewport(self) -> Viewport:
        """The 3-D view."""
        viewport = self.controller.commands.viewport
        assert viewport is not None
        return viewport

    def choose_speed(self) -> None:
        """Choose the speed in the toolbar, as a user does."""
        combo = self.controller.window.run_bar.speed
        combo.setCurrentIndex([value for _, value in SPEEDS].index(SPEED))
        combo.activated.emit(combo.currentIndex())
        self.controller.window.centralWidget().setFocus()

    def run_until(self, time_ms: float) -> None:
        """Grab a frame at each step of simulated time."""
        model = self.controller.model
        while self.time_ms < time_ms:
            self.time_ms += STEP_MS
            wait_until(lambda: model.run_status.time_ms >= self.time_ms, timeout_s=20.0)
            if model.run_status.time_ms > self.time_ms + STEP_MS:
                late = f"frame of {self.time_ms:g} ms came at {model.run_status.time_ms:g} ms"
                raise TimeoutError(f"{late}; run this again while the machine is idle")
            self.grab()

    def approach(self, place: QPoint) -> None:
        """Move the pointer to a place on the viewport while the simulation runs."""
        start = QPoint(self.pointer)
        for i in range(1, N_APPROACH + 1):
            share = (1 - np.cos(np.pi * i / N_APPROACH)) / 2
            self.pointer = start + (place - start) * float(share)
            QTest.mouseMove(self.viewport, self.pointer)
            self.run_until(self.time_ms + STEP_MS / 2)

    def grab(self) -> None:
        """Add what the window shows now, with the pointer."""
        window = self.controller.window
        self.frames.append((window.grab().toImage(), self.viewport.mapTo(window, self.pointer)))

    def write(self, path: Path) -> None:
        """Write an animated WebP that repeats for ever."""
        first, *rest = (_finished(image, place) for image, place in self.frames)
        first.save(
            path, save_all=True, append_images=rest, duration=DELAY_MS, loop=0, quality=72, method=4
        )


def pixels_of(image: QImage) -> Image.Image:
    """Return Qt's image as Pillow's."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    stride, size = image.bytesPerLine(), (image.width(), image.height())
    return Image.frombytes("RGB", size, bytes(image.constBits()), "raw", "RGB", stride)


def _finished(image: QImage, place: QPoint) -> Image.Image:
    """Return a grabbed image with the pointer at a place, in the size of the animation."""
    frame = pixels_of(image)
    arrow = [(place.x() + x, place.y() + y) for x, y in _ARROW]
    ImageDraw.Draw(frame).polygon(arrow, fill="white", outline="black")
    height = round(WIDTH * frame.height / frame.width)
    return frame.resize((WIDTH, height), Image.Resampling.LANCZOS)


def visible_segment(controller: Controller, swc_type: int, share: float) -> tuple[int, QPoint]:
    """Return a segment of a type near a share of its longest path, and where a click hits it."""
    geometry, viewport = controller.model.geometry, controller.commands.viewport
    assert geometry is not None
    assert viewport is not None
    members = np.flatnonzero(geometry.swc_type == swc_type)
    distance = geometry.path_distance[members]
    order = np.argsort(np.abs(distance - share * distance.max()))
    for segment in map(int, members[order]):
        place = viewport.project(segment)
        point = QPoint(round(place.x()), round(place.y()))
        if viewport.pick(place) == segment:
            return segment, point
    raise LookupError(f"no segment of SWC type {swc_type} can be clicked")
