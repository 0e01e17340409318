"""The picture of a run without a window: by OpenGL where that works, drawn flat where it does not.

OpenGL draws in a process of its own (`python -m app.headless.picture`, which reads a `Pose` from its
standard input), because a broken driver ends the process that asks it for a frame.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.doctor.system_libraries import missing_libraries
from app.palette import Rgb, trace_color
from backends.messages import FieldReplace
from backends.scene import MorphologyViewSpec, Scene

SIZE = (1200, 900)
_TIMEOUT_S = 120.0
_DEFAULT_LIMITS_MV = (-80.0, 40.0)


@dataclass(frozen=True)
class PictureRequest:
    """What to draw: a scene's first morphology, its segments' values and colour range in `unit`.

    `marks` are the recorded segments with their trace's colour.
    """

    scene: Scene
    values: NDArray[np.float64]
    limits: tuple[float, float]
    unit: str
    label: str
    title: str
    marks: tuple[tuple[int, Rgb], ...] = ()


def write_picture(
    path: Path, scene: Scene, frame: FieldReplace | None, recorded: Iterable[str] = ()
) -> str:
    """Write a PNG of the scene's cell at the time of `frame`; return what a reader should know of it."""
    pose = picture_request_of(scene, frame, recorded)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part.png")
    try:
        note = "" if _draw_by_opengl(pose, temporary) else _draw_flat(pose, temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return note


def picture_request_of(
    scene: Scene, frame: FieldReplace | None, recorded: Iterable[str] = ()
) -> PictureRequest:
    """Return what to draw of a scene with a morphology."""
    view = scene.morphology_view
    if view is None:
        view = MorphologyViewSpec("cell", scene.geometries[0].id, "display")
    values = frame.values if frame is not None else scene.field_by_id(view.field_id).values
    title = scene.title
    if frame is not None and np.isfinite(frame.time_ms):
        title += f"\nt = {frame.time_ms:g} ms"
    values = np.asarray(values, np.float64)
    geometry = scene.geometries[0]
    marks = tuple(
        (geometry.index_of(each), trace_color(i))
        for i, each in enumerate(recorded)
        if each in geometry
    )
    limits = limits_of(view, values)
    return PictureRequest(scene, values, limits, view.unit or "", view.label, title, marks)


def limits_of(view: MorphologyViewSpec, values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the colour range: the view's own, −80 … 40 for mV, else from the values."""
    if view.color_limits is not None:
        return view.color_limits
    if view.unit == "mV" and view.color_norm == "auto":
        return _DEFAULT_LIMITS_MV
    finite = values[np.isfinite(values)]
    if not finite.size:
        return (0.0, 1.0)
    if view.color_norm == "symmetric":
        most = float(np.abs(finite).max()) or 1.0
        return (-most, most)
    low, high = float(finite.min()), float(finite.max())
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def _draw_by_opengl(pose: PictureRequest, path: Path) -> bool:
    """Draw in a process of its own; return whether a picture came out.

    ``SOMASCOPE_NO_OPENGL=1`` refuses, for machines whose driver draws nonsense.
    """
    if os.environ.get("SOMASCOPE_NO_OPENGL"):
        return False
    if sys.platform == "linux" and missing_libraries(["libEGL.so.1"]) and not _has_glx():
        return False
    command = [sys.executable, "-m", "app.headless.picture", str(path)]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
    try:
        done = subprocess.run(
            command,
            input=pickle.dumps(pose),
            capture_output=True,
            check=False,
            timeout=_TIMEOUT_S,
            env=environ,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0 and path.exists()


def _has_glx() -> bool:
    return bool(os.environ.get("DISPLAY")) and not missing_libraries(["libGL.so.1"])


def _draw_flat(pose: PictureRequest, path: Path) -> str:
    from app.headless.flat_picture import draw_flat

    view, geometry = pose.scene.morphology_view, pose.scene.geometries[0]
    draw_flat(
        path,
        geometry,
        pose.values,
        limits=pose.limits,
        color_map=view.color_map if view else "scalar",
        label=pose.label + (f" [{pose.unit}]" if pose.unit else ""),
        title=pose.title,
    )
    return "drawn flat, since OpenGL gave no picture here; somascope doctor says why"


def draw_by_opengl(pose: PictureRequest, path: Path) -> None:
    """Draw in this process, as the window does; raise OSError where there is no OpenGL."""
    from app.viewport.offscreen import make_offscreen_window, renderer_name
    from app.viewport.pictures import render_picture
    from app.viewport.scene import MorphScene

    probe = make_offscreen_window(8, 8)
    probe.Render()
    if not renderer_name(probe):
        raise OSError("there is no OpenGL renderer")
    probe.Finalize()
    view = pose.scene.morphology_view
    scene = MorphScene()
    scene.set_geometry(pose.scene.geometries[0])
    scene.set_values(pose.values.astype(np.float32))
    scene.set_color_map(view.color_map if view else "scalar", pose.limits, pose.unit, pose.label)
    scene.set_caption(pose.title)
    scene.set_marks(pose.marks)
    render_picture(scene, SIZE, path)


if __name__ == "__main__":
    draw_by_opengl(pickle.load(sys.stdin.buffer), Path(sys.argv[1]))
