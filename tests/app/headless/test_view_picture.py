"""`somascope run --image` of a model without a cell draws its first view, without a display."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.headless.job import HeadlessJob, run_headless
from app.headless.view_picture import view_picture_of
from backends.driving.collector import UpdateCollector
from backends.field import Field
from backends.messages import EventsAppend, FieldReplace, RunStatus
from backends.scene import Scene
from backends.views import ImageViewSpec, RasterViewSpec, TracePlotViewSpec

MODEL = """
import numpy as np
from backends import ReplaySession
from backends.field import Field
from backends.scene import Scene
from backends.views import {spec}


class Model(ReplaySession):
    def __init__(self):
        frames = [np.full((20, 30), float(i)) for i in range(20)]
        field = Field("u", frames[0], ("y", "x"))
        scene = Scene(fields=(field,), views=({spec}("v", "u", color_limits=(0, 20), color_map="grey"),))
        super().__init__(scene=scene, field_id="u", frames=frames)
"""


@pytest.mark.parametrize("spec", ["ImageViewSpec", "SurfaceViewSpec"])
def test_the_first_view_is_drawn_as_it_is_at_the_end(
    tmp_path: Path, spec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    script, image = tmp_path / "model.py", tmp_path / "view.png"
    script.write_text(MODEL.format(spec=spec))
    report = run_headless(HeadlessJob(str(script), 10.0, image=image))
    assert report.errors == []
    assert "view v" in report.lines[-1]
    pixels = np.asarray(Image.open(image).convert("RGB"))
    assert pixels.shape[:2] == (900, 1200)
    if spec == "ImageViewSpec":
        middle = pixels[450, 500].astype(int)
        assert np.abs(middle - round(26 + 10 / 20 * (242 - 26))).max() <= 1


def test_what_is_drawn_has_the_newest_values_and_events() -> None:
    got = UpdateCollector()
    field = Field("spikes", np.zeros(2), ("row",))
    got.set_scene(Scene(title="Net", fields=(field,), views=(RasterViewSpec("raster", "spikes"),)))
    got.apply_all(
        [
            EventsAppend("spikes", np.array([1]), np.array([3.0])),
            FieldReplace("spikes", np.array([0, 1])),
            RunStatus(5.0, running=False),
        ]
    )
    request = view_picture_of(got)
    assert request is not None
    assert request.fields[0].values.tolist() == [0, 1]
    assert request.events is not None
    assert request.events[1].tolist() == [3.0]
    assert request.title == "Net  ·  t = 5 ms"


def test_a_scene_with_traces_only_has_no_picture() -> None:
    got = UpdateCollector()
    field = Field("trace", np.empty((0, 0)), ("trace", "time"))
    got.set_scene(Scene(fields=(field,), views=(TracePlotViewSpec("plot", "trace"),)))
    assert view_picture_of(got) is None
    assert view_picture_of(UpdateCollector()) is None
    image = Field("u", np.zeros((2, 2)), ("y", "x"))
    views = (TracePlotViewSpec("plot", "trace"), ImageViewSpec("image", "u"))
    got.set_scene(Scene(fields=(field, image), views=views))
    request = view_picture_of(got)
    assert request is not None
    assert request.view.id == "image"
