"""Texts about segments and cells, for the status bar, the inspector and the caption of the viewport."""

from __future__ import annotations

import math
from importlib.metadata import PackageNotFoundError, version

from app.model import Model
from app.ui.number_text import value_text
from backends.morphology.morphology import type_word
from backends.scene import Scene

_SHOWN_VERSIONS = (
    "somascope",
    "neuron",
    "jaxley",
    "PySide6-Essentials",
    "vtk",
    "pyqtgraph",
    "numpy",
)

PLAIN_TITLES = ("Trace", "Traces")


def simulator_name(scene: Scene) -> str:
    """Return the simulator of a scene, with its precision if that is float32: ``"Jaxley · float32"``."""
    is_float32 = scene.facts.get("Precision", "").startswith("float32")
    return f"{scene.backend} · float32" if is_float32 else scene.backend


def display_unit(model: Model) -> str:
    """Return the unit of the values that colour the cell."""
    view = model.morphology_view
    return (view.unit or "") if view is not None else ""


def read_out(model: Model, segment: int) -> tuple[str, ...]:
    """Return what the status bar shows of a segment: id, value, type, path distance if known; () for none."""
    geometry = model.geometry
    if geometry is None or not 0 <= segment < geometry.n_segments:
        return ()
    distance = float(geometry.path_distance[segment])
    return (
        geometry.segment_ids[segment],
        value_text(model.value_of(segment), display_unit(model)),
        type_word(int(geometry.swc_type[segment])),
        *(() if math.isnan(distance) else (f"{distance:.0f} µm from the soma",)),
    )


def cell_caption(model: Model, title: str | None = None) -> str:
    """Return the caption of the viewport: title (None: the scene's), number of segments, simulator."""
    geometry = model.geometry
    title = model.scene.title if title is None else title
    n = 0 if geometry is None else geometry.n_segments
    count = f"{n:,} segment{'s' if n != 1 else ''}".replace(",", " ") if n else ""
    second = "  ·  ".join(part for part in (count, simulator_name(model.scene)) if part)
    return "\n".join(part for part in (title, second) if part)


def versions() -> list[tuple[str, str]]:
    """Return names and versions of Somascope and the packages it uses."""
    found = []
    for name in _SHOWN_VERSIONS:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            found.append((name, "not installed"))
    return found
