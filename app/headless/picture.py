"""`write_picture`: the picture of a cell without a window, by OpenGL if it works, otherwise in two dimensions.

OpenGL runs in another process (`python -m app.headless.picture`, which reads a pickled `PictureRequest`
from its standard input), because a broken driver can end the process that draws.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from app.doctor.system_libraries import missing_libraries
from app.palette import Rgb, trace_color
from app.viewport.colors import Limits, map_and_limits
from app.viewport.opengl.driver_cache import keep_driver_cache_off_full_disk
from backends.connections import Connections
from backends.controls import first_values
from backends.messages import FieldReplace
from backends.scene import MorphologyGeometry, MorphologyViewSpec, Scene
from backends.views import resolved

SIZE = (1200, 900)
_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class PictureRequest:
    """What to draw: a scene's first morphology, with values and colour range in `unit`.

    `marks` are the recorded segments and the colours of their traces, `connections` what is drawn as lines.
    """

    scene: Scene
    values: NDArray[np.float64]
    limits: tuple[float, float]
    unit: str
    label: str
    title: str
    marks: tuple[tuple[int, Rgb], ...] = ()
    color_map: str = "scalar"
    connections: tuple[Connections, ...] = ()

    @property
    def geometry(self) -> MorphologyGeometry:
        """The cell that is drawn: that of the first view."""
        view, geometries = self.scene.morphology_view, self.scene.geometries
        wanted = geometries[0].id if view is None else view.geometry_id
        return next(each for each in geometries if each.id == wanted)


def write_picture(
    path: Path, scene: Scene, frame: FieldReplace | None, recorded: Iterable[str] = ()
) -> str:
    """Write a PNG of the scene's cell at the time of `frame`; return a note about how it was drawn, or ""."""
    request = picture_request_of(scene, frame, recorded)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part.png")
    try:
        note = "" if _draw_in_process(request, temporary) else _draw_flat(request, temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return note


def picture_request_of(
    scene: Scene, frame: FieldReplace | None, recorded: Iterable[str] = ()
) -> PictureRequest:
    """Return what to draw for a scene that has a morphology."""
    view = scene.morphology_view
    if view is None:
        view = MorphologyViewSpec("cell", scene.geometries[0].id, "display")
    view = resolved(view, first_values(scene.controls))
    values = frame.values if frame is not None else scene.field_by_id(view.field_id).values
    title = scene.title
    if frame is not None and np.isfinite(frame.time_ms):
        title += f"\nt = {frame.time_ms:g} ms"
    values = np.asarray(values, np.float64)
    geometry = next(each for each in scene.geometries if each.id == view.geometry_id)
    marks = tuple(
        (geometry.index_of(each), trace_color(i))
        for i, each in enumerate(recorded)
        if each in geometry
    )
    colors = view.color_map, view.color_limits, view.color_norm
    name, limits = map_and_limits(*colors, view.unit, values)
    unit = view.unit or ""
    drawn = tuple(each for each in scene.connections if each.geometry_id == geometry.id and each.n)
    lines = drawn if view.connections else ()
    return PictureRequest(scene, values, limits, unit, view.label, title, marks, name, lines)


def limits_of(view: MorphologyViewSpec, values: NDArray[np.float64]) -> Limits:
    """Return the colour range: the view's, or −80 … 40 for mV, or that of the values."""
    colors = view.color_map, view.color_limits, view.color_norm
    return map_and_limits(*colors, view.unit, values)[1]


def _draw_in_process(request: PictureRequest, path: Path) -> bool:
    """Draw by OpenGL in another process; return whether it wrote a picture.

    ``SOMASCOPE_NO_OPENGL=1`` disables it, for machines whose driver draws wrong pictures.
    """
    if os.environ.get("SOMASCOPE_NO_OPENGL"):
        return False
    if sys.platform == "linux" and missing_libraries(["libEGL.so.1"]) and not _has_glx():
        return False
    return draw_in_child("app.headless.picture", request, path)


def draw_in_child(
    module: str, request: object, path: Path, environ: Mapping[str, str] = MappingProxyType({})
) -> bool:
    """Let ``python -m module`` draw a pickled request in a process of its own; return whether it wrote `path`."""
    command = [sys.executable, "-P", "-m", module, str(path)]
    # Neither the working folder nor that of a script is searched: a numpy.py there would be imported.
    keep_driver_cache_off_full_disk()
    own = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    paths = {"PYTHONPATH": os.pathsep.join(filter(None, own))}
    try:
        done = subprocess.run(
            command,
            input=pickle.dumps(request),
            capture_output=True,
            check=False,
            timeout=_TIMEOUT_S,
            env={**os.environ, **paths, **environ},
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0 and path.exists()


def _has_glx() -> bool:
    return bool(os.environ.get("DISPLAY")) and not missing_libraries(["libGL.so.1"])


def _draw_flat(request: PictureRequest, path: Path) -> str:
    from app.headless.flat_picture import draw_flat

    geometry = request.geometry
    draw_flat(
        path,
        geometry,
        request.values,
        limits=request.limits,
        color_map=request.color_map,
        label=request.label + (f" [{request.unit}]" if request.unit else ""),
        title=request.title,
        connections=request.connections,
    )
    return "drawn in two dimensions, since OpenGL does not work here; somascope doctor shows why"


def draw_by_opengl(request: PictureRequest, path: Path) -> None:
    """Draw in this process, as the window does; raise OSError if there is no OpenGL."""
    from app.viewport.offscreen import make_offscreen_window, renderer_name
    from app.viewport.pictures import render_picture
    from app.viewport.scene import MorphScene

    probe = make_offscreen_window(8, 8)
    probe.Render()
    if not renderer_name(probe):
        raise OSError("there is no OpenGL renderer")
    probe.Finalize()
    scene = MorphScene()
    scene.set_geometry(request.geometry)
    scene.set_values(request.values.astype(np.float32))
    scene.set_color_map(request.color_map, request.limits, request.unit, request.label)
    scene.set_caption(request.title)
    scene.set_marks(request.marks)
    scene.set_connections(request.connections)
    render_picture(scene, SIZE, path)


if __name__ == "__main__":
    draw_by_opengl(pickle.load(sys.stdin.buffer), Path(sys.argv[1]))
