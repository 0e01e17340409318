"""What the description of CompNeuroVis 0.4.0a1 shows, written with `somascope`: the same things in fewer lines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backends.messages import EntityClicked, SetControl, StatePatch
from tests.support.inline_scripts import opened

SINE_LINES, MORPHOLOGY_LINES = 31, 40
"""Lines of code there, without empty ones."""

SINE = """
import math
import somascope as ss

src = ss.source(dt=16)
frequency = src.slider("Frequency (Hz)", 0.1, 5, value=1)
src.trace(
    lambda ctx: math.sin(2 * math.pi * frequency.value * ctx.t / 1000),
    title="Sine wave", limits=(-1.1, 1.1),
)
ss.show(title="Sine wave")
"""

MORPHOLOGY = """
from neuron import h
import somascope as ss

soma = h.Section(name="soma")
soma.L = soma.diam = 20.0
soma.insert("hh")
stim = h.IClamp(soma(0.5))
stim.delay, stim.dur, stim.amp = 100, 5, 0.8

src = ss.neuron([soma], dt=0.025, display_dt=0.5)
morphology = src.morphology("v", title="Membrane voltage", limits=(-80, 50))
voltage = src.trace("selected", start=soma(0.5), title="Selected voltage", window_ms=500)
src.slider("Stimulus amplitude (nA)", stim, "amp", 0, 2)
ss.layout(((morphology, voltage),))
ss.show(title="NEURON morphology")
"""


@pytest.mark.parametrize(("text", "most"), [(SINE, SINE_LINES), (MORPHOLOGY, MORPHOLOGY_LINES)])
def test_each_is_shorter_than_there(text: str, most: int) -> None:
    assert len([line for line in text.splitlines() if line.strip()]) < most / 1.5


def test_the_sine_wave_follows_its_slider(tmp_path: Path) -> None:
    with opened(tmp_path, SINE, "sine.py") as model:
        (view,) = model.views.values()
        assert (view.title, view.y_limits) == ("Sine wave", (-1.1, 1.1))
        (control,) = model.scene.controls
        assert (control.label, control.value_spec.unit) == ("Frequency", "Hz")
        model.send(SetControl("frequency", 2.0))
        model.run(480)
        times, values = model.trace("Sine wave")
        np.testing.assert_allclose(values, np.sin(2 * np.pi * 2 * times / 1000), atol=1e-12)


def test_the_morphology_has_its_slider_and_the_plot_of_what_is_selected(tmp_path: Path) -> None:
    with opened(tmp_path, MORPHOLOGY, "morphology.py") as model:
        cell, plot = model.views.values()
        assert (cell.title, cell.unit, cell.color_limits) == ("Membrane voltage", "mV", (-80, 50))
        assert (plot.y_unit, plot.window_ms, plot.series) == ("mV", 500, None)
        assert (model.scene.dt_ms, model.scene.title) == (0.025, "NEURON morphology")
        assert StatePatch({"stimulus-amplitude": 2.0}) in model.send(
            SetControl("stimulus-amplitude", 2.0)
        )
        model.send(EntityClicked("soma(0.5)"))
        model.run(110)
        times, values = model.trace("soma(0.5)")
        np.testing.assert_allclose(np.diff(times), 0.5, atol=1e-9)
        assert values[times < 100].max() < -60 < 0 < values.max()
